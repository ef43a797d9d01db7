import { describe, expect, test } from 'vitest';
import { Dockerfile, DockerfileSyntaxError, type Instruction, type Scan, scan } from '../../src/dockerfile/index.ts';
import {
  applyEdits,
  indentAt,
  insertAfter,
  insertBefore,
  insertLinesAbove,
  insertLinesBelow,
  removeInstruction,
  removeToken,
  replaceRange,
  type TextEdit,
} from '../../src/edit/index.ts';
import { parseShell, visitCommands } from '../../src/shell/index.ts';
import { allOr, sampled } from '../support/sampled.ts';
import { corpusFiles, shared, sharedMissing } from '../support/shared.ts';

/** The logical offsets of a text in the last instruction of a file, and its neighbours at blanks. */
function tokenIn(source: string, token: string) {
  const file = new Dockerfile(source);
  const instruction = file.instructions[0]!;
  const { text } = instruction.logical;
  const start = text.indexOf(token);
  const end = start + token.length;
  const previousEnd = text.slice(0, start).trimEnd().length;
  const after = /\S/.exec(text.slice(end));
  return { file, instruction, removal: { previousEnd, start, end, next: after ? end + after.index : undefined } };
}

describe('removeToken', () => {
  const without = (source: string, token: string): string | undefined => {
    const { instruction, removal } = tokenIn(source, token);
    const edit = removeToken(instruction, removal);
    return edit && applyEdits(source, [edit]);
  };
  test.each([
    ['in a line', 'RUN apk add git curl\n', 'git', 'RUN apk add curl\n'],
    ['the last of a line', 'RUN apk add git curl\n', 'curl', 'RUN apk add git\n'],
    ['on a line of its own', 'RUN apk add \\\n  git \\\n  curl\n', 'git', 'RUN apk add \\\n  curl\n'],
    ['on the last line', 'RUN apk add \\\n  git \\\n  curl\nUSER x\n', 'curl', 'RUN apk add \\\n  git\nUSER x\n'],
    ['before a comment', 'RUN a git \\\n  # why\n  curl\n', 'git', 'RUN a \\\n  # why\n  curl\n'],
    ['after a comment', 'RUN a \\\n  # why\n  git \\\n  curl\n', 'git', 'RUN a \\\n  # why\n  curl\n'],
    ['last, after a comment', 'RUN a \\\n  # why\n  git\n', 'git', undefined],
    ['between two comments', 'RUN a \\\n  # why\n  git \\\n  # how\n  curl\n', 'git', undefined],
    ['spread over lines', 'RUN a "b \\\n  c" d\n', '"b   c"', undefined],
    ['with CRLF', 'RUN a \\\r\n  git \\\r\n  curl\r\n', 'git', 'RUN a \\\r\n  curl\r\n'],
  ])('%s', (_, source, token, expected) => {
    expect(without(source, token)).toBe(expected);
  });
});

describe('replaceRange, insertAfter, insertBefore', () => {
  test('stand before the escape and at the start of the next line', () => {
    const { instruction, removal } = tokenIn('RUN a \\\n  git \\\n  curl\n', 'curl');
    const source = 'RUN a \\\n  git \\\n  curl\n';
    const apply = (edit: TextEdit): string => applyEdits(source, [edit]);
    expect(apply(insertAfter(instruction, removal.previousEnd, ' -y'))).toBe('RUN a \\\n  git -y \\\n  curl\n');
    expect(apply(insertBefore(instruction, removal.start, '-y '))).toBe('RUN a \\\n  git \\\n  -y curl\n');
    expect(apply(insertAfter(instruction, removal.end, ' && b'))).toBe('RUN a \\\n  git \\\n  curl && b\n');
  });

  test('a range over two lines is not replaced', () => {
    const { instruction, removal } = tokenIn('RUN "a \\\n  b"\n', '"a   b"');
    expect(replaceRange(instruction, removal.start, removal.end, 'x')).toBeUndefined();
    expect(replaceRange(instruction, removal.start, removal.start + 2, 'x')).toEqual({ start: 4, end: 6, text: 'x' });
  });
});

