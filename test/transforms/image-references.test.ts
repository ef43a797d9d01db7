import { describe, expect, test } from 'vitest';
import { DockerfileSyntaxError } from '../../src/dockerfile/index.ts';
import { fix, tableFacts } from '../../src/engine/index.ts';
import type { Facts, Usage } from '../../src/transform/index.ts';
import { pinImageDigest } from '../../transforms/pin-image-digest.ts';

const hex = 'd'.repeat(64);
const usageOf = (contexts: Record<string, string>): Usage => ({
  builds: [{ file: 'compose.yaml', line: 3, how: 'compose', engine: 'docker', target: undefined, args: [], contexts }],
  runs: [],
  children: [],
  syncs: [],
});

/** Pins a text, its lines joined; digests are written as `@D`, refusals as line and reason. */
function pin(source: string, given: Partial<Facts> = {}): { output: string; refused: string[]; reports: string[] } {
  const { output, remaining } = fix(source, {
    transforms: [pinImageDigest],
    facts: { ...tableFacts, digest: () => ({ digest: `sha256:${hex}`, kind: 'index' }), ...given },
  });
  const refused = remaining.flatMap(({ finding, line }) =>
    'skipped' in finding ? [`${line} ${finding.skipped}`] : [],
  );
  const reports = remaining.flatMap(({ finding, line }) => ('report' in finding ? [`${line} ${finding.message}`] : []));
  return { output: output.replaceAll(`@sha256:${hex}`, '@D'), refused, reports };
}

/** A case: its lines as they are and, where they change, as they become; and what is refused, as `line reason`. */
type Case = readonly [
  title: string,
  before: readonly string[],
  after?: readonly string[] | undefined,
  refused?: readonly string[],
];

function check([, before, after = before, refused = []]: Case): void {
  for (const eol of ['\n', '\r\n']) {
    const found = pin(before.join(eol));
    expect(found.output).toBe(after.join(eol));
    expect(found.refused).toEqual(refused);
  }
}

const titled = (cases: readonly Case[]) => cases.map((each) => [each[0], each] as const);
const pinned = `@sha256:${'a'.repeat(64)}`;

