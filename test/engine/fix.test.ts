import { describe, expect, test } from 'vitest';
import { type Dockerfile, DockerfileSyntaxError, type Instruction } from '../../src/dockerfile/index.ts';
import { removeInstruction, type TextEdit } from '../../src/edit/index.ts';
import { type Choice, type FixResult, FixSession, fix, tableFacts, UnstableFixError } from '../../src/engine/index.ts';
import type { ContextFacts, Fix, Transform } from '../../src/transform/index.ts';
import { fixAt, planted, replacer } from '../support/planted.ts';

const run = (source: string, ...transforms: Transform[]): FixResult => fix(source, { transforms });
/** A transform that proposes one fix while a text stands in the file. */
function once(
  id: string,
  needle: string,
  make: (file: Dockerfile, at: number, instruction: Instruction) => Partial<Fix> & Pick<Fix, 'edits'>,
): Transform {
  return planted(id, function* (file) {
    const at = file.source.indexOf(needle);
    const instruction = file.instructions.find((each) => each.extent.start <= at && at < each.extent.end);
    if (at !== -1 && instruction) yield fixAt(instruction, make(file, at, instruction));
  });
}
const replace = (at: number, length: number, text: string): TextEdit => ({ start: at, end: at + length, text });

describe('choosing', () => {
  test('fixes of one pass do not touch; the others wait for the next', () => {
    const { output, applied } = run(
      'FROM a\nRUN one\n',
      replacer('first', 'one', 'two'),
      replacer('second', 'two', 'three'),
    );
    expect(output).toBe('FROM a\nRUN three\n');
    expect(applied.map((each) => [each.transform.id, each.pass])).toEqual([
      ['first', 1],
      ['second', 2],
    ]);
  });

  test('the order of the list decides between fixes of one place, then the position', () => {
    const x = replacer('x', 'one', 'x');
    const y = replacer('y', 'one', 'y');
    expect(run('FROM a\nRUN one\n', x, y).output).toBe('FROM a\nRUN x\n');
    expect(run('FROM a\nRUN one\n', y, x).output).toBe('FROM a\nRUN y\n');
  });

  test('a guard keeps others from what a fix relies on in its pass', () => {
    const guarded = once('guarded', 'old', (_, at, { span }) => ({ edits: [replace(at, 3, 'new')], guards: [span] }));
    const { applied } = run('FROM a\nRUN old x\n', guarded, replacer('other', 'x', 'y'));
    expect(applied.map((each) => [each.transform.id, each.pass])).toEqual([
      ['guarded', 1],
      ['other', 2],
    ]);
    const reversed = run('FROM a\nRUN old x\n', replacer('other', 'x', 'y'), guarded);
    expect(reversed.applied.map((each) => [each.transform.id, each.pass])).toEqual([
      ['other', 1],
      ['guarded', 2],
    ]);
  });

  test('a fix that remakes its stage keeps its text from those behind it, even while it waits', () => {
    const remakes = once('remakes', 'old', (file, at) => ({
      edits: [replace(at, 3, 'new')],
      guards: file.instructions.slice(1).map((each) => each.span),
      remakes: true,
    }));
    const source = 'FROM a\nRUN old\nRUN x\nRUN z\n';
    const { output, applied } = run(source, replacer('before', 'z', 'y'), remakes, replacer('behind', 'x', 'w'));
    expect(output).toBe('FROM a\nRUN new\nRUN w\nRUN y\n');
    expect(applied.map((each) => [each.transform.id, each.pass])).toEqual([
      ['before', 1],
      ['remakes', 2],
      ['behind', 3],
    ]);
  });

  test('guards of two fixes may share a text', () => {
    const both = ['one', 'two'].map((word) =>
      once(word, word, (file, at) => ({
        edits: [replace(at, 3, word.toUpperCase())],
        guards: [file.instructions[0]!.span],
      })),
    );
    expect(run('FROM a\nRUN one two\n', ...both).applied.map((each) => each.pass)).toEqual([1, 1]);
  });

  test('an instruction that one fix removes is not edited by another in the same pass', () => {
    const remover = once('remover', 'USER x', (file, _, instruction) => ({
      edits: [removeInstruction(file, instruction)!],
      changes: { edits: [], removes: [instruction.index] },
    }));
    const editor = once('editor', 'USER x', (_, at) => ({ edits: [replace(at + 5, 1, 'y')] }));
    expect(run('FROM a\nUSER x\nRUN b\n', remover, editor).applied.map((each) => each.transform.id)).toEqual([
      'remover',
    ]);
    expect(run('FROM a\nUSER x\nRUN b\n', editor, remover).output).toBe('FROM a\nUSER y\nRUN b\n');
  });

  test('two fixes that add instructions at one place take turns', () => {
    const adder = (id: string, line: string): Transform =>
      planted(id, function* (file) {
        if (file.source.includes(line)) return;
        const end = file.source.length;
        const edits = [{ start: end, end, text: `${line}\n` }];
        const adds = [{ before: file.instructions.length, keyword: 'USER' }];
        yield fixAt(file.instructions[0]!, { edits, changes: { edits: [], adds } });
      });
    const { output, applied } = run('FROM a\n', adder('one', 'USER one'), adder('two', 'USER two'));
    expect(output).toBe('FROM a\nUSER one\nUSER two\n');
    expect(applied.map((each) => each.pass)).toEqual([1, 2]);
  });

  test('the edits of a fix are applied together or not at all', () => {
    const pair = planted('pair', function* (file) {
      if (!file.source.includes('left')) return;
      const edits = ['left', 'right'].map((word) => replace(file.source.indexOf(word), word.length, word[0]!));
      yield fixAt(file.instructions[1]!, { edits, changes: { edits: [1, 2] } });
    });
    const blocker = replacer('blocker', 'right', 'wrong');
    expect(run('FROM a\nRUN left\nRUN right\n', pair).output).toBe('FROM a\nRUN l\nRUN r\n');
    // The blocker takes one half of it away; the other half must not be applied alone.
    const vanishing: Transform = {
      ...pair,
      find: (input) => (input.file.source.includes('right') ? pair.find(input) : []),
    };
    expect(run('FROM a\nRUN left\nRUN right\n', blocker, vanishing).output).toBe('FROM a\nRUN left\nRUN wrong\n');
  });
});

