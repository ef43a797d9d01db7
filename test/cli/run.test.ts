import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { defineTransform } from '../../src/transform/index.ts';
import { dockmend } from '../support/cli.ts';
import { temporaryFolder } from '../support/parts.ts';
import { fixAt, planted } from '../support/planted.ts';

let folder: ReturnType<typeof temporaryFolder>;
let cwd: string;
beforeEach(() => {
  folder = temporaryFolder();
  cwd = folder.path;
});
afterEach(() => folder.remove());

const write = (path: string, text: string | Uint8Array): void => {
  mkdirSync(dirname(join(cwd, path)), { recursive: true });
  writeFileSync(join(cwd, path), text);
};
const read = (path: string): string => readFileSync(join(cwd, path), 'utf8');
const run = (...argv: string[]) => dockmend(argv, { cwd });

const fixable = 'FROM debian:12\nWORKDIR app\n';
const fixed = 'FROM debian:12\nWORKDIR /app\n';

describe('the main job', () => {
  test('prints a diff and changes nothing', async () => {
    write('Dockerfile', fixable);
    const { code, stdout, stderr } = await run();
    expect(code).toBe(0);
    expect(stdout).toBe(
      'diff --git a/Dockerfile b/Dockerfile\n--- a/Dockerfile\n+++ b/Dockerfile\n@@ -1,2 +1,2 @@\n FROM debian:12\n-WORKDIR app\n+WORKDIR /app\n',
    );
    expect(stderr).toMatch(/^1 fix in 1 of 1 file, not written: --write does/);
    expect(read('Dockerfile')).toBe(fixable);
    expect(readdirSync(cwd)).toEqual(['Dockerfile']);
  });

  test('--write writes, and a second run has nothing to do', async () => {
    write('Dockerfile', fixable);
    expect((await run('--write')).code).toBe(0);
    expect(read('Dockerfile')).toBe(fixed);
    expect(readdirSync(cwd)).toEqual(['Dockerfile']);
    const second = await run('--check');
    expect([second.code, second.stdout]).toEqual([0, '']);
  });

  test('--check is 1 while a fix at the chosen safety is left, and refusals alone are 0', async () => {
    write('Dockerfile', fixable);
    expect((await run('--check')).code).toBe(1);
    write('Dockerfile', 'FROM debian:12\nRUN apt-get update && apt-get install -y curl\n');
    expect((await run('--check')).code).toBe(0);
    expect((await run('--check', '--unsafe')).code).toBe(1);
    expect((await run('--check', '--accept', 'remove-package-lists')).code).toBe(1);
  });

  test('--only, --skip and --preset', async () => {
    write('Dockerfile', 'FROM debian:12\nWORKDIR app\nMAINTAINER me\n');
    expect((await run('--only', 'replace-maintainer-with-label')).stdout).not.toContain('+WORKDIR');
    expect((await run('--skip', 'use-absolute-workdir')).stdout).toBe('');
    expect((await run('--preset', 'style')).stdout).toMatch(/^\+LABEL/m);
    expect((await run('--preset', 'all')).stdout).toMatch(/\+WORKDIR[\s\S]*\+LABEL/);
  });

  test('a terminal gets the terminal format, with colours unless NO_COLOR', async () => {
    write('Dockerfile', fixable);
    const on = await dockmend([], { cwd, terminal: true });
    expect(on.stdout).toContain('\u001b[');
    const off = await dockmend([], { cwd, terminal: true, environment: { NO_COLOR: '1' } });
    expect(off.stdout).toContain('✔ 2:');
    expect(off.stdout).not.toContain('\u001b');
    const forced = await dockmend(['--format', 'terminal'], { cwd, environment: { FORCE_COLOR: '1', NO_COLOR: '1' } });
    expect(forced.stdout).toContain('\u001b[');
    expect((await run('--format', 'terminal')).stdout).not.toContain('\u001b');
  });

  test('--quiet is silent but for changes and errors', async () => {
    write('Dockerfile', fixable);
    expect((await run('--quiet')).stderr).toBe('');
    expect((await run('--quiet', 'none')).stderr).toBe('none: error: there is no such file or folder\n');
  });

  test('json is one document, errors of files in it', async () => {
    write('Dockerfile', fixable);
    write('bad/Dockerfile', 'FROM a\nRUN <<E\nx\n');
    const { code, stdout } = await run('--format', 'json');
    const report = JSON.parse(stdout);
    expect(code).toBe(2);
    expect(report.files.map((each: { path: string }) => each.path)).toEqual(['Dockerfile', 'bad/Dockerfile']);
    expect(report.summary).toMatchObject({ files: 2, changed: 1, fixes: 1, problems: 1 });
  });

  test('more files than a batch holds', async () => {
    for (let at = 0; at < 150; at++) write(`app${at}/Dockerfile`, fixable);
    const { code, stderr } = await run('--write');
    expect([code, stderr.split(';')[0]]).toEqual([0, '150 fixes in 150 of 150 files written']);
    expect(read('app149/Dockerfile')).toBe(fixed);
  });

  test('a reader that goes away ends a run that only prints, and not one that writes', async () => {
    for (let at = 0; at < 150; at++) write(`app${at}/Dockerfile`, fixable);
    const { main } = await import('../../src/cli/index.ts');
    const { transforms } = await import('../../transforms/index.ts');
    const { openTablePorts } = await import('../support/cli.ts');
    const gone = (argv: string[]) => {
      let fail: (error: Error) => void = () => {};
      let writes = 0;
      const stdout = {
        on: (_: 'error', listener: (error: Error) => void) => {
          fail = listener;
        },
        write: () => {
          writes++;
          fail(Object.assign(new Error('EPIPE'), { code: 'EPIPE' }));
        },
      };
      const stderr = { write: () => {} };
      const stdin = (async function* () {})();
      const wiring = {
        transforms,
        version: () => '',
        openPorts: openTablePorts,
        cwd,
        environment: {},
        stdin,
        stdout,
        stderr,
      };
      return main(argv, wiring).then((code) => [code, writes]);
    };
    expect(await gone([])).toEqual([0, 1]);
    expect(await gone(['--write'])).toEqual([0, 1]);
    expect(read('app149/Dockerfile')).toBe(fixed);
  });
});

