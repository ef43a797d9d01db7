import { describe, expect, test } from 'vitest';
import { isDomain, isIdentifier, matchGrammar } from '../../src/image/grammar.ts';
import { effectiveText, familiarName, type ImageReference, normalize, parseReference } from '../../src/image/index.ts';
import { vectorJson } from '../support/registry-vectors.ts';

interface Vectors {
  parse: { input: string; repository?: string; domain?: string; tag?: string; digest?: string; err?: string }[];
  normalize_valid: string[];
  normalize_invalid: string[];
  remote_valid: string[];
  remote_invalid: string[];
  repository_info: Record<'RemoteName' | 'FamiliarName' | 'FullName' | 'AmbiguousName' | 'Domain', string>[];
  docker_ref: { name: string; input: string; expected: string }[];
  domain: { input: string; match: boolean }[];
  full_name: { input: string; match: boolean; subs?: [string, string] }[];
  reference: { input: string; match: boolean; subs?: [string, string, string] }[];
  identifier: { input: string; match: boolean }[];
}

const faults: Record<string, string> = {
  ErrNameEmpty: 'empty',
  ErrReferenceInvalidFormat: 'format',
  ErrNameContainsUppercase: 'uppercase',
  ErrNameTooLong: 'too-long',
  'digest.ErrDigestInvalidLength': 'digest-length',
  'digest.ErrDigestUnsupported': 'digest-unsupported',
};

const vectors = vectorJson<Vectors>('distribution-reference.json');

function parsed(text: string): ImageReference {
  const result = parseReference(text);
  if (!result.ok) throw new Error(`${text}: ${result.reason}`);
  return result.reference;
}

function parts(text: string): { name: string; domain: string; path: string; tag: string; digest: string } | string {
  const match = matchGrammar(text);
  if (typeof match === 'string') return match;
  const cut = (span?: { start: number; end: number }) => (span ? text.slice(span.start, span.end) : '');
  const { domain, path, name, tag, digest } = match;
  return { name: cut(name), domain, path, tag: cut(tag), digest: cut(digest) };
}

const short = (text: string) => (text.length > 60 ? `${text.slice(0, 60)}... (${text.length})` : text);

// Edge case 45 of references: the checks of the grammar's own project, 279 of them.
describe.skipIf(vectors === undefined)('45: distribution/reference', () => {
  const all = vectors ?? ({} as Partial<Vectors>);
  let checks = 0;
  const each = <T>(rows: readonly T[] | undefined, title: (row: T) => string, check: (row: T) => void) => {
    for (const [index, row] of (rows ?? []).entries()) {
      checks++;
      test(`${index + 1}: ${short(title(row))}`, () => check(row));
    }
  };

  describe('parse', () =>
    each(
      all.parse,
      (row) => row.input,
      (row) => {
        const found = parts(row.input);
        if (row.err !== undefined) {
          // A malformed digest is told apart from a malformed name here, which the original does not do.
          expect(found).toBe(faults[row.err]);
          expect(parseReference(row.input).ok).toBe(false);
          return;
        }
        const { repository, domain = '', tag = '', digest = '' } = row;
        expect(found).toMatchObject({ name: repository, domain, tag, digest });
      },
    ));
  describe('normalize', () => {
    each(
      [...(all.normalize_valid ?? []), ...(all.remote_valid ?? [])],
      (row) => row,
      (row) => expect(parseReference(row).ok).toBe(true),
    );
    each(
      [...(all.normalize_invalid ?? []), ...(all.remote_invalid ?? [])],
      (row) => row,
      (row) => expect(parseReference(row).ok).toBe(false),
    );
  });
  describe('repository info', () =>
    each(
      all.repository_info?.flatMap((row) =>
        [row.FamiliarName, row.FullName, row.AmbiguousName]
          .filter((text) => text !== '')
          .map((text) => ({ text, row })),
      ),
      ({ text }) => text,
      ({ text, row }) => {
        const canonical = normalize(parsed(text));
        expect(canonical.domain).toBe(row.Domain);
        expect(canonical.path).toBe(row.RemoteName);
        expect(`${canonical.domain}/${canonical.path}`).toBe(row.FullName);
        expect(familiarName(canonical)).toBe(row.FamiliarName);
      },
    ));
  describe('docker reference', () =>
    each(
      all.docker_ref,
      (row) => row.input,
      (row) => expect(effectiveText(normalize(parsed(row.input)))).toBe(row.expected),
    ));
  describe('domain', () =>
    each(
      all.domain,
      (row) => row.input,
      (row) => expect(isDomain(row.input)).toBe(row.match),
    ));
  describe('full name', () =>
    each(
      all.full_name,
      (row) => row.input,
      (row) => {
        const found = parts(row.input);
        const isName = typeof found !== 'string' && found.name === row.input;
        expect(isName).toBe(row.match);
        if (!row.subs) return;
        const [domain] = row.subs;
        // One expected path is an expression in the original and came out cut: the path is what follows the domain.
        expect(found).toMatchObject({ domain, path: domain === '' ? row.input : row.input.slice(domain.length + 1) });
        expect(row.input.endsWith(row.subs[1])).toBe(true);
      },
    ));
  describe('reference', () =>
    each(
      all.reference,
      (row) => row.input,
      (row) => {
        const found = parts(row.input);
        expect(typeof found !== 'string').toBe(row.match);
        if (row.subs) expect(found).toMatchObject({ name: row.subs[0], tag: row.subs[1], digest: row.subs[2] });
      },
    ));
  describe('identifier', () =>
    each(
      all.identifier,
      (row) => row.input,
      (row) => expect(isIdentifier(row.input)).toBe(row.match),
    ));

  test('all 279 are here', () => expect(checks).toBe(279));
});