describe('safety', () => {
  const of = (safety: Fix['safety']): Transform =>
    once(safety, 'old', (_, at) => ({ edits: [replace(at, 3, 'new')], safety }));
  test.each([
    ['safe', { safety: 'safe' as const }, true],
    ['unsafe', { safety: 'safe' as const }, false],
    ['unsafe', { safety: 'unsafe' as const }, true],
    ['manual', { safety: 'unsafe' as const }, false],
    ['manual', { safety: 'safe' as const, accept: ['manual'] }, true],
    ['unsafe', { safety: 'safe' as const, accept: ['other'] }, false],
  ] as const)('a %s fix under %j', (safety, choice, applied) => {
    const result = fix('FROM a\nRUN old\n', { transforms: [of(safety)], choice });
    expect(result.output.includes('new')).toBe(applied);
    expect(result.remaining.length).toBe(applied ? 0 : 1);
  });

  test('refusals and reports remain, with their places', () => {
    const talker = planted('talker', function* (file) {
      yield { span: file.instructions[1]!.span, message: 'no', skipped: 'shell-opaque' };
      yield { span: file.instructions[2]!.span, message: 'well', report: true };
    });
    const { remaining } = run('FROM a\nRUN b\n  RUN c\n', talker);
    expect(remaining.map(({ line, column, instruction }) => [line, column, instruction])).toEqual([
      [2, 1, 1],
      [3, 3, 2],
    ]);
  });
});

