import { describe, expect, test } from 'vitest';
import { buildFailure, failedStep, saveFailure } from '../../src/verify/log.ts';
import { commandWords, httpProbe, readAnswer, withoutVariance } from '../../src/verify/probe.ts';
import { plainText, redactor, showing } from '../../src/verify/redact.ts';

const plain = redactor([]);
const disk = 'the disk of the engine';

describe('a failed build is explained', () => {
  test('BuildKit: the step that failed, with what it printed last', () => {
    const log = `#4 [base 1/1] COPY rootfs/ /
#4 DONE 0.0s

#5 [stage-1 2/3] RUN make all
#5 sha256:cf57585fb537a3dd1ebead8ccb87e851555c2f769252f2d520b9364fcb918f3f
#5 0.201 cc -o x x.c
#5 0.350 x.c:1: error: no such thing
#5 ERROR: process "/bin/sh -c make all" did not complete successfully: exit code: 2
------
 > [stage-1 2/3] RUN make all:
------
`;
    const error = buildFailure(log, plain, disk);
    expect(error.kind).toBe('failed');
    expect(error.log).toEqual([
      '[stage-1 2/3] RUN make all',
      'cc -o x x.c',
      'x.c:1: error: no such thing',
      'process "/bin/sh -c make all" did not complete successfully: exit code: 2',
    ]);
    expect(error.whole).toContain('the build fails\n  [stage-1 2/3] RUN make all');
  });

  test.each([
    ['its command speaks of a disk', 'RUN df || echo "disk is full"', 'broken', 'failed'],
    ['its tests look for an engine', 'RUN make test', 'dial unix /var/run/docker.sock: no such file', 'failed'],
    ['it could not fetch', 'RUN npm ci', 'npm error code ECONNRESET', 'network'],
    ['it was throttled', 'RUN curl -fsS x', 'curl: (22) error: 429 Too Many Requests', 'network'],
    ['it could not write', 'RUN make', 'cc: no space left on device', 'disk'],
  ])('by what the step that failed printed: %s', (_name, command, printed, kind) => {
    const log = `#5 [2/4] RUN true || echo no space left on device
#5 0.1 Temporary failure in name resolution
#5 DONE 0.1s
#6 [3/4] ${command}
#6 0.2 ${printed}
#6 ERROR: process "/bin/sh -c ${command.slice(4)}" did not complete successfully: exit code: 1
------
 > [3/4] ${command}:
`;
    expect(buildFailure(log, plain, disk).kind).toBe(kind);
  });

  test('buildah: the last step, and what it printed last', () => {
    const warning = 'time="2026-11-30T10:00:00Z" level=warning msg="Error validating CNI config file"\n';
    const log = `STEP 1/2: FROM scratch\nSTEP 2/2: RUN false\n${warning}error building at STEP "RUN false": exit status 1\n`;
    expect(failedStep(log)).toEqual(['STEP 2/2: RUN false', 'error building at STEP "RUN false": exit status 1']);
  });

  test.each([
    ['disk', 'write /x: no space left on device'],
    ['disk', "E: You don't have enough free space in /var/cache/apt/archives/."],
    ['disk', 'npm error code ENOSPC'],
    ['disk', 'OSError: [Errno 28] No space left on device'],
    ['disk', 'sqlite3.OperationalError: database or disk is full'],
    ['builder', 'Cannot connect to the Docker daemon at unix:///x. Is the docker daemon running?'],
    ['builder', 'failed to receive status: rpc error: code = Unavailable desc = transport is closing'],
    ['network', "Temporary failure resolving 'deb.debian.org'"],
    ['network', 'npm error getaddrinfo EAI_AGAIN registry.npmjs.org'],
    ['failed', 'exit code: 1'],
  ])('%s: %s', (kind, text) => {
    expect(buildFailure(text, plain, disk).kind).toBe(kind);
  });

  test.each([
    [true, 'head: standard output: I/O error'],
    [true, 'curl: (23) Failure writing output to destination'],
    [true, 'executor failed running [/bin/sh -c make]: exit code: 137'],
    [false, 'tar: cannot write to /x: Permission denied'],
    [false, 'make: *** [all] Error 1'],
  ])('the machine may be at fault: %s: %s', (isDoubtful, text) => {
    expect(buildFailure(text, plain, disk)).toMatchObject({ kind: 'failed', isDoubtful });
  });

  test('an image that cannot be had is no build that fails', () => {
    expect(saveFailure('Error: something else', plain, disk)).toMatchObject({ kind: 'unreadable' });
    expect(saveFailure('write /x: no space left on device', plain, disk)).toMatchObject({ kind: 'disk' });
  });

  test('a full disk is named', () => {
    expect(buildFailure('x: No space left on device', plain, disk).message).toBe('the disk of the engine is full');
  });

  test('secrets are blacked out, line by line, and short words are not', () => {
    const redact = redactor(['hunter22\nsecond-line\n', 'abc', '']);
    const error = buildFailure('#3 0.1 hunter22 second-line abc\n#3 ERROR: hunter22', redact, disk);
    expect(error.log).toEqual(['*** *** abc', '***']);
  });
});