describe('finding references', () => {
  test.each(
    titled([
      [
        '1: SQL and heredoc bodies hold none',
        [
          'FROM db:1',
          'RUN psql -c "SELECT * FROM postgres"',
          'RUN <<EOF',
          'FROM node:22',
          'EOF',
          'COPY <<EOF /x',
          'FROM a',
          'EOF',
        ],
        [
          'FROM db:1@D',
          'RUN psql -c "SELECT * FROM postgres"',
          'RUN <<EOF',
          'FROM node:22',
          'EOF',
          'COPY <<EOF /x',
          'FROM a',
          'EOF',
        ],
      ],
      [
        '2: every mount of a RUN',
        ['FROM a:1', 'RUN --mount=from=b:1,target=/b --mount=type=bind,source=/x,from=c:1,target=/c x'],
        ['FROM a:1@D', 'RUN --mount=from=b:1@D,target=/b --mount=type=bind,source=/x,from=c:1@D,target=/c x'],
      ],
      [
        '3: mounts of a cache, keys in any case, quoted fields; a secret has no image',
        [
          'FROM a:1',
          'RUN --mount=type=cache,From=b:1,target=/b --mount=type=bind,"from=c:1",target=/c x',
          'RUN --mount=type=secret,from=d:1,id=x x',
        ],
        [
          'FROM a:1@D',
          'RUN --mount=type=cache,From=b:1@D,target=/b --mount=type=bind,"from=c:1@D",target=/c x',
          'RUN --mount=type=secret,from=d:1,id=x x',
        ],
      ],
      [
        '4: a number in a mount is an image, and no stage',
        ['FROM a:1', 'RUN --mount=from=0,target=/x x'],
        ['FROM a:1@D', 'RUN --mount=from=0,target=/x x'],
        ['2 reference-not-in-registry'],
      ],
      [
        '5: a number in COPY is a stage',
        ['FROM a:1', 'FROM b:1', 'COPY --from=0 /x /x'],
        ['FROM a:1@D', 'FROM b:1@D', 'COPY --from=0 /x /x'],
      ],
      [
        '6: COPY and mounts know stages in any case, later ones too; FROM knows earlier ones only',
        ['FROM later', 'COPY --from=LATER /x /x', 'RUN --mount=from=Later,target=/x x', 'FROM a:1 AS later'],
        ['FROM later@D', 'COPY --from=LATER /x /x', 'RUN --mount=from=Later,target=/x x', 'FROM a:1@D AS later'],
      ],
      [
        '7: FROM compares stages exactly with names in lower case; `scratch` is exact',
        ['FROM a:1 AS Build', 'FROM build AS two', 'FROM Build', 'FROM scratch', 'FROM Scratch'],
        ['FROM a:1@D AS Build', 'FROM build AS two', 'FROM Build', 'FROM scratch', 'FROM Scratch'],
        ['3 reference-invalid', '5 reference-invalid'],
      ],
      [
        '8: a stage that is named like an image',
        ['FROM golang:1 AS node', 'FROM node'],
        ['FROM golang:1@D AS node', 'FROM node'],
      ],
      [
        '9: ONBUILD',
        ['FROM a:1', 'ONBUILD COPY --from=b:1 /x /x', 'ONBUILD RUN --mount=from=c:1,target=/c x'],
        ['FROM a:1@D', 'ONBUILD COPY --from=b:1@D /x /x', 'ONBUILD RUN --mount=from=c:1@D,target=/c x'],
      ],
      [
        '10: a syntax after other directives',
        ['# escape=\\', '# check=skip=all', '#  Syntax = docker/dockerfile:1', 'FROM a:1'],
        ['# escape=\\', '# check=skip=all', '#  Syntax = docker/dockerfile:1@D', 'FROM a:1@D'],
      ],
      [
        '10: a syntax below a shebang, its first word alone',
        ['#!/usr/bin/env x', '# syntax=docker/dockerfile:1 and more', 'FROM a:1'],
        ['#!/usr/bin/env x', '# syntax=docker/dockerfile:1@D and more', 'FROM a:1@D'],
      ],
      [
        '10: a syntax below a byte order mark',
        ['\uFEFF# syntax=docker/dockerfile:1', 'FROM a:1'],
        ['\uFEFF# syntax=docker/dockerfile:1@D', 'FROM a:1@D'],
      ],
      [
        '10: no syntax below a blank line, a comment or a blank',
        ['', '# syntax=docker/dockerfile:1', 'FROM a:1'],
        ['', '# syntax=docker/dockerfile:1', 'FROM a:1@D'],
      ],
      [
        '10: no syntax after a blank at the start of the line',
        [' # syntax=docker/dockerfile:1', 'FROM a:1'],
        [' # syntax=docker/dockerfile:1', 'FROM a:1@D'],
      ],
      [
        '10: no syntax below a comment',
        ['# a file', '# syntax=docker/dockerfile:1', 'FROM a:1'],
        ['# a file', '# syntax=docker/dockerfile:1', 'FROM a:1@D'],
      ],
      [
        '12: the backtick as escape',
        ['# escape=`', 'FROM a:1', 'COPY --from=b:1 `', '  C:\\x C:\\y'],
        ['# escape=`', 'FROM a:1@D', 'COPY --from=b:1@D `', '  C:\\x C:\\y'],
      ],
      [
        '13: over several lines, with comments',
        ['FROM \\', '  # why', '', '  a:1 \\', '  AS x'],
        ['FROM \\', '  # why', '', '  a:1@D \\', '  AS x'],
      ],
      [
        '14: a byte order mark does not hide a stage',
        ['\uFEFFFROM a:1 AS x', 'FROM x'],
        ['\uFEFFFROM a:1@D AS x', 'FROM x'],
      ],
      [
        '15: any case, and tabs',
        ['from\ta:1\tas x', 'From x', 'copy\t--from=b:1\t/x /x'],
        ['from\ta:1@D\tas x', 'From x', 'copy\t--from=b:1@D\t/x /x'],
      ],
      ['16: in quotes', ['FROM "a:1"', "FROM 'b:1' AS x"], ['FROM "a:1@D"', "FROM 'b:1@D' AS x"]],
      [
        '17: the same image on adjacent lines',
        ['FROM a:1', 'FROM a:1', 'COPY --from=a:1 /x /x', 'COPY --from=a:1 /y /y'],
        ['FROM a:1@D', 'FROM a:1@D', 'COPY --from=a:1@D /x /x', 'COPY --from=a:1@D /y /y'],
      ],
      [
        '19: marks of templates',
        ['FROM {{ base }}', 'FROM %%BASE%%', 'FROM @BASE@', 'FROM a:<%= tag %>', 'FROM a:1'],
        ['FROM {{ base }}', 'FROM %%BASE%%', 'FROM @BASE@', 'FROM a:<%= tag %>', 'FROM a:1@D'],
      ],
      [
        '20: what is in no registry',
        ['FROM ./image', 'FROM docker-image://a:1', 'FROM oci-layout://./x', 'FROM containers-storage:a'],
        undefined,
        [
          '1 reference-not-in-registry',
          '2 reference-not-in-registry',
          '3 reference-not-in-registry',
          '4 reference-not-in-registry',
        ],
      ],
    ]),
  )('%s', (_, each) => check(each));

  test('9: FROM inside ONBUILD is an error, and left', () => {
    expect(pin('FROM a:1\nONBUILD FROM b:1\n').output).toBe('FROM a:1@D\nONBUILD FROM b:1\n');
  });

  test('10: forms for other frontends are no Dockerfile', () => {
    for (const first of ['// syntax=docker/dockerfile:1', '{"syntax": "docker/dockerfile:1"}']) {
      expect(pin(`${first}\nFROM a:1\n`).output.split('\n')[0]).toBe(first);
    }
  });

  test('11: a second syntax is an error, and the file is left', () => {
    expect(() => pin('# syntax=a:1\n# syntax=b:1\nFROM c:1\n')).toThrow(DockerfileSyntaxError);
  });

  test('21: an image that a build replaces by a named context keeps its reference', () => {
    const source =
      'FROM alpine:3.20 AS a\nFROM docker.io/library/node\nCOPY --from=team/base:1 /x /x\nFROM debian:12\n';
    const usage = usageOf({
      'alpine:3.20': './a',
      node: 'docker-image://x',
      'docker.io/team/base:1': 'target:base',
      other: '.',
    });
    const found = pin(source, { usage: () => usage });
    expect(found.output).toBe(source.replace('debian:12', 'debian:12@D'));
    expect(found.refused).toEqual(['1 named-context', '2 named-context', '3 named-context']);
    expect(pin('FROM alpine:3.20\n', { usage: () => usageOf({ alpine: '.' }) }).refused).toEqual([]);
  });
});

