import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { formats } from '../../src/report/index.ts';
import { transforms } from '../../transforms/index.ts';
import { dockmend } from '../support/cli.ts';
import { temporaryFolder } from '../support/parts.ts';
import { allOr, sampled } from '../support/sampled.ts';
import { planted, plantedDockerfiles, plantedPassword, plantedToken } from './planted.ts';

const folder = temporaryFolder();
afterAll(() => folder.remove());

const everything = [
  '--unsafe',
  '--preset',
  'all',
  '--verbose',
  '--accept',
  transforms.map((each) => each.id).join(','),
];

/** Six characters in a row of any planted value, which is what counts as a part of it. */
const parts = planted.flatMap((value) => Array.from({ length: value.length - 5 }, (_, at) => value.slice(at, at + 6)));

function printed(text: string): string[] {
  if (!parts.some((part) => text.includes(part))) return [];
  return text.split('\n').filter((line) => parts.some((part) => line.includes(part)));
}

function write(path: string, text: string): void {
  mkdirSync(dirname(join(folder.path, path)), { recursive: true });
  writeFileSync(join(folder.path, path), text);
}

/** The fixture with a secret behind every FROM, in a comment, and in the first RUN. */
function withSecrets(source: string): string {
  const eol = source.includes('\r\n') ? '\r\n' : '\n';
  return source
    .replace(/^(FROM [^\n\\`<]*?)(\r?\n)/gim, `$1$2ENV API_TOKEN=${plantedToken}$2# DB_PASSWORD=${plantedPassword}$2`)
    .replace(/^RUN (?=[a-z])/im, `RUN export DB_PASSWORD=${plantedPassword} \\${eol} && `);
}

describe('no output has a secret in it', () => {
  for (const format of formats) {
    for (const [name, source] of Object.entries(plantedDockerfiles)) {
      test(`${format}, ${name}`, async () => {
        write(`${format}-${name}/Dockerfile`, source);
        for (const flags of [[], everything]) {
          const argv = ['--format', format, ...flags, `${format}-${name}/Dockerfile`];
          const { stdout, stderr } = await dockmend(argv, { cwd: folder.path });
          expect(printed(stdout + stderr)).toEqual([]);
        }
      });
    }
  }

  test.each(['html', 'md', 'json'])('a report page, %s', async (kind) => {
    for (const [name, source] of Object.entries(plantedDockerfiles)) write(`page-${kind}/${name}/Dockerfile`, source);
    await dockmend([...everything, '--report', `page.${kind}`, `page-${kind}`], { cwd: folder.path });
    const page = readFileSync(join(folder.path, `page.${kind}`), 'utf8');
    expect(page).toContain('[hidden]');
    expect(printed(page)).toEqual([]);
  });

  test('a diff leaves out a line beside what changes that has one, so that it can be applied', async () => {
    write('beside/Dockerfile', plantedDockerfiles.env!);
    const { stdout, stderr } = await dockmend(['beside'], { cwd: folder.path });
    expect(stdout).toContain('\n-WORKDIR app\n');
    expect(stdout).not.toContain('DB_PASSWORD');
    expect(stderr).not.toContain('cannot be applied');
  });

  test('a diff that hides one says that it cannot be applied', async () => {
    write('diff/Dockerfile', `FROM debian:12\nRUN export DB_PASSWORD=${plantedPassword} && apt-get install curl\n`);
    const { stdout, stderr } = await dockmend(['diff'], { cwd: folder.path });
    expect(stdout).toContain('+RUN export DB_PASSWORD=[hidden] && apt-get install -y curl\n');
    expect(stderr).toContain('note: the diff of 1 file hides secrets, so it cannot be applied as it is');
  });

  test('what is written is the file itself', async () => {
    write('written/Dockerfile', plantedDockerfiles.env!);
    await dockmend(['--write', 'written'], { cwd: folder.path });
    const text = readFileSync(join(folder.path, 'written/Dockerfile'), 'utf8');
    expect(text).toContain(`ENV DB_PASSWORD=${plantedPassword}\nWORKDIR /app\n`);
  });
});

const fixtures = sampled(
  readdirSync('fixtures').flatMap((id) => readdirSync(join('fixtures', id)).map((name) => join(id, name))),
  8,
);

describe(`every fixture with secrets planted in it${fixtures.note}`, () => {
  let count = 0;
  for (const fixture of fixtures.items) {
    const path = join('fixtures', fixture, 'Dockerfile');
    if (!existsSync(path)) continue;
    const source = withSecrets(readFileSync(path, 'utf8'));
    if (!source.includes(plantedToken)) continue;
    count++;
    write(join('all', fixture, 'Dockerfile'), source);
  }

  test('are many', () => expect(count).toBeGreaterThan(allOr(300, 35)));

  test.each(formats)('%s', async (format) => {
    const { stdout, stderr } = await dockmend(['--format', format, ...everything, 'all'], { cwd: folder.path });
    expect(stdout.length).toBeGreaterThan(10_000);
    expect(printed(stdout + stderr).slice(0, 5)).toEqual([]);
  });
});

test('what would put a mask into the file is shown, and never offered to be applied', async () => {
  write('mask/Dockerfile', `FROM debian:12\nENV API_TOKEN ${plantedToken}\nWORKDIR app\n`);
  const only = ['--only', 'replace-legacy-key-value-format,use-absolute-workdir'];
  const run = async (format: string) =>
    JSON.parse((await dockmend(['--format', format, ...only, 'mask'], { cwd: folder.path })).stdout);
  const { diagnostics } = await run('rdjson');
  const suggested = diagnostics.flatMap((each: { suggestions?: { text: string }[] }) => each.suggestions ?? []);
  expect(suggested.map((each: { text: string }) => each.text)).not.toContainEqual(expect.stringContaining('hidden'));
  const { runs } = await run('sarif');
  const inserted = JSON.stringify(runs[0].results.flatMap((each: { fixes?: object[] }) => each.fixes ?? []));
  expect(inserted).toContain('/app');
  expect(inserted).not.toContain('hidden');
});
