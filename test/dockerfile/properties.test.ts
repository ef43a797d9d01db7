import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { differences, disputedInstructions } from '../../src/dockerfile/guard.ts';
import { Dockerfile, DockerfileSyntaxError } from '../../src/dockerfile/index.ts';
import { applyEdits } from '../../src/edit/index.ts';
import { allOr, noteOf, sampled } from '../support/sampled.ts';
import { corpusFiles, shared, sharedMissing } from '../support/shared.ts';

const tries = noteOf('most tries');

const pieces = [
  'FROM a',
  'from b as c',
  'RUN x',
  'RUN --mount=type=cache,target="/a b" y',
  'COPY <<A <<-"B" /d',
  'ADD a b',
  'CMD ["a", "b c"]',
  'ENV A=b C="d e"',
  'ENV old form  here',
  'LABEL "k"="v"',
  'ARG X=1 Y',
  'ONBUILD RUN z',
  'HEALTHCHECK --interval=1s CMD ["q"]',
  'SHELL ["bash", "-c"]',
  'NOPE n',
  '# syntax=x',
  '# escape=`',
  '# escape=\\',
  '# check=skip=all',
  '# comment',
  '#',
  'A',
  'B',
  '\tB',
  '<<A',
  '<< A',
  '&& y',
  '$X ${X:-1} ${',
  '\\',
  '`',
  '\\\\',
  '"',
  "'",
  '[',
  ']',
  ' ',
  '  ',
  '\t',
  '\n',
  '\r\n',
  '\r',
  '\f',
  '\v',
  '\u00a0',
  '\u0085',
  '\u2028',
  '\ufeff',
  'é',
  '😀',
  '\ud83d',
  ' \\\n',
  ' \\\n  ',
  ' `\n',
  ' \\\r\n',
  ' \\ \t\n',
  '\n# inner\n',
  '\n\n',
];
/** Texts of an alphabet in which every rule of the parser has a say. */
const dockerfileText = fc
  .array(fc.oneof({ weight: 9, arbitrary: fc.constantFrom(...pieces) }, fc.string({ maxLength: 4, unit: 'binary' })), {
    maxLength: 40,
  })
  .map((parts) => parts.join(''));
/** The same with lines that are mostly whole instructions, so that more of them are read. */
const linesText = fc
  .array(fc.oneof(fc.constantFrom(...pieces.slice(0, 24)), dockerfileText), { maxLength: 15 })
  .map((lines) => `FROM a\n${lines.join('\n')}`);
const anyText = fc.oneof(dockerfileText, linesText);

function read(source: string): Dockerfile | undefined {
  try {
    return new Dockerfile(source);
  } catch (error) {
    if (error instanceof DockerfileSyntaxError) return undefined;
    throw error;
  }
}

/** What must hold for every file that is read; the first thing that does not. */
function broken(file: Dockerfile): string | undefined {
  const { source } = file;
  let lastEnd = 0;
  for (const each of file.instructions) {
    const { logical, span, extent } = each;
    if (extent.start < lastEnd) return `${each.keyword}: lines overlap those before`;
    lastEnd = extent.end;
    if (span.start < extent.start || span.end > extent.end) return `${each.keyword}: span outside its lines`;
    let at = 0;
    let from = 0;
    for (const segment of logical.segments) {
      if (segment.logical !== at || segment.source < from) return `${each.keyword}: segments do not tile`;
      const piece = source.slice(segment.source, segment.source + segment.length);
      if (piece !== logical.text.slice(at, at + segment.length)) return `${each.keyword}: a segment differs`;
      if (segment.source < extent.start || segment.source + segment.length > extent.end) return 'a segment outside';
      at += segment.length;
      from = segment.source + segment.length;
    }
    if (at !== logical.text.length) return `${each.keyword}: segments end early`;
    for (let offset = 0; offset < logical.text.length; offset++) {
      if (source[logical.toSource(offset, 'start')] !== logical.text[offset]) return 'a character maps elsewhere';
      if (source[logical.toSource(offset + 1, 'end') - 1] !== logical.text[offset]) return 'an end maps elsewhere';
      if (logical.fromSource(logical.toSource(offset, 'start')) === undefined) return 'no way back';
    }
    const clauses = each.onbuild ? [each, each.onbuild] : [each];
    for (const clause of clauses) {
      const { start, keywordEnd, argsStart, argsEnd } = clause;
      if (logical.text.slice(start, keywordEnd).toUpperCase() !== clause.keyword) return 'keyword outside its place';
      if (!(start <= keywordEnd && keywordEnd <= argsStart && argsStart <= argsEnd)) return 'arguments out of order';
      for (const word of file.words(each, clause)) {
        if (word.start < argsStart || word.end > argsEnd || word.start >= word.end) return 'a word outside';
      }
      for (const flag of clause.flags) {
        if (!logical.text.slice(flag.start, flag.end).startsWith('-')) return 'a flag elsewhere';
      }
    }
    for (const comment of each.comments) {
      if (source.slice(comment.start, comment.end) !== comment.text || !comment.text.startsWith('#')) return 'comment';
      if (comment.start < extent.start || comment.end > extent.end) return 'a comment outside its instruction';
    }
    for (const { content, terminator } of each.heredocs) {
      if (content.end > terminator.start || terminator.end > extent.end) return 'a heredoc outside its instruction';
    }
  }
  for (const comment of file.comments) {
    if (source.slice(comment.start, comment.end) !== comment.text) return 'a comment elsewhere';
  }
  return undefined;
}