describe('standard input', () => {
  const pipe = (stdin: string | Uint8Array, ...argv: string[]) => dockmend(['-', ...argv], { cwd, stdin });

  test('gives a diff, or with --write the fixed text and nothing else', async () => {
    expect((await pipe(fixable)).stdout).toMatch(/^--- a\/Dockerfile$/m);
    expect((await pipe(fixable, '--write')).stdout).toBe(fixed);
    expect((await pipe(fixed, '--write', '--format', 'json')).stdout).toBe(fixed);
    expect((await pipe('\uFEFFFROM debian:12\r\nWORKDIR app', '--write')).stdout).toBe(
      '\uFEFFFROM debian:12\r\nWORKDIR /app',
    );
    expect(readdirSync(cwd)).toEqual([]);
  });

  test('that is no Dockerfile is 2, and gives no text', async () => {
    for (const bad of ['', 'FROM a\0', new Uint8Array([0xff, 0x0a]), Buffer.alloc(11_000_000, 'a')]) {
      const { code, stdout, stderr } = await pipe(bad, '--write');
      expect([code, stdout]).toEqual([2, '']);
      expect(stderr).toContain('Dockerfile');
    }
  });

  test('obeys the configuration of the working folder', async () => {
    write('.dockmend.yaml', 'transforms: {use-absolute-workdir: false}');
    expect((await pipe(fixable)).stdout).toBe('');
    expect((await pipe(fixable, '--no-config')).stdout).not.toBe('');
  });
});