describe('build arguments', () => {
  test.each(
    titled([
      [
        '22: a tag that two stages take from one argument',
        ['ARG V=3.12', 'FROM python:${V}', 'FROM python:$V'],
        ['ARG V=3.12@D', 'FROM python:${V}', 'FROM python:$V'],
      ],
      [
        '23: an argument that two images share',
        ['ARG V=1', 'FROM a:$V', 'FROM b:$V'],
        undefined,
        ['2 argument-shared', '3 argument-shared'],
      ],
      [
        '24: a tag of two arguments',
        ['ARG A=22', 'ARG B=3.20', 'FROM node:${A}-alpine${B}'],
        undefined,
        ['3 reference-from-argument'],
      ],
      ['25: a digest beside a variable', ['ARG V=1', `FROM a:$V${pinned}`], undefined, ['2 digest-beside-variable']],
      [
        '26: an argument that a stage uses too',
        ['ARG V=41', 'FROM fedora:$V', 'ARG V', 'RUN dnf -y --releasever=$V install x'],
        undefined,
        ['2 argument-shared'],
      ],
      [
        '27: one that a stage declares again, with a value or without',
        ['ARG V=1', 'FROM a:$V', 'ARG V=2', 'ENV X=y'],
        undefined,
        ['2 argument-shared'],
      ],
      [
        '28: one between stages is not seen',
        ['FROM a:1', 'ARG V=1', 'FROM b:$V'],
        ['FROM a:1@D', 'ARG V=1', 'FROM b:$V'],
        ['3 reference-unresolved'],
      ],
      [
        '29: a registry in an argument',
        ['ARG HUB=docker.io', 'FROM ${HUB}/docker:20'],
        undefined,
        ['2 reference-from-argument'],
      ],
      [
        '30: expansions beyond the plain one',
        [
          'ARG V=3.12.1',
          'ARG W',
          'FROM a:${V%.*} AS a',
          'FROM b:${W:-1} AS b',
          'FROM c:${V:+x} AS c',
          'FROM d:${V/3/4} AS d',
          'FROM e:\\$V',
        ],
        undefined,
        [
          '3 reference-from-argument',
          '4 reference-unresolved',
          '5 reference-from-argument',
          '6 reference-from-argument',
          '7 reference-invalid',
        ],
      ],
      [
        '31: without a default, or with an empty one',
        ['ARG A', 'ARG B=', 'ARG C=""', 'FROM a:$A', 'FROM b:$B', 'FROM c:$C', 'FROM $A'],
        undefined,
        ['4 reference-unresolved', '5 reference-unresolved', '6 reference-unresolved', '7 reference-unresolved'],
      ],
      [
        '31: several on one line, quotes kept',
        ['ARG A=1 B=\'2\' C="3"', 'FROM a:$A', 'FROM b:$B', 'FROM c:$C'],
        ['ARG A=1@D B=\'2@D\' C="3@D"', 'FROM a:$A', 'FROM b:$B', 'FROM c:$C'],
      ],
      ['32: a default that is pinned already', [`ARG BASE=a:1${pinned}`, 'FROM $BASE', 'FROM ${BASE} AS x']],
      [
        '33: COPY and mounts expand nothing',
        ['ARG V=1', 'FROM a:1', 'COPY --from=b:${V} /x /x', 'RUN --mount=from=c:$V,target=/c x'],
        ['ARG V=1', 'FROM a:1@D', 'COPY --from=b:${V} /x /x', 'RUN --mount=from=c:$V,target=/c x'],
        ['3 reference-invalid', '4 reference-invalid'],
      ],
      [
        '34: flags stay',
        ['FROM --platform=$BUILDPLATFORM a:1 AS x', 'FROM --platform=linux/arm64 b:1'],
        ['FROM --platform=$BUILDPLATFORM a:1@D AS x', 'FROM --platform=linux/arm64 b:1@D'],
      ],
    ]),
  )('%s', (_, each) => check(each));
});