test.each([
  ['2026-11-21T07:00:01.123Z ready', '<time> ready'],
  ['[07:00:01] GET / in 12ms', '[<time>] GET / in <amount>'],
  ['[4711] child process 4712', '[<number>] child process <number>'],
  ['id 123e4567-e89b-12d3-a456-426614174000', 'id <id>'],
  ['listening on 8080', 'listening on 8080'],
  ['version 1.25.3', 'version 1.25.3'],
])('what varies from run to run: %s', (text, expected) => {
  expect(withoutVariance(text)).toBe(expected);
});

test('a type of content is the same in any case', () => {
  const type = (text: string) =>
    readAnswer(JSON.stringify({ status: 200, type: text, location: '', body: '' }), plain)?.type;
  expect(type('text/html;charset=UTF-8')).toBe(type('text/html; charset=utf-8'));
  expect(type('text/html')).not.toBe(type('text/html; charset=utf-8'));
});

test.each([
  ['redis-cli ping', ['redis-cli', 'ping']],
  [`sh -c 'test "$A" = b'`, ['sh', '-c', 'test "$A" = b']],
  ['a "b \\" c"d \\ e', ['a', 'b " cd', ' e']],
  ["a ''", ['a', '']],
])('the words of %s', (text, words) => {
  expect(commandWords(text)).toEqual(words);
});

test.each(["a 'b", '', '  ', 'a "b\\"'])('no command: %s', (text) => {
  expect(() => commandWords(text)).toThrow(/--probe-cmd takes a command/);
});

test.each([
  ['http://:8080/health', 8080, 'http://127.0.0.1:5/health'],
  ['http://localhost/', 80, 'http://127.0.0.1:5/'],
  ['https://127.0.0.1:8443/x?y=1', 8443, 'https://127.0.0.1:5/x?y=1'],
])('the probe %s', (text, port, url) => {
  const probe = httpProbe(text);
  expect(probe.port).toBe(port);
  expect(probe.url(5)).toBe(url);
});

test.each(['8080', 'http://example.org/', 'ftp://:21/', 'http://'])('no probe: %s', (text) => {
  expect(() => httpProbe(text)).toThrow(/--probe takes an address of the container/);
});

describe('secrets are not shown', () => {
  const secret = 'tok/en+9f8e7d6c5b4a';
  const redact = redactor([secret]);

  test.each([
    ['as it is', secret],
    ['as a URL has it', encodeURIComponent(secret)],
    ['base64', Buffer.from(secret).toString('base64')],
    ['base64 with a user', Buffer.from(`jane:${secret}`).toString('base64')],
    ['base64 with another user', Buffer.from(`bob:${secret}`).toString('base64')],
    ['base64 for URLs', Buffer.from(`me:${secret}`).toString('base64url')],
    ['hexadecimal', Buffer.from(secret).toString('hex')],
    ['backwards', [...secret].reverse().join('')],
    ['a half of it', secret.slice(0, 11)],
    ['the other half', secret.slice(8)],
    ['folded base64', Buffer.from(secret).toString('base64').slice(0, 12)],
  ])('%s', (_name, form) => {
    const shown = redact(`before ${form} after`);
    expect(shown).toContain('***');
    expect(shown).toMatch(/^before .{0,14} after$/);
    for (let at = 0; at + 8 <= form.length; at++) expect(shown).not.toContain(form.slice(at, at + 8));
  });

  test('one that stands in the Dockerfile, and what a program prints in colours', () => {
    const show = showing(redactor([]), 'FROM a\nENV API_TOKEN=kJ8s7hGt2LqP0xZz\nRUN ./run\n');
    expect(show('\u001b[31merror\u001b[0m: kJ8s7hGt2LqP0xZz')).toBe('error: [hidden]');
  });

  test('nothing steers a terminal', () => {
    expect(plainText('\u001b]0;title\u0007a\u001b[2Jb\r\nc\u202egnp.exe\u009b31m')).toBe(
      'ab␍␊c\\u202egnp.exe\\u009b31m',
    );
  });
});

test('a builder that dies in a step is shown by what the steps printed', () => {
  const output = [
    '#7 [4/5] RUN apt-get install -y netcat',
    '#7 sha256:7337bcf1624592a4ab4387c09e2536df01592108b0b84b5e7dc8d56b5985cf2e',
    '#7 0.210 Setting up netcat',
    '#7 DONE 0.3s',
    '#6 CACHED',
    '#8 [5/5] RUN sleep 15',
    '#8 ...',
    'unexpected EOF',
  ];
  expect(buildFailure(output.join('\n'), (text) => text, 'the disk')).toMatchObject({
    kind: 'builder',
    log: [output[0], output[2], output[5], 'unexpected EOF'],
  });
});

test('lines of a bundle of certificates are hidden', () => {
  const lines = Array.from({ length: 3600 }, (_, at) =>
    Buffer.from(`line ${at} of a certificate, long enough for it`).toString('base64'),
  );
  expect(redactor([lines.join('\n')])(`x ${lines[7]} y`)).toBe('x *** y');
});