describe('writing', () => {
  test('keeps the mode, and a symbolic link', async () => {
    write('real/app', fixable);
    chmodSync(join(cwd, 'real/app'), 0o754);
    symlinkSync('real/app', join(cwd, 'Dockerfile'));
    expect((await run('--write')).code).toBe(0);
    expect(lstatSync(join(cwd, 'Dockerfile')).isSymbolicLink()).toBe(true);
    expect(read('real/app')).toBe(fixed);
    expect(statSync(join(cwd, 'real/app')).mode & 0o777).toBe(0o754);
    expect(readdirSync(join(cwd, 'real'))).toEqual(['app']);
  });

  test('a file that changed meanwhile is left as it is', async () => {
    write('Dockerfile', fixable);
    const { code, stderr } = await dockmend(['--write'], {
      cwd,
      ports: () => ({
        images: async () => {
          write('Dockerfile', 'FROM other\n');
          return new Map();
        },
      }),
    });
    expect([code, stderr.split('\n')[0]]).toEqual([
      2,
      'Dockerfile: error: this file changed while dockmend ran, and is left as it is',
    ]);
    expect(read('Dockerfile')).toBe('FROM other\n');
    expect(readdirSync(cwd)).toEqual(['Dockerfile']);
  });

  const beside = (path: string, before?: string) =>
    defineTransform({
      id: 'write-beside',
      meta: {
        summary: '',
        why: '',
        safety: 'safe',
        safetyNote: '',
        preset: 'recommended',
        since: '0',
        onbuild: false,
        answers: {},
      },
      *find({ file }) {
        const { span, index, logical, argsStart } = file.instructions[0]!;
        if (logical.text.endsWith(' ')) return;
        if (logical.text.endsWith('2')) {
          const at = logical.toSource(argsStart, 'start');
          const edits = [{ start: at, end: at, text: 'x/' }];
          const files = [{ path, before, after: 'new\n' }];
          yield {
            span,
            message: '',
            fix: { title: 't', safety: 'safe', evidence: ['text'], edits, files, changes: { edits: [index] } },
          };
        }
      },
    });
  const once = (path: string, before?: string) => {
    const transform = beside(path, before);
    return {
      ...transform,
      find: (input: Parameters<typeof transform.find>[0]) =>
        input.file.source.includes('x/') ? [] : transform.find(input),
    };
  };

  test('files beside a Dockerfile are new files in the diff, and written', async () => {
    write('app/Dockerfile', 'FROM debian:12\n');
    const transforms = [once('.dockerignore')];
    const { stdout } = await dockmend([], { cwd, transforms });
    expect(stdout).toContain('new file mode 100644\n--- /dev/null\n+++ b/app/.dockerignore\n@@ -0,0 +1 @@\n+new\n');
    expect((await dockmend(['--write'], { cwd, transforms })).code).toBe(0);
    expect(read('app/.dockerignore')).toBe('new\n');
    expect(readdirSync(join(cwd, 'app')).sort()).toEqual(['.dockerignore', 'Dockerfile']);
  });

  test('the same file wanted by two Dockerfiles is one', async () => {
    write('Dockerfile', 'FROM debian:12\n');
    write('Dockerfile.dev', 'FROM alpine:2\n');
    const { stdout, code } = await dockmend(['--write'], { cwd, transforms: [once('.dockerignore')] });
    expect(code).toBe(0);
    expect(stdout.match(/^\+new$/gm)).toHaveLength(1);
  });

  test("a file of which two Dockerfiles want different texts is the first one's", async () => {
    write('Dockerfile', 'FROM debian:12\n');
    write('Dockerfile.dev', 'FROM alpine:2\n');
    const differing = planted('write-beside', function* (file) {
      const after = `${file.source.split(' ')[1]}`;
      const files = [{ path: '.dockerignore', before: undefined, after }];
      yield fixAt(file.instructions[0]!, { edits: [], files, changes: { edits: [] } });
    });
    const diff = await dockmend([], { cwd, transforms: [differing] });
    expect(diff.stderr).toContain('note: 1 fix was rejected: `--format terminal` says why\n');
    const { stdout, stderr, code } = await dockmend(['--write', '--format', 'terminal'], {
      cwd,
      transforms: [differing],
    });
    expect([code, read('.dockerignore')]).toEqual([0, 'debian:12\n']);
    expect(stderr + stdout).toContain('1 fix in 1 of 2 files written; 1 rejected');
    expect(stdout).toContain('not applied: an earlier Dockerfile with the same build context');
  });

  test('files alone that two Dockerfiles want are one fix, and none for standard input', async () => {
    write('Dockerfile', 'FROM debian:12\n');
    write('Dockerfile.dev', 'FROM alpine:2\n');
    const alone = planted('write-beside', function* (file) {
      const files = [{ path: '.dockerignore', before: undefined, after: 'new\n' }];
      yield fixAt(file.instructions[0]!, { edits: [], files, changes: { edits: [] } });
    });
    const shown = await dockmend(['--format', 'terminal'], { cwd, transforms: [alone] });
    expect(shown.stdout).toContain('1 fix in 1 of 2 files, not written');
    const piped = await dockmend(['-', '--check'], { cwd, transforms: [alone], stdin: 'FROM debian:12\n' });
    expect([piped.code, piped.stdout]).toEqual([0, '']);
    expect(existsSync(join(cwd, '.dockerignore'))).toBe(false);
  });

  test('a file that came to be meanwhile is not replaced, and none outside of the context', async () => {
    write('Dockerfile', 'FROM debian:12\n');
    write('.dockerignore', 'mine\n');
    const result = await dockmend(['--write'], { cwd, transforms: [once('.dockerignore')] });
    expect(result.code).toBe(2);
    expect(read('.dockerignore')).toBe('mine\n');
    write('Dockerfile', 'FROM debian:12\n');
    const outside = await dockmend(['--write'], { cwd, transforms: [once('../evil')] });
    expect(outside.code).toBe(2);
    expect(outside.stderr).toContain('outside of the build context');
    expect(existsSync(join(cwd, '../evil'))).toBe(false);
  });
});