describe('whole instructions', () => {
  const second = (source: string): [Dockerfile, Instruction] => {
    const file = new Dockerfile(source);
    return [file, file.instructions[1]!];
  };
  test.each([
    ['in the middle', 'FROM a\n# c\nRUN b \\\n  c\nRUN d\n', 'FROM a\n# c\nRUN d\n'],
    ['at the end', 'FROM a\nRUN b\n', 'FROM a\n'],
    ['at the end without a line ending', 'FROM a\nRUN b', 'FROM a'],
    ['with CRLF', 'FROM a\r\nRUN b\r\nRUN c\r\n', 'FROM a\r\nRUN c\r\n'],
    ['with CRLF at the end', 'FROM a\r\nRUN b', 'FROM a'],
    ['with a heredoc', 'FROM a\nRUN <<E\nx\nE\nRUN c\n', 'FROM a\nRUN c\n'],
    ['a comment inside keeps it', 'FROM a\nRUN b \\\n # c\n c\n', undefined],
  ])('removed %s', (_, source, expected) => {
    const edit = removeInstruction(...second(source));
    expect(edit && applyEdits(source, [edit])).toBe(expected);
  });

  test('lines above and below, with the line ending of the file', () => {
    const source = 'FROM a\r\n# c\r\n  RUN b';
    const [file, instruction] = second(source);
    expect(applyEdits(source, [insertLinesAbove(file, instruction, ['USER x', 'USER y'])])).toBe(
      'FROM a\r\n# c\r\nUSER x\r\nUSER y\r\n  RUN b',
    );
    expect(applyEdits(source, [insertLinesBelow(file, instruction, ['USER x'])!])).toBe(`${source}\r\nUSER x`);
    expect(indentAt(file, instruction.span.start)).toBe('  ');
  });

  test('below a dangling continuation nothing is added', () => {
    for (const source of ['FROM a\nRUN b \\\n', 'FROM a\nRUN b \\', 'FROM a\nRUN b \\\n# c\n']) {
      expect(insertLinesBelow(...second(source), ['USER x'])).toBeUndefined();
    }
  });
});

const corpus = sampled(shared ? corpusFiles() : [], 6);