describe('fixes that break a promise are rejected, and nothing of them is written', () => {
  const source = '# syntax=x\nFROM a\nRUN old \\\n  # keep me\n  && b\nUSER c\nRUN cat <<E\nold heredoc\nE\n';
  const edit = (needle: string, text: string): TextEdit => replace(source.indexOf(needle), needle.length, text);
  const wrong = (edits: readonly TextEdit[], changes: Fix['changes'] = { edits: [1] }): Transform =>
    planted('wrong', function* (file) {
      if (file.source === source) yield fixAt(file.instructions[1]!, { edits, changes });
    });
  test.each<[string, Transform, RegExp]>([
    ['the result is no Dockerfile', wrong([edit('USER c', 'ENV c')], { edits: [2] }), /cannot be read/],
    ['edits overlap', wrong([edit('old', 'x'), edit('old \\', 'y')]), /cannot be read: edits overlap/],
    ['an instruction more', wrong([edit('USER c', 'USER c\nUSER d')], { edits: [2] }), /number of instructions/],
    ['an instruction less', wrong([edit('USER c\n', '')], { edits: [2] }), /number of instructions/],
    ['an instruction swallowed', wrong([edit('&& b\n', '&& b \\\n')]), /number of instructions/],
    ['another keyword', wrong([edit('USER c', 'WORKDIR c')], { edits: [2] }), /WORKDIR stands where USER/],
    [
      'a keyword that was not promised',
      wrong([edit('USER c', 'LABEL c=d')], { edits: [], becomes: [{ index: 2, keyword: 'EXPOSE' }] }),
      /LABEL stands/,
    ],
    ['an instruction that it does not name', wrong([edit('USER c', 'USER d')]), /USER changed, unpromised/],
    ['a heredoc that it does not name', wrong([edit('old heredoc', 'new heredoc')]), /RUN changed, unpromised/],
    ['a comment is lost', wrong([edit('  # keep me\n', '')]), /comment would be lost/],
    ['a comment is changed', wrong([edit('# keep me', '# kept')]), /comment would be lost/],
    ['a directive changes', wrong([edit('# syntax=x', '# syntax=y')]), /directive changed/],
    ['a directive becomes a comment', wrong([edit('# syntax=x', '#\n# syntax=x')]), /directive changed/],
    ['the shell text breaks', wrong([edit('old', "'old")]), /no longer be read/],
    [
      'it becomes exec form',
      wrong([edit('old \\\n  # keep me\n  && b', '["old", \\\n  # keep me\n  "b"]')]),
      /no longer be read/,
    ],
    ['it gets a heredoc', wrong([edit('&& b', '&& b <<E\nE')]), /no longer be read/],
  ])('%s', (_, transform, why) => {
    const { output, applied, rejected, remaining } = run(source, transform);
    expect(output).toBe(source);
    expect(applied).toEqual([]);
    expect(remaining).toEqual([]);
    expect(rejected.map((each) => each.why)).toEqual([expect.stringMatching(why)]);
  });

  test('the parsers must agree as before', () => {
    const { rejected } = run(
      'FROM a\nRUN x\nRUN y\n',
      once('wrong', 'RUN x', (_, at) => ({ edits: [replace(at + 4, 1, 'echo "a <<EOF b"')] })),
    );
    expect(rejected.map((each) => each.why)).toEqual(['the parsers no longer agree on RUN']);
  });

  test('an opaque instruction is neither edited nor removed', () => {
    const opaque = 'FROM a\nRUN cat << E\nold\nE\nNOPE old\n';
    for (const needle of ['cat', 'NOPE']) {
      const editor = once('wrong', needle, (_, at) => ({ edits: [replace(at, needle.length, 'other')] }));
      expect(run(opaque, editor).output).toBe(opaque);
      expect(run(opaque, editor).rejected.length).toBe(1);
    }
    const remover = once('wrong', 'NOPE', (file, _, instruction) => ({
      edits: [removeInstruction(file, instruction)!],
      changes: { edits: [], removes: [instruction.index] },
    }));
    expect(run(opaque, remover)).toMatchObject({ output: opaque, rejected: [{ why: expect.any(String) }] });
  });

  test('a wrong fix does not take right ones of its pass along', () => {
    const good = [replacer('good', 'b', 'c'), replacer('late', 'd', 'e')];
    const { output, applied, rejected } = run(
      'FROM a\nRUN b\nRUN d\nUSER x\n',
      good[0]!,
      once('wrong', 'USER x', (_, at) => ({ edits: [replace(at, 6, '')] })),
      good[1]!,
    );
    expect(output).toBe('FROM a\nRUN c\nRUN e\nUSER x\n');
    expect(applied.map((each) => each.transform.id)).toEqual(['good', 'late']);
    expect(rejected.map((each) => each.transform.id)).toEqual(['wrong']);
  });

  test('a rejected fix is tried again in the next pass, and reported once', () => {
    const source = 'FROM a\nRUN x && y\n';
    const first = once('first', 'x', (_, at) => ({ edits: [replace(at, 1, '"x')] }));
    const { output, rejected, remaining } = run(source, first, replacer('second', 'y', 'z'));
    expect([output, rejected.length, remaining.length]).toEqual(['FROM a\nRUN x && z\n', 1, 0]);
  });

  test('promises that are kept are no breach', () => {
    const { output, rejected } = run(
      source,
      wrong([edit('# syntax=x', '# syntax=y'), edit('USER c', 'LABEL c=d')], {
        edits: [2],
        becomes: [{ index: 2, keyword: 'LABEL' }],
        directives: true,
      }),
    );
    expect(rejected).toEqual([]);
    expect(output).toContain('# syntax=y');
    expect(output).toContain('LABEL c=d');
  });
});