describe('configuration', () => {
  test('each Dockerfile obeys the one nearest to it', async () => {
    write('.git/HEAD', '');
    write('a/Dockerfile', fixable);
    write('b/Dockerfile', fixable);
    write('b/.dockmend.yaml', 'transforms:\n  use-absolute-workdir: false\n');
    write('c/Dockerfile', fixable);
    write('package.json', '{"dockmend": {"ignore": ["c/"]}}');
    const { code, stdout, stderr } = await run('--verbose');
    expect(code).toBe(0);
    expect(stdout.match(/^diff .*$/gm)).toEqual(['diff --git a/a/Dockerfile b/a/Dockerfile']);
    expect(stderr).toContain('c/Dockerfile: ignored by the configuration');
    expect((await run('c/Dockerfile')).stdout).toContain('+WORKDIR');
    expect((await run('--no-config')).stdout.match(/^diff/gm)).toHaveLength(3);
  });

  test('a broken one is told once with its line, and stops no other file', async () => {
    write('.git/HEAD', '');
    write('a/.dockmend.yaml', '# ours\npreset: stlye\n');
    write('a/Dockerfile', fixable);
    write('a/Dockerfile.dev', fixable);
    write('b/Dockerfile', fixable);
    const { code, stdout, stderr } = await run('--write');
    expect(code).toBe(2);
    expect(stderr).toContain(
      'a/.dockmend.yaml:2:9: error: `preset` takes recommended, style, all; did you mean `style`\n  2 | preset: stlye\n    |         ^\n',
    );
    expect(stderr.match(/error/g)).toHaveLength(2);
    expect(stdout.match(/^diff/gm)).toHaveLength(1);
    expect([read('a/Dockerfile'), read('b/Dockerfile')]).toEqual([fixable, fixed]);
  });

  test('--config names one, and flags win over it', async () => {
    write('Dockerfile', fixable);
    write('other.yaml', 'transforms: {use-absolute-workdir: false}\n');
    expect((await run('--config', 'other.yaml')).stdout).toBe('');
    expect((await run('--config', 'other.yaml', '--only', 'use-absolute-workdir')).stdout).not.toBe('');
    const none = await run('--config', 'none.yaml', '--write');
    expect([none.code, none.stderr]).toEqual([2, `${join(cwd, 'none.yaml')}: error: there is no such configuration\n`]);
    expect(read('Dockerfile')).toBe(fixable);
  });
});

describe('list and explain', () => {
  test('list has every transform in a line', async () => {
    const { stdout } = await run('list');
    const { transforms } = await import('../../transforms/index.ts');
    expect(
      stdout
        .trimEnd()
        .split('\n')
        .map((line) => line.split(' ')[0]),
    ).toEqual(transforms.map((each) => each.id));
  });

  test('explain tells why, how safe, the options and the answers', async () => {
    const { code, stdout } = await run('explain', 'pin-image-digest');
    expect(code).toBe(0);
    for (const part of [
      'A tag is a name',
      'Safety: safe',
      'style: tag+digest | digest-only',
      'Checkov: CKV_DOCKER_7',
    ]) {
      expect(stdout).toContain(part);
    }
    const unknown = await run('explain', 'pin-image-digset');
    expect([unknown.code, unknown.stderr]).toEqual([
      2,
      'error: explain: there is no transform `pin-image-digset`; did you mean `pin-image-digest`\n',
    ]);
  });
});