describe('writing', () => {
  const odd = [
    '# syntax=docker/dockerfile:1',
    '',
    'FROM   a:1   AS  x   ',
    '\tRUN true # FROM b:1',
    'FROM\tb:1',
    'COPY   --from=c:1    /x    /x',
    'RUN  --mount=from=d:1,target=/d  x',
    'ARG Z=1',
  ];

  test('35: never a comment at the end of the line', () => {
    for (const style of ['tag+digest', 'digest-only']) {
      const { output } = fix('FROM node:22\n', {
        transforms: [pinImageDigest],
        facts: { ...tableFacts, digest: () => ({ digest: `sha256:${hex}`, kind: 'index' }) },
        options: { 'pin-image-digest': { style } },
      });
      expect(output).toMatch(
        style === 'tag+digest' ? /^FROM node:22@sha256:d{64}\n$/ : /^# node:22\nFROM node@sha256:d{64}\n$/,
      );
    }
  });

  test('36: without what was inserted, every byte is what it was', () => {
    for (const text of [odd.join('\n'), odd.join('\r\n'), `\uFEFF${odd.join('\n')}\n`, `${odd.join('\n')}\n\n`]) {
      const { output } = pin(text);
      expect(output.match(/@D/g)).toHaveLength(5);
      expect(output.replaceAll('@D', '')).toBe(text);
    }
  });

  test('37: a short name stays short', () => {
    expect(pin('FROM golang\nFROM docker.io/library/node\n').output).toBe(
      'FROM golang@D\nFROM docker.io/library/node@D\n',
    );
  });

  test('38: a pin is not moved, whatever the registry says now', () => {
    const source = `FROM a:1${pinned}\nCOPY --from=b${pinned} /x /x\n`;
    expect(pin(source)).toEqual({ output: source, refused: [], reports: [] });
  });

  test('39, 115: a pin by digest alone stays as it is', () => {
    expect(pin(`FROM node${pinned}\n`).output).toBe(`FROM node${pinned}\n`);
  });

  test('40: words near by are no pin', () => {
    const source = '# pinned by @sha256 below\nFROM team/sha256:sha256 AS sha256 \n';
    expect(pin(source).output).toBe(source.replace(':sha256 ', ':sha256@D '));
  });

  test('41: another algorithm is a pin as well', () => {
    const source = `FROM a@sha512:${'b'.repeat(128)}\n`;
    expect(pin(source)).toEqual({ output: source, refused: [], reports: [] });
  });

  test('42: a digest that is none is told, and not replaced', () => {
    const source = `FROM a:1@sha256:abc\nFROM b@sha256:${'A'.repeat(64)}\n`;
    expect(pin(source)).toEqual({
      output: source,
      refused: ['1 reference-invalid', '2 reference-invalid'],
      reports: [],
    });
  });

  test('43: one that cannot be resolved does not hold up the others', () => {
    const digest: Facts['digest'] = (reference) =>
      reference.startsWith('gone')
        ? { unavailable: 'no such tag', final: true }
        : { digest: `sha256:${hex}`, kind: 'index' };
    const found = pin('FROM gone:1\nFROM a:1\n', { digest });
    expect(found).toEqual({ output: 'FROM gone:1\nFROM a:1@D\n', refused: ['1 image-not-found'], reports: [] });
  });

  test('44: a comment above silences it', () => {
    const source = '# dockmend ignore=pin-image-digest\nFROM a:1\n';
    expect(pin(`${source}FROM b:1\n`).output).toBe(`${source}FROM b:1@D\n`);
  });

  test('111: a version stays as precise as it is', () => {
    expect(pin('FROM node:18\n').output).toBe('FROM node:18@D\n');
  });

  test('113: a moving tag on a registry that drops what no tag means is pinned, with a warning', () => {
    const { output, reports } = pin('FROM quay.io/a/b:latest\nFROM quay.io/a/b:1.2.3\nFROM notquay.io/a/b:latest\n');
    expect(output.match(/@D/g)).toHaveLength(3);
    expect(reports).toEqual([
      '1 `quay.io` deletes what no tag means any more: when `latest` moves on, this digest is gone and the build fails, unless the pin is updated in time',
    ]);
  });
});