describe.skipIf(!shared)(`on every RUN of the corpus${sharedMissing || corpus.note}`, () => {
  interface Change {
    readonly instruction: Instruction;
    /** What is to become of the logical text: [start, end) becomes text. */
    readonly start: number;
    readonly end: number;
    readonly text: string;
    readonly edit: TextEdit;
  }

  /** Every simple command's words with the ends of the words before and the starts of those after. */
  function* tokens(file: Dockerfile) {
    for (const instruction of file.instructions) {
      if (instruction.keyword !== 'RUN' || instruction.json || instruction.heredocs.length > 0) continue;
      const { argsStart } = instruction;
      const script = parseShell(file.args(instruction));
      if (!script.tiled) continue;
      const found: { instruction: Instruction; removal: Parameters<typeof removeToken>[1] }[] = [];
      visitCommands(script, ({ words }) => {
        words.forEach((word, index) => {
          const previous = words[index - 1];
          if (!previous) return;
          const next = words[index + 1]?.start;
          found.push({
            instruction,
            removal: {
              previousEnd: previous.end + argsStart,
              start: word.start + argsStart,
              end: word.end + argsStart,
              next: next === undefined ? undefined : next + argsStart,
            },
          });
        });
      });
      yield* found;
    }
  }

  const files = corpus.items.flatMap(({ path, source }) => {
    try {
      return [{ path, file: new Dockerfile(source) }];
    } catch (error) {
      if (error instanceof DockerfileSyntaxError) return [];
      throw error;
    }
  });
  const many = allOr(10_000, 1_500);

  const commentsOf = (each: Scan): string =>
    [...new Set([...each.comments, ...each.instructions.flatMap((one) => one.comments)])]
      .sort((a, b) => a.start - b.start)
      .map((comment) => comment.text)
      .join('\n');

  /** Applies changes of one file at once; what differs from the same changes of the logical texts. */
  function differs(file: Dockerfile, changes: readonly Change[]): string | undefined {
    const wanted = file.instructions.map((instruction) =>
      changes
        .filter((change) => change.instruction === instruction)
        .sort((a, b) => b.start - a.start)
        .reduce(
          (text, { start, end, text: put }) => text.slice(0, start) + put + text.slice(end),
          instruction.logical.text,
        ),
    );
    const output = applyEdits(
      file.source,
      changes.map((change) => change.edit),
    );
    const after = scan(output);
    const found = after.instructions.map((instruction) => instruction.logical.text);
    const at = wanted.findIndex((text, index) => text.trimEnd() !== found[index]?.trimEnd());
    if (at !== -1) return `${JSON.stringify(found[at])} not ${JSON.stringify(wanted[at])}`;
    if (found.length !== wanted.length) return 'another number of instructions';
    if (commentsOf(after) !== commentsOf(file)) return 'comments changed';
    return undefined;
  }

  /** Changes by `make` for every k-th token, so that no two touch, k times. */
  function run(make: (token: { instruction: Instruction; removal: Parameters<typeof removeToken>[1] }) => Change[]) {
    let changed = 0;
    let refused = 0;
    const wrong: string[] = [];
    for (const { path, file } of files) {
      const all = [...tokens(file)];
      for (const half of [0, 1]) {
        const ends = new Map<Instruction, number>();
        const changes = all.flatMap((token, index) => {
          if (index % 2 !== half) return [];
          const made = make(token);
          if (made.length === 0) refused++;
          return made.filter((change) => {
            // Words of nested commands lie inside those of outer ones.
            if (change.edit.start < (ends.get(change.instruction) ?? 0)) return false;
            ends.set(change.instruction, change.edit.end + 1);
            return true;
          });
        });
        changed += changes.length;
        const why = differs(file, changes);
        if (why !== undefined) wrong.push(`${path}: ${why}`);
      }
    }
    return { changed, refused, wrong };
  }

  test('removing a token at the source is removing it in the logical text, comments kept', () => {
    const { changed, refused, wrong } = run(({ instruction, removal }) => {
      const edit = removeToken(instruction, removal);
      if (!edit) return [];
      const before = edit.end === instruction.logical.toSource(removal.end, 'end');
      const [start, end] = before ? [removal.previousEnd, removal.end] : [removal.start, removal.next!];
      return [{ instruction, start, end, text: '', edit }];
    });
    expect(wrong).toEqual([]);
    expect(changed).toBeGreaterThan(many);
    expect(refused).toBeLessThan(changed / 20);
  });

  test('inserting after and before a token is inserting in the logical text', () => {
    for (const side of ['after', 'before'] as const) {
      const { changed, wrong } = run(({ instruction, removal }) => {
        const at = side === 'after' ? removal.end : removal.start;
        const text = side === 'after' ? ' -y' : '-y ';
        const edit = side === 'after' ? insertAfter(instruction, at, text) : insertBefore(instruction, at, text);
        return [{ instruction, start: at, end: at, text, edit }];
      });
      expect(wrong).toEqual([]);
      expect(changed).toBeGreaterThan(many);
    }
  });

  test('replacing a token is replacing it in the logical text', () => {
    const { changed, refused, wrong } = run(({ instruction, removal: { start, end } }) => {
      const edit = replaceRange(instruction, start, end, 'new');
      return edit ? [{ instruction, start, end, text: 'new', edit }] : [];
    });
    expect(wrong).toEqual([]);
    expect(changed).toBeGreaterThan(many);
    expect(refused).toBeLessThan(changed / 20);
  });

  test('removing an instruction leaves the others as they are', () => {
    const wrong: string[] = [];
    for (const { path, file } of files) {
      for (const instruction of file.instructions.filter((_, index) => index % 7 === 1)) {
        const edit = removeInstruction(file, instruction);
        if (!edit || file.instructions.length === 1) continue;
        const after = scan(applyEdits(file.source, [edit]));
        const texts = (each: Scan): string[] => each.instructions.map((one) => one.logical.text.trimEnd());
        const wanted = texts(file).filter((_, index) => index !== instruction.index);
        if (JSON.stringify(texts(after)) !== JSON.stringify(wanted)) wrong.push(`${path}:${instruction.startLine}`);
        if (commentsOf(after) !== commentsOf(file)) wrong.push(`${path}:${instruction.startLine} comments`);
      }
    }
    expect(wrong).toEqual([]);
  });
});
