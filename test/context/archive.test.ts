import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { inspectFile } from '../../src/context/archive.ts';

let directory: string;
const at = (name: string) => join(directory, name);

/** A tar header of one member, without any magic unless given. */
function header({ size = 0, name = 'x', signed = false, type = '0' } = {}): Buffer {
  const block = Buffer.alloc(512);
  block.write(name, 0, 'latin1');
  block.write('0000644\0', 100);
  block.write(`${size.toString(8).padStart(11, '0')}\0`, 124);
  block.write(type, 156);
  block.fill(' ', 148, 156);
  let sum = 0;
  for (const byte of block) sum += signed && byte > 127 ? byte - 256 : byte;
  block.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
  return block;
}

beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'dockmend-archive-'));
  mkdirSync(at('d'));
  writeFileSync(at('d/f'), 'hello\n'.repeat(500));
});
afterAll(() => rmSync(directory, { recursive: true, force: true }));

describe('archives made by tar', () => {
  test.each(['v7', 'ustar', 'gnu', 'pax'])('format %s, with and without gzip', (format) => {
    execFileSync('tar', [`--format=${format}`, '-cf', at(format), '-C', directory, 'd']);
    execFileSync('tar', [`--format=${format}`, '-czf', at(`${format}.z`), '-C', directory, 'd']);
    expect([inspectFile(at(format)), inspectFile(at(`${format}.z`))]).toEqual(['archive', 'archive']);
  });

  test('one that breaks off is truncated', () => {
    execFileSync('tar', ['-cf', at('cut'), '-C', directory, 'd']);
    truncateSync(at('cut'), 512 * 3 + 100);
    execFileSync('tar', ['-czf', at('cut.gz'), '-C', directory, 'd']);
    truncateSync(at('cut.gz'), 90);
    expect([inspectFile(at('cut')), inspectFile(at('cut.gz'))]).toEqual(['truncated', 'truncated']);
  });

  test('one without the blocks at its end is whole, as for Go', () => {
    writeFileSync(at('noend'), Buffer.concat([header({ size: 3 }), Buffer.from('abc'.padEnd(512, '\0'))]));
    expect(inspectFile(at('noend'))).toBe('archive');
  });
});

describe('headers', () => {
  test.each([
    ['unsigned sum', header({ name: 'é' }), 'archive'],
    ['signed sum', header({ name: 'é', signed: true }), 'archive'],
    ['wrong sum', Buffer.concat([header().subarray(0, 511), Buffer.from('x')]), 'plain'],
    ['link with a size', header({ type: '2', size: 100 }), 'archive'],
    ['member past the end', header({ size: 1 }), 'truncated'],
    ['zeros', Buffer.alloc(1024), 'plain'],
    ['one byte short', header().subarray(0, 511), 'plain'],
    ['ustar magic alone', Buffer.concat([Buffer.alloc(257), Buffer.from('ustar\x0000'), Buffer.alloc(300)]), 'plain'],
    ['empty', Buffer.alloc(0), 'plain'],
  ])('%s', (name, content, kind) => {
    writeFileSync(at(name), content);
    expect(inspectFile(at(name))).toBe(kind);
    if (content.length >= 512 && kind !== 'truncated') {
      writeFileSync(at(`${name}.gz`), gzipSync(content));
      expect(inspectFile(at(`${name}.gz`))).toBe(kind);
    }
  });
});

describe('other files', () => {
  const pointer = 'version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 12\n';
  test.each([
    ['text.tar.gz', Buffer.from('no archive'), 'plain'],
    ['gzip of text', gzipSync('hello'), 'plain'],
    ['gzip of long text', gzipSync('hello'.repeat(100_000)), 'plain'],
    ['gzip of zeros', gzipSync(Buffer.alloc(40_000_000)), 'plain'],
    ['gzip of gzip', gzipSync(gzipSync(header())), 'plain'],
    ['gzip cut in its header', gzipSync('hello').subarray(0, 8), 'truncated'],
    ['damaged gzip', Buffer.concat([gzipSync('x').subarray(0, 10), Buffer.alloc(20, 0xff)]), 'compressed'],
    ['bzip2', Buffer.from('BZh91AY&SY'), 'compressed'],
    ['xz', Buffer.from('\xfd7zXZ\0\0\x04', 'latin1'), 'compressed'],
    ['zstd', Buffer.from('\x28\xb5\x2f\xfd\x04', 'latin1'), 'compressed'],
    ['zstd, skippable frame', Buffer.from('\x5a\x2a\x4d\x18\x04\0\0\0abcd', 'latin1'), 'compressed'],
    ['zip', Buffer.from('PK\x03\x04'), 'plain'],
    ['pointer.tar', Buffer.from(pointer), 'lfs-pointer'],
    ['text about pointers', Buffer.from(pointer.padEnd(2000)), 'plain'],
  ])('%s', (name, content, kind) => {
    writeFileSync(at(name), content);
    expect(inspectFile(at(name))).toBe(kind);
  });

  test('a small archive of much is not inflated whole', () => {
    writeFileSync(at('much'), gzipSync(Buffer.concat([header({ size: 1e8 }), Buffer.alloc(1e8)])));
    expect(inspectFile(at('much'))).toBe('archive');
  });

  test('a gzip header with a long name', () => {
    const [head, rest] = [Buffer.from(gzipSync(header()).subarray(0, 10)), gzipSync(header()).subarray(10)];
    head[3] = 8;
    writeFileSync(at('long'), Buffer.concat([head, Buffer.alloc(20_000, 'n'), Buffer.from([0]), rest]));
    expect(inspectFile(at('long'))).toBe('archive');
  });

  test('what is no regular file, or is not there, is unreadable', () => {
    symlinkSync('v7', at('link'));
    execFileSync('mkfifo', [at('fifo')]);
    expect(['link', 'fifo', 'd', 'none'].map((name) => inspectFile(at(name)))).toEqual(Array(4).fill('unreadable'));
  });
});