describe('fixpoint', () => {
  test('two transforms that undo each other are an error that names them', () => {
    const there = replacer('there', 'old', 'new');
    const back = replacer('back', 'new', 'old');
    expect(() => run('FROM a\nRUN old\n', there, back)).toThrow(UnstableFixError);
    try {
      run('FROM a\nRUN old\n', there, back);
    } catch (error) {
      expect((error as UnstableFixError).message).toMatch(/^the same text came back; .* back$/);
      expect((error as UnstableFixError).transforms).toEqual(['back']);
    }
  });

  test('a transform that never comes to rest is an error after ten passes', () => {
    expect(() => run('FROM a\nRUN o\n', replacer('grows', 'o', 'oo'))).toThrow(/still changing after ten passes/);
  });

  test('nine passes are no error', () => {
    const steps = Array.from({ length: 9 }, (_, index) => replacer(`step${index}`, `s${index} `, `s${index + 1} `));
    expect(run('FROM a\nRUN s0 x\n', ...steps).output).toBe('FROM a\nRUN s9 x\n');
  });

  test('a second run changes nothing', () => {
    const transforms = [replacer('one', 'a b', 'a  b'), replacer('two', 'old', 'new')];
    const first = run('FROM x\nRUN a b old\n', ...transforms);
    expect(first.output).not.toBe(first.source);
    const second = run(first.output, ...transforms);
    expect([second.output, second.applied]).toEqual([first.output, []]);
  });

  test('without a fix the text is the same, byte for byte', () => {
    for (const source of ['\ufeffFROM a\r\nRUN b \\\r\n\r\n  c', 'from a\n\n\n', '# escape=`\nFROM a\nRUN b `\n']) {
      expect(run(source, replacer('none', 'zzz', 'y')).output).toBe(source);
    }
  });

  test('a text that cannot be read is DockerfileSyntaxError', () => {
    expect(() => run('')).toThrow(DockerfileSyntaxError);
  });
});

