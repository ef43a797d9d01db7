import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { hashOf, marked, readMarked } from '../../src/bot/body.ts';
import { block, code, inert, inertPlain } from '../../src/bot/markdown.ts';
import { readSeal, sealed } from '../../src/bot/seal.ts';

describe('126 inert', () => {
  test.each([
    ['@torvalds look', '@\u200btorvalds look'],
    ['see #12, GH-3 and acme/app#4', 'see #\u200b12, GH\u200b-3 and acme/app#\u200b4'],
    ['https://example.org/x', 'https:\u200b//example.org/x'],
    ['www.example.org', 'www\u200b.example.org'],
    ['<img src=x> [a](b) *c*', '\\<img src=x\\> \\[a\\](b) \\*c\\*'],
    ['deadbeef1', 'deadbee\u200bf1'],
    ['`node:22@sha256` stays', '`node:22@sha256` stays'],
  ])('%s', (text, expected) => {
    expect(inert(text)).toBe(expected);
  });

  test('code holds any text', () => {
    expect(code('a `b` c')).toBe('``a `b` c``');
    expect(code('`a')).toBe('`` `a ``');
    expect(block('```\nx\n```')).toBe('````\n```\nx\n```\n````');
    fc.assert(
      fc.property(fc.stringMatching(/^[`a@ ]{1,12}$/), (text) => {
        const runs = code(text).match(/`+/g)!;
        // No run inside is as long as the fence, so that nothing ends it early.
        expect(runs.slice(1, -1).every((run) => run.length < runs[0]!.length)).toBe(true);
      }),
    );
  });

  test('a commit message closes no issue and names nobody', () => {
    expect(inertPlain('fixes #12 for @jane, node@sha256:x')).toBe('fixes #\u200b12 for @\u200bjane, node@sha256:x');
  });
});

describe('what the bot knows again', () => {
  const mark = { group: 'pins', fixes: 3 };

  test('a body with its mark, as forges give it back', () => {
    const text = marked('Title', 'One\n\ntwo', mark);
    for (const given of [text, text.replaceAll('\n', '\r\n'), text.trimEnd()]) {
      const read = readMarked(given);
      expect(read.mark).toEqual({ ...mark, title: hashOf('Title'), body: hashOf('One\n\ntwo') });
      expect(hashOf(read.body)).toBe(read.mark!.body);
    }
    expect(hashOf(readMarked(text.replace('two', 'three')).body)).not.toBe(readMarked(text).mark!.body);
    expect(readMarked('by hand')).toEqual({ body: 'by hand', mark: undefined });
    expect(readMarked('x\n<!-- dockmend {broken} -->').mark).toBe(undefined);
  });

  const facts = { tree: 'a'.repeat(40), parents: ['b'.repeat(40)], email: 'bot@example.org' };
  const object = (
    message: string,
    head: Partial<Record<'tree' | 'parent' | 'author' | 'committer', string>> = {},
  ): string =>
    `tree ${head.tree ?? facts.tree}\nparent ${head.parent ?? facts.parents[0]}\n` +
    `author bot <${head.author ?? facts.email}> 1 +0000\ncommitter bot <${head.committer ?? facts.email}> 1 +0000\n\n${message}`;

  test('a sealed commit, and what breaks the seal', () => {
    const changes = '0123456789abcdef';
    const message = sealed('Subject\n\nBody', changes, facts);
    expect(readSeal(object(message))).toEqual({ changes });
    expect(readSeal(object(message.replace('Body', 'Bodies')))).toBe(undefined);
    expect(readSeal(object(message, { tree: 'c'.repeat(40) }))).toBe(undefined);
    expect(readSeal(object(message, { parent: 'c'.repeat(40) }))).toBe(undefined);
    expect(readSeal(object(message, { committer: 'jane@example.org' }))).toBe(undefined);
    expect(readSeal(object(message, { author: 'j@e.org', committer: 'j@e.org' }))).toBe(undefined);
    expect(readSeal(object(message.replace(changes, 'f'.repeat(16))))).toBe(undefined);
    expect(readSeal(object('Subject'))).toBe(undefined);
    expect(readSeal('junk')).toBe(undefined);
  });
});
