import { spawnSync } from 'node:child_process';
import { readFileSync, realpathSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { type Allowed, compareImages, differenceLines, nothingAllowed } from '../../src/verify/compare.ts';
import { neededBy } from '../../src/verify/elf.ts';
import { dockerArchive, type Files, imageWith, read } from '../support/proof-images.ts';
import { tarOf } from '../support/registry-images.ts';

const anything = { ...nothingAllowed, paths: ['**'] };
const lines = (before: Files, after: Files, allowed: Allowed = anything): string[] =>
  differenceLines(compareImages(imageWith(before), imageWith(after), allowed));

describe('what can work no more is told where all files may differ', () => {
  const program = { hash: 'p', needed: ['libpq.so.5', 'libc.so.6'] };
  const system = { 'usr/lib/libc.so.6': 'c', 'usr/lib/libpq.so.5': 'pq' };

  test.each([
    ['where it was', 'app/server', 'app/server'],
    ['where it goes', 'build/target/server', 'usr/local/bin/server'],
  ])('a library that a program is loaded with, %s', (_name, from, to) => {
    expect(lines({ ...system, [from]: program }, { 'usr/lib/libc.so.6': 'c', [to]: program })).toEqual([
      `\`/${to}\` needs libpq.so.5, which is gone`,
    ]);
    expect(lines({ ...system, [from]: program }, { ...system, [to]: program })).toEqual([]);
  });

  test('not one that was missing before, nor of what others answer for', () => {
    expect(lines({ 'app/x': { needed: ['libmusl.so'] } }, { 'app/x': { needed: ['libmusl.so'] } })).toEqual([]);
    const tk = { 'usr/local/lib/python3.13/lib-dynload/_tkinter.so': { needed: ['libpq.so.5'] } };
    expect(lines({ ...system, ...tk }, tk)).toEqual([]);
    expect(lines({ ...system, 'usr/bin/psql': program }, { 'usr/bin/psql': program })).toEqual([]);
  });

  test('where links of the application lead', () => {
    const link = { 'app/current': { type: 'symlink', target: '../opt/v1' } } as const;
    expect(lines({ ...link, 'opt/v1': { type: 'directory' } }, link)).toEqual([
      '`/app/current` leads to ../opt/v1, which is gone',
    ]);
    const log = { 'app/log': { type: 'symlink', target: '/dev/stdout' } } as const;
    expect(lines({ ...log, 'dev/stdout': 'x' }, log)).toEqual([]);
    const merged = { lib: { type: 'symlink', target: 'usr/lib' } } as const;
    const through = { 'app/l': { type: 'symlink', target: '/lib/x' } } as const;
    expect(lines({ ...merged, ...through, 'usr/lib/x': '' }, { ...merged, ...through, 'usr/lib/x': '' })).toEqual([]);
  });

  test('certificates, where a program uses TLS', () => {
    const bundle = { 'etc/ssl/certs/ca-certificates.crt': 'x' };
    const curl = { 'app/x': { hash: 'x', needed: ['libssl.so.3'] }, 'usr/lib/libssl.so.3': 's' };
    expect(lines({ ...curl, ...bundle }, curl)).toEqual([
      '`/etc/ssl/certs/ca-certificates.crt` is gone, and programs that use TLS are there',
    ]);
    expect(lines({ 'app/x': 'y', ...bundle }, { 'app/x': 'y' })).toEqual([]);
  });

  test('packages that are fewer take no library of the application with them', () => {
    const status = (...names: string[]): Files => ({
      'var/lib/dpkg/status': names.map((name) => `Package: ${name}\nVersion: 1\n`).join('\n'),
      'var/lib/apt/extended_states': 'Package: libpq5\nAuto-Installed: 1\n',
      'app/server': program,
      'usr/lib/libc.so.6': 'c',
    });
    const before = { ...status('app', 'libpq5'), 'usr/lib/libpq.so.5': 'x' };
    expect(lines(before, status('app'), { ...nothingAllowed, fewerPackages: true })).toEqual([
      '`/app/server` needs libpq.so.5, which is gone',
    ]);
  });
});

describe('the libraries of a program are read', () => {
  test('as ldd has them, from the layer of an image', async () => {
    const path = realpathSync('/bin/sh');
    const { stdout } = spawnSync('ldd', [path], { encoding: 'utf8' });
    const image = await read(await dockerArchive([['l.tar', await tarOf([['bin/sh', readFileSync(path)]])]]));
    const found = image.files.get('bin/sh')?.needed ?? [];
    expect(found.length).toBeGreaterThan(1);
    for (const name of found) expect(stdout).toContain(name);
  });

  test('not where a file is cut, or no program at all', () => {
    const whole = readFileSync(realpathSync('/bin/sh'));
    for (let length = 64; length < 4096; length += 97) neededBy(whole.subarray(0, length));
    const crafted = Buffer.from(whole.subarray(0, 4096));
    crafted.fill(0xff, 32, 64);
    expect(neededBy(crafted)).toEqual([]);
  });
});

test('what an image is started with, or checked with, is there', () => {
  const image = (files: Files, config: object = {}) => imageWith(files, { Env: ['PATH=/usr/bin'], ...config });
  const tool = { 'usr/bin/tool': { mode: 0o755 }, 'usr/bin/test': { mode: 0o755 } };
  const told = (config: object) => differenceLines(compareImages(image(tool, config), image({}, config), anything));
  expect(told({ Cmd: ['tool', 'test'] })).toEqual(['`Cmd` starts `tool`, which is gone (/usr/bin/tool)']);
  expect(told({ Entrypoint: ['/usr/bin/tool'] })).toHaveLength(1);
  expect(told({ Cmd: ['/bin/sh', '-c', 'A=b exec tool test && x'] })).toHaveLength(1);
  expect(told({ Healthcheck: { Test: ['CMD-SHELL', 'x || tool'] } })).toHaveLength(1);
  expect(told({ Entrypoint: ['/app'], Cmd: ['tool'] })).toEqual([]);
  expect(told({ Cmd: ['/app', 'tool'] })).toEqual([]);
});

test('what a script is run by is there, where the base is the same', async () => {
  const script = ['app/run', '#!/usr/bin/env tool\n'] as const;
  const of = async (...entries: Parameters<typeof tarOf>[0]) =>
    read(await dockerArchive([['1/layer.tar', await tarOf(entries)]]));
  const [before, after] = [await of([...script], ['usr/bin/tool', '']), await of([...script])];
  const told = (allowed: Partial<Allowed>) =>
    differenceLines(compareImages(before, after, { ...nothingAllowed, ...allowed }));
  expect(told({ fewerPackages: true })).toContain('`/app/run` is run by tool, which is gone');
  expect(told({ paths: ['**'] })).toEqual([]);
});