describe('fixes of files beside the Dockerfile', () => {
  const source = 'FROM a\nRUN one\n';
  /** A transform that wants a file to have a text, after another text. */
  const writer = (id: string, path: string, before: string | undefined, after: string): Transform =>
    planted(id, function* (file) {
      const files = [{ path, before, after }];
      yield fixAt(file.instructions[0]!, { edits: [], files, changes: { edits: [] } });
    });

  test('are made once, and are not left over', () => {
    const { applied, remaining, files, output } = run(source, writer('x', 'f', undefined, 'new\n'));
    expect(applied.map((each) => each.pass)).toEqual([1]);
    expect([remaining, output]).toEqual([[], source]);
    expect(files).toEqual([{ path: 'f', before: undefined, after: 'new\n' }]);
  });

  test('go together with fixes of the text, and with those of other files', () => {
    const { applied, files, output } = run(
      source,
      writer('x', 'f', undefined, 'f\n'),
      replacer('y', 'one', 'two'),
      writer('z', 'g', 'old\n', 'g\n'),
    );
    expect(applied.map((each) => each.pass)).toEqual([1, 1, 1]);
    expect([output, files.map(({ path }) => path)]).toEqual(['FROM a\nRUN two\n', ['f', 'g']]);
  });

  test('a comment that silences the whole file silences them', () => {
    const { applied, suppressed } = run(`# dockmend global ignore=x\n${source}`, writer('x', 'f', undefined, 'new\n'));
    expect([applied, suppressed]).toEqual([[], 1]);
  });
});

describe('files beside the Dockerfile', () => {
  const contextWith = (text: string | undefined): ContextFacts =>
    ({
      ignore: { path: '.dockerignore', text: text ?? '', exists: text !== undefined },
      withIgnore: contextWith,
    }) as unknown as ContextFacts;
  const facts = { ...tableFacts, context: () => contextWith(undefined) };
  /** Appends a line to the ignore file where it is missing. */
  const ignores = (id: string, line: string): Transform => {
    const transform = planted(id, () => []);
    return {
      ...transform,
      *find({ file, facts }) {
        const { text, path, exists } = (facts.context() as ContextFacts).ignore;
        if (text.split('\n').includes(line)) return;
        const files = [{ path, before: exists ? text : undefined, after: `${text}${line}\n` }];
        yield fixAt(file.instructions[0]!, { edits: [], files });
      },
    };
  };

  test('are seen by the next pass as they will be, and are done then', () => {
    const { files, applied } = fix('FROM a\n', { transforms: [ignores('one', '.git'), ignores('two', 'dist')], facts });
    expect(files).toEqual([{ path: '.dockerignore', before: undefined, after: '.git\ndist\n' }]);
    expect(applied.map((each) => [each.transform.id, each.pass])).toEqual([
      ['one', 1],
      ['two', 2],
    ]);
  });

  test('that undo each other are an error', () => {
    const flip = ignores('flip', 'x');
    const flop: Transform = {
      ...flip,
      id: 'flop',
      *find({ file, facts }) {
        const { text } = (facts.context() as ContextFacts).ignore;
        if (text !== '') {
          yield fixAt(file.instructions[0]!, {
            edits: [],
            files: [{ path: '.dockerignore', before: text, after: '' }],
          });
        }
      },
    };
    expect(() => fix('FROM a\n', { transforms: [flip, flop], facts })).toThrow(UnstableFixError);
  });
});

describe('needs', () => {
  test('downloads are wanted only where the fix that needs them may be applied', () => {
    const url = 'https://example.com/a-1.0';
    const needy = (id: string, safety: 'safe' | 'unsafe' | 'manual'): Transform => {
      const transform = planted(id, function* () {});
      return { ...transform, meta: { ...transform.meta, safety }, needs: () => ({ downloads: [`${url}-${id}`] }) };
    };
    const transforms = [needy('a', 'safe'), needy('b', 'unsafe'), needy('c', 'manual')];
    const wanted = (choice: Choice) => new FixSession('FROM a\n', { transforms, choice }).needs().downloads;
    expect(wanted({ safety: 'safe' })).toEqual([`${url}-a`]);
    expect(wanted({ safety: 'unsafe' })).toEqual([`${url}-a`, `${url}-b`]);
    expect(wanted({ safety: 'safe', accept: ['c'] })).toEqual([`${url}-a`, `${url}-c`]);
  });
});
