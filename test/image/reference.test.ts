import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  canonicalText,
  familiarText,
  type ImageReference,
  isDigest,
  isTag,
  normalize,
  parseReference,
  type ReferenceFault,
  referenceFaultText,
  registryHost,
  withDigest,
  withoutDigest,
  withTag,
} from '../../src/image/index.ts';

const hex = '0b494b544e3692b60881ae305ab29203d45e0a3fd9397dd1d5721c34cadbaf51';
const digest = `sha256:${hex}`;
const other = `sha256:${hex.replaceAll('0', '1')}`;

function parsed(text: string): ImageReference {
  const result = parseReference(text);
  if (!result.ok) throw new Error(`${text}: ${result.reason}`);
  return result.reference;
}

function reason(text: string): ReferenceFault | undefined {
  const result = parseReference(text);
  return result.ok ? undefined : result.reason;
}

describe('parts as written', () => {
  test('46: a port belongs to a registry only where a path follows, an upper-case first component is a host', () => {
    expect(parsed('host:5000/x')).toMatchObject({ domain: 'host:5000', path: 'x', repository: 'host:5000/x' });
    expect(parsed('host:5000/x').tag).toBeUndefined();
    expect(parsed('x:5000')).toMatchObject({ domain: '', path: 'x', tag: '5000' });
    expect(parsed('Uppercase/x')).toMatchObject({ domain: 'Uppercase', path: 'x' });
    expect(parsed('org/x')).toMatchObject({ domain: '', path: 'org/x' });
    expect(parsed('localhost/x')).toMatchObject({ domain: 'localhost', path: 'x' });
    expect(parsed('localhost')).toMatchObject({ domain: '', path: 'localhost' });
  });

  test('46: Docker Hub goes by two names and is answered by a third', () => {
    for (const text of ['node', 'docker.io/node', 'index.docker.io/node', 'index.docker.io/library/node']) {
      const canonical = normalize(parsed(text));
      expect(canonicalText(canonical)).toBe('docker.io/library/node:latest');
      expect(familiarText(canonical)).toBe('node:latest');
      expect(registryHost(parsed(text).domain)).toBe('registry-1.docker.io');
    }
    expect(registryHost('ghcr.io')).toBe('ghcr.io');
    expect(registryHost('localhost:5000')).toBe('localhost:5000');
  });

  test('47: a nested name under library/ is not shortened', () => {
    const canonical = normalize(parsed('docker.io/library/library/x:1'));
    expect(canonicalText(canonical)).toBe('docker.io/library/library/x:1');
    expect(familiarText(canonical)).toBe('library/library/x:1');
    expect(canonicalText(normalize(parsed(familiarText(canonical))))).toBe(canonicalText(canonical));
  });

  test('48: a short name means Docker Hub, as Docker has it, never another registry', () => {
    expect(normalize(parsed('fedora')).domain).toBe('docker.io');
    expect(normalize(parsed('org/app')).domain).toBe('docker.io');
  });

  test('37: the short spelling stays what it was', () => {
    expect(withDigest('golang', parsed('golang'), digest)).toBe(`golang@${digest}`);
    expect(withDigest('golang:1.22', parsed('golang:1.22'), digest)).toBe(`golang:1.22@${digest}`);
  });

  test('spans hold the name, the tag without its colon and the digest without its @', () => {
    const text = `host:5000/a/b:1.2@${digest}`;
    const { spans, ...reference } = parsed(text);
    expect(reference).toEqual({ domain: 'host:5000', path: 'a/b', repository: 'host:5000/a/b', tag: '1.2', digest });
    expect(text.slice(spans.name.start, spans.name.end)).toBe('host:5000/a/b');
    expect(text.slice(spans.tag?.start, spans.tag?.end)).toBe('1.2');
    expect(text.slice(spans.digest?.start, spans.digest?.end)).toBe(digest);
  });
});