const shape = (file: Dockerfile): unknown =>
  file.instructions.map(({ keyword, logical, span, json, flags, heredocs, opaque }) => ({
    keyword,
    text: logical.text,
    span,
    json,
    flags,
    heredocs,
    opaque,
  }));

describe(`any text${tries}`, () => {
  test('is read, with every character in its place, or fails with DockerfileSyntaxError', () => {
    let accepted = 0;
    fc.assert(
      fc.property(anyText, (source) => {
        const file = read(source);
        if (!file) return;
        accepted++;
        expect(broken(file)).toBeUndefined();
      }),
      { numRuns: allOr(4000, 1000) },
    );
    expect(accepted).toBeGreaterThan(allOr(500, 125));
  });

  test('is read the same way again, and in a prefix up to a line between instructions', () => {
    fc.assert(
      fc.property(anyText, fc.nat(), (source, pick) => {
        const file = read(source);
        if (!file) return;
        expect(shape(new Dockerfile(source))).toEqual(shape(file));
        const last = file.instructions[pick % file.instructions.length]!;
        const head = read(source.slice(0, last.extent.end));
        const expected = file.instructions.slice(0, last.index + 1).map((each) => each.logical.text);
        expect(head?.instructions.map((each) => each.logical.text)).toEqual(expected);
      }),
      { numRuns: allOr(1000, 250) },
    );
  });

  test('with a BOM, with CRLF or with blanks at line ends reads the same', () => {
    const texts = (source: string): string[] | undefined => read(source)?.instructions.map((each) => each.logical.text);
    fc.assert(
      fc.property(anyText, (source) => {
        if (source.includes('\r') || source.includes('\ufeff') || !read(source)) return;
        expect(texts(`\ufeff${source}`)).toEqual(texts(source));
        expect(texts(source.replaceAll('\n', '\r\n'))).toEqual(texts(source));
      }),
      { numRuns: allOr(1000, 250) },
    );
  });

  test('an inserted comment line inside a continued instruction changes no logical text', () => {
    fc.assert(
      fc.property(linesText, fc.nat(), (source, pick) => {
        const file = read(source);
        if (!file) return;
        const gaps = file.instructions.flatMap((each) =>
          each.logical.segments.slice(1).map((segment) => file.lines.lineStart(file.lines.lineAt(segment.source))),
        );
        if (gaps.length === 0) return;
        const at = gaps[pick % gaps.length]!;
        const commented = applyEdits(source, [{ start: at, end: at, text: '  # note\n' }]);
        expect(new Dockerfile(commented).instructions.map((each) => each.logical.text)).toEqual(
          file.instructions.map((each) => each.logical.text),
        );
      }),
      { numRuns: allOr(1000, 250) },
    );
  });
});

/** A text with one stretch of it replaced. */
const edited = fc.tuple(anyText, fc.nat(), fc.nat(30), dockerfileText).map(([source, start, length, text]) => {
  const at = start % (source.length + 1);
  return { before: source, after: source.slice(0, at) + text + source.slice(at + length) };
});

test(`a text read with the one that it was made from is read as it is alone${tries}`, () => {
  let disputed = 0;
  fc.assert(
    fc.property(edited, ({ before, after }) => {
      const [earlier, alone] = [read(before), read(after)];
      if (!earlier || !alone) return;
      const opaque = alone.instructions.map((each) => each.opaque);
      expect(new Dockerfile(after, earlier).instructions.map((each) => each.opaque)).toEqual(opaque);
      if (opaque.includes(true)) disputed++;
    }),
    { numRuns: allOr(5000, 1000) },
  );
  expect(disputed).toBeGreaterThan(allOr(100, 20));
});

const corpus = sampled(shared ? corpusFiles() : [], 5);

describe(`the guard’s short cut${tries}`, () => {
  /** The disputes that it finds, and those between the whole text and all nodes. */
  const compared = (source: string): [number[], number[]] | undefined => {
    const file = read(source);
    if (!file) return undefined;
    const { instructions } = file;
    const whole = { text: source, places: instructions.map((each) => each.span) };
    return [[...disputedInstructions(source, instructions)], [...differences(whole, instructions)]];
  };

  test('finds what the long way does', () => {
    fc.assert(
      fc.property(anyText, (source) => {
        const both = compared(source);
        if (both) expect(both[0]).toEqual(both[1]);
      }),
      { numRuns: allOr(5000, 1000) },
    );
  });

  test.skipIf(!shared)(`on every file of the corpus too${sharedMissing || corpus.note}`, () => {
    const wrong = corpus.items.filter(({ source }) => {
      const both = compared(source);
      return both && JSON.stringify(both[0]) !== JSON.stringify(both[1]);
    });
    expect(wrong.map((each) => each.path)).toEqual([]);
  });
});

describe.skipIf(!shared)(`every file of the corpus${sharedMissing || corpus.note}`, () => {
  test('has every character in its place', () => {
    const wrong = corpus.items.flatMap(({ path, source }) => {
      const file = read(source);
      const why = file && broken(file);
      return why ? [`${path}: ${why}`] : [];
    });
    expect(wrong).toEqual([]);
  });
});
