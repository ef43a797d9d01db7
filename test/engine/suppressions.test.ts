import { describe, expect, test } from 'vitest';
import { fix } from '../../src/engine/index.ts';
import type { Answers } from '../../src/transform/index.ts';
import { replacer } from '../support/planted.ts';

const answers: Answers = {
  hadolint: ['DL3009'],
  buildkit: ['StageNameCasing'],
  trivy: ['DS-0017'],
  checkov: ['CKV_DOCKER_9'],
  kics: ['df746b39-6564-4fed-bf85-e9c44382303c'],
  tally: ['prefer-package-cache-mounts'],
};
const transform = replacer('fix-it', 'bad', 'good');
const answering = { ...transform, meta: { ...transform.meta, answers } };

/** The lines of a file of two RUN that are fixed, with text put above the first, above the second, or inside it. */
function fixedRuns(place: 'top' | 'above' | 'inside' | 'apart', comment: string, transforms = [answering]): string {
  const source = {
    top: `${comment}\nFROM a\nRUN bad one\nRUN bad two\n`,
    above: `FROM a\nRUN bad one\n${comment}\nRUN bad two\n`,
    apart: `FROM a\nRUN bad one\n${comment}\n\nRUN bad two\n`,
    inside: `FROM a\nRUN bad one\nRUN x && \\\n  ${comment}\n  bad two\n`,
  }[place];
  const { output, suppressed } = fix(source, { transforms });
  const left = ['one', 'two'].filter((word) => output.includes(`good ${word}`));
  expect(suppressed).toBe(2 - left.length);
  return left.join(' ');
}

describe('above an instruction', () => {
  test.each([
    '# dockmend ignore=fix-it',
    '# dockmend ignore=fix-it reason=we know',
    '# dockmend ignore=other,fix-it reason="a, b"',
    '# dockmend ignore = other , fix-it',
    '#dockmend ignore=fix-it',
    '# hadolint ignore=DL3009',
    '#hadolint ignore=DL3008,DL3009 because',
    '# hadolint ignore = dl3009',
    '# check=skip=StageNameCasing',
    '# check=skip=Other,StageNameCasing;error=true',
    '# check=skip=all',
    '# trivy:ignore:DS-0017',
    '#trivy:ignore:AVD-DS-0017',
    '# trivy:ignore:avd-ds-0017:exp:2030-01-01',
    '# trivy:ignore:DS017',
    '# trivy:ignore:*',
    '# tfsec:ignore:ds017',
    '# kics-scan ignore-line',
    '# kics-scan ignore-block',
    '# tally ignore=prefer-package-cache-mounts',
    '# tally ignore=tally/prefer-package-cache-mounts;reason=x',
    '# tally ignore=hadolint/DL3009',
    '# tally ignore=buildkit/StageNameCasing',
    '# tally ignore=all',
  ])('%s silences that instruction alone', (comment) => {
    expect(fixedRuns('above', comment)).toBe('one');
    expect(fixedRuns('inside', comment)).toBe('one');
  });

  test.each([
    '# dockmend ignore=other reason=fix-it',
    '# dockmend ignore=fix',
    '# dockmend ignore=all',
    '# dockmend ignore=*',
    '# not dockmend ignore=fix-it',
    '# hadolint ignore=DL3008',
    '# check=skip=Other',
    '# check=error=true',
    '# trivy:ignore:DS-0018',
    '# trivy:ignore:DS-0001',
    '# tally ignore=hadolint/DL3008',
    '# tally ignore=DL3009',
    '# RUN bad two',
  ])('%s silences nothing', (comment) => {
    expect(fixedRuns('above', comment)).toBe('one two');
  });

  test('a blank line between them ends it', () => {
    expect(fixedRuns('apart', '# dockmend ignore=fix-it')).toBe('one two');
  });

  test('a rule of a tool that the transform does not answer silences nothing', () => {
    for (const comment of ['# hadolint ignore=DL3009', '# kics-scan ignore-line', '# check=skip=all']) {
      expect(fixedRuns('above', comment, [transform])).toBe('one two');
    }
  });
});

describe('for the whole file', () => {
  test.each([
    '# dockmend global ignore=fix-it reason=none',
    '# hadolint global ignore=DL3009',
    '# check=skip=StageNameCasing',
    '# check=skip=Other, StageNameCasing; error=true',
    '# check=skip=all',
    '# check=error=true;skip=StageNameCasing',
    '# checkov:skip=CKV_DOCKER_9:we know',
    '#checkov:skip=CKV_DOCKER_1,CKV_DOCKER_9',
    '# kics-scan disable=df746b39-6564-4fed-bf85-e9c44382303c',
    '# kics-scan ignore',
    '# tally global ignore=hadolint/DL3009',
  ])('%s at the top silences all', (comment) => {
    expect(fixedRuns('top', comment)).toBe('');
  });

  test('an ignore of ours at the top is about the first instruction alone', () => {
    expect(fixedRuns('top', '# dockmend ignore=fix-it')).toBe('one two');
  });

  test('a global one of ours further down is none', () => {
    expect(fixedRuns('above', '# dockmend global ignore=fix-it')).toBe('one two');
  });

  test('those of checkov and hadolint count anywhere', () => {
    expect(fixedRuns('above', '# checkov:skip=CKV_DOCKER_9')).toBe('');
    expect(fixedRuns('above', '# hadolint global ignore=DL3009')).toBe('');
  });
});

test('a comment above any instruction that a fix would change silences the fix', () => {
  const both = {
    ...answering,
    *find({ file }: Parameters<typeof answering.find>[0]) {
      const [, first, second] = file.instructions;
      yield {
        span: first!.span,
        message: 'both',
        fix: {
          title: 'Change both',
          safety: 'safe' as const,
          evidence: ['text' as const],
          edits: [{ start: first!.span.end, end: first!.span.end, text: ' x' }],
          changes: { edits: [1], removes: [second!.index] },
        },
      };
    },
  };
  const { suppressed, applied } = fix('FROM a\nRUN a\n# dockmend ignore=fix-it\nRUN b\n', { transforms: [both] });
  expect([suppressed, applied.length]).toEqual([1, 0]);
});