describe('refusals', () => {
  test('41: sha512 and unknown algorithms are told apart from malformed digests', () => {
    expect(reason(`x@sha512:${hex}${hex}`)).toBe('digest-unsupported');
    expect(reason(`x@blake3+b:${hex}`)).toBe('digest-unsupported');
    expect(reason('x@nonsense')).toBe('digest-format');
    expect(reason(`x@:${hex}`)).toBe('digest-format');
    expect(reason(`x@a..b:${hex}`)).toBe('digest-format');
  });

  test('42: truncated and upper-case digests are invalid', () => {
    expect(reason(`x:1@sha256:${hex.slice(1)}`)).toBe('digest-length');
    expect(reason('x:1@sha256:abc')).toBe('digest-length');
    expect(reason('x:1@sha256:')).toBe('digest-length');
    expect(reason(`x:1@sha256:${hex.toUpperCase()}`)).toBe('digest-uppercase');
    expect(reason(`x@${digest}@${digest}`)).toBe('digest-length');
  });

  test.each([
    ['', 'empty'],
    [' ', 'format'],
    ['x:', 'format'],
    ['x:-a', 'format'],
    ['x::1', 'format'],
    [`x:${'a'.repeat(129)}`, 'format'],
    ['/x', 'format'],
    ['x/', 'format'],
    ['./x', 'format'],
    ['docker-image://x', 'format'],
    ['{{base}}', 'format'],
    ['foo_bar.com/x', 'format'],
    ['foo.com:/x', 'format'],
    ['a.b:c/x', 'format'],
    ['[::1]', 'format'],
    ['Image', 'uppercase'],
    ['org/Image', 'uppercase'],
    [hex, 'identifier'],
    ['a'.repeat(255), 'too-long'],
    ['é', 'format'],
    ['x\n', 'format'],
  ] satisfies [string, ReferenceFault][])('%j is refused: %s', (text, fault) => {
    expect(reason(text)).toBe(fault);
    expect(referenceFaultText(fault)).not.toBe('');
  });

  test('248 characters and `library/` are too long by one', () => {
    expect(reason('a'.repeat(247))).toBeUndefined();
    expect(reason('a'.repeat(248))).toBe('too-long');
  });

  test('long inputs cost linear time', () => {
    for (const piece of ['a.', 'a-', 'a_', 'a/', 'A.', '-', ':', '@', 'a__', '[']) {
      const text = piece.repeat(200_000);
      expect(parseReference(text).ok).toBe(false);
      expect(parseReference(`${text}/x@sha256:${text}`).ok).toBe(false);
    }
  });
});

const domains = fc.constantFrom('', 'docker.io/', 'ghcr.io/', 'localhost:5000/', '[::1]:80/', 'Host/', '10.0.0.1/');
const paths = fc
  .array(fc.constantFrom('a', 'b2', 'a-b', 'a--b', 'a__b', 'c_d', 'library'), { minLength: 1, maxLength: 4 })
  .map((parts) => parts.join('/'));
const tags = fc.constantFrom('', ':1', ':1.2-alpine', ':_x', ':Latest');

describe('round trips', () => {
  test('a digest put in and taken out leaves the text', () => {
    fc.assert(
      fc.property(domains, paths, tags, (domain, path, tag) => {
        const text = domain + path + tag;
        const pinned = withDigest(text, parsed(text), digest);
        expect(pinned).toBe(`${text}@${digest}`);
        expect(withoutDigest(pinned, parsed(pinned))).toBe(text);
        expect(withDigest(pinned, parsed(pinned), other)).toBe(`${text}@${other}`);
        expect(withDigest(pinned, parsed(pinned), digest)).toBe(pinned);
        expect(withTag(pinned, parsed(pinned), '9')).toBe(`${domain}${path}:9@${digest}`);
      }),
    );
  });

  test('the canonical and the familiar spelling mean the same', () => {
    fc.assert(
      fc.property(domains, paths, tags, fc.boolean(), (domain, path, tag, pinned) => {
        const canonical = normalize(parsed(domain + path + tag + (pinned ? `@${digest}` : '')));
        expect(normalize(parsed(canonicalText(canonical)))).toEqual(canonical);
        expect(normalize(parsed(familiarText(canonical)))).toEqual(canonical);
      }),
    );
  });

  test('nothing crashes, and the parts make up the text', () => {
    const pieces = fc.constantFrom(
      'a',
      'A',
      '.',
      '-',
      '_',
      '/',
      ':',
      '@',
      '[',
      ']',
      '0',
      'sha256',
      hex,
      digest,
      '%',
      ' ',
    );
    fc.assert(
      fc.property(fc.array(pieces, { maxLength: 12 }), (list) => {
        const text = list.join('');
        const result = parseReference(text);
        if (!result.ok) return;
        const { repository, tag, digest: pin } = result.reference;
        expect(repository + (tag === undefined ? '' : `:${tag}`) + (pin === undefined ? '' : `@${pin}`)).toBe(text);
        if (tag !== undefined) expect(isTag(tag)).toBe(true);
        if (pin !== undefined) expect(isDigest(pin)).toBe(true);
      }),
      { numRuns: 2000 },
    );
  });
});
