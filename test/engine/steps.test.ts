import { describe, expect, test } from 'vitest';
import { DockerfileSyntaxError } from '../../src/dockerfile/index.ts';
import { type AppliedFix, fix, fixKey, StepSession, tableFacts } from '../../src/engine/index.ts';
import type { Transform } from '../../src/transform/index.ts';
import { transforms as all } from '../../transforms/index.ts';
import { fixAt, planted, replacer } from '../support/planted.ts';

const start = (source: string, ...transforms: Transform[]): StepSession => new StepSession(source, { transforms });
const open = (session: StepSession): readonly AppliedFix[] => session.open(tableFacts);
const ids = (session: StepSession): string[] => open(session).map((each) => each.transform.id);
const first = (session: StepSession): AppliedFix => open(session)[0]!;

describe('a session step by step', () => {
  test('what is taken changes the text, and the rest is planned again on it', () => {
    const session = start('FROM a\nRUN one\n', replacer('first', 'one', 'two'), replacer('second', 'two', 'three'));
    expect(ids(session)).toEqual(['first']);
    expect(session.take(first(session))).toBeUndefined();
    expect(ids(session)).toEqual(['second']);
    session.take(first(session));
    const { output, applied, remaining } = session.result(tableFacts);
    expect(output).toBe('FROM a\nRUN three\n');
    expect(applied.map((each) => [each.transform.id, each.pass, each.origin.line])).toEqual([
      ['first', 1, 2],
      ['second', 2, 2],
    ]);
    expect(remaining).toEqual([]);
  });

  test('what is refused is not offered again, wherever other fixes move it, and stays among the remaining', () => {
    const session = start('FROM a\nRUN x one\n', replacer('one', 'one', 'two'), replacer('grows', 'x', 'longer'));
    session.refuse(first(session));
    expect(ids(session)).toEqual(['grows']);
    session.take(first(session));
    expect(ids(session)).toEqual([]);
    const { output, remaining } = session.result(tableFacts);
    expect(output).toBe('FROM a\nRUN longer one\n');
    expect(remaining.map((each) => each.transform.id)).toEqual(['one']);
  });

  test('the same fix at another place is another fix', () => {
    const session = start('FROM a\nRUN one\nRUN one\n', replacer('one', 'one', 'two'));
    session.refuse(first(session));
    session.take(first(session));
    expect(session.result(tableFacts).output).toBe('FROM a\nRUN one\nRUN two\n');
  });

  test('every step can be taken back', () => {
    const session = start('FROM a\nRUN one x\n', replacer('one', 'one', 'two'), replacer('x', 'x', 'y'));
    session.take(first(session));
    const mark = session.steps;
    session.refuse(first(session));
    expect(ids(session)).toEqual([]);
    session.undo(mark);
    expect(ids(session)).toEqual(['x']);
    session.undo(0);
    expect(session.file.source).toBe('FROM a\nRUN one x\n');
    expect(ids(session)).toEqual(['one', 'x']);
    expect(session.result(tableFacts).applied).toEqual([]);
  });

  test('a text that a person made is taken as it is, and planned on', () => {
    const session = start('FROM a\nRUN one\n', replacer('one', 'one', 'two'), replacer('three', 'three', 'four'));
    expect(() => session.takeText(first(session), 'RUN x\n\\')).not.toThrow();
    session.undo(0);
    expect(() => session.takeText(first(session), '')).toThrow(DockerfileSyntaxError);
    expect(session.steps).toBe(0);
    session.takeText(first(session), 'FROM a\n# ours\nRUN three\n');
    session.take(first(session));
    const { output, applied } = session.result(tableFacts);
    expect(output).toBe('FROM a\n# ours\nRUN four\n');
    expect(applied.map((each) => [each.transform.id, each.fix.evidence.length])).toEqual([
      ['one', 0],
      ['three', 1],
    ]);
    session.undo(1);
    expect(session.file.source).toBe('FROM a\n# ours\nRUN three\n');
  });

  test('a text left as it was is a refusal', () => {
    const session = start('FROM a\nRUN one\n', replacer('one', 'one', 'two'));
    session.takeText(first(session), 'FROM a\nRUN one\n');
    expect(ids(session)).toEqual([]);
  });

  test('a fix that breaks its promise is not taken, is closed, and is told', () => {
    const wrong = planted('wrong', function* (file) {
      const instruction = file.instructions[1]!;
      const { start: at } = instruction.span;
      yield fixAt(instruction, { edits: [{ start: at, end: at, text: 'RUN more\n' }] });
    });
    const session = start('FROM a\nRUN one\n', wrong, replacer('one', 'one', 'two'));
    expect(session.take(first(session))).toMatch(/number of instructions/);
    expect(ids(session)).toEqual(['one']);
    session.take(first(session));
    const { rejected, remaining } = session.result(tableFacts);
    expect(rejected.map((each) => [each.transform.id, each.why])).toEqual([
      ['wrong', 'the number of instructions is not the one promised'],
    ]);
    expect(remaining).toEqual([]);
  });

  test('a fix that would bring an earlier text back is not taken', () => {
    const session = start('FROM a\nRUN one\n', replacer('there', 'one', 'two'), replacer('back', 'two', 'one'));
    session.take(first(session));
    expect(session.take(first(session))).toBe('it would undo what was done before');
    expect(session.result(tableFacts).output).toBe('FROM a\nRUN two\n');
  });

  test('an answer becomes an option and plans again', () => {
    const asking: Transform = {
      ...replacer('asks', 'one', 'two'),
      options: { name: { type: 'string', default: 'app', summary: 'The name' } },
      *find({ file, options }) {
        const instruction = file.instructions[1]!;
        const at = file.source.indexOf('one');
        if (at === -1) return;
        const asks = [{ option: 'name', message: 'Name', default: 'app' }];
        yield fixAt(instruction, { edits: [{ start: at, end: at + 3, text: String(options.name) }], asks });
      },
    };
    const session = start('FROM a\nRUN one\n', asking);
    expect(first(session).fix.edits[0]!.text).toBe('app');
    session.answer(asking, { name: 'web' });
    expect(first(session).fix.edits[0]!.text).toBe('web');
    session.take(first(session));
    expect(session.file.source).toBe('FROM a\nRUN web\n');
    session.undo(0);
    expect(first(session).fix.edits[0]!.text).toBe('app');
  });

  test('to take every open fix leads to what a run with all of them gives', () => {
    const source = 'FROM debian:12\nRUN apt-get update\nRUN apt-get install curl\nWORKDIR app\nCMD service start\n';
    const session = new StepSession(source, { transforms: all });
    for (let fixes = open(session); fixes.length > 0; fixes = open(session)) session.take(fixes[0]!);
    const accept = all.map((each) => each.id);
    expect(session.result(tableFacts).output).toBe(
      fix(source, { transforms: all, choice: { safety: 'unsafe', accept } }).output,
    );
  });
});

describe('which findings count', () => {
  test('is asked with the places in the source, of the finding and of its edits', () => {
    const places: unknown[] = [];
    const options = {
      transforms: [replacer('grow', 'a', 'b\n#'), replacer('one', 'one', 'two')],
      concerns: ({ id }: Transform, at: readonly unknown[]) => {
        if (id === 'one') places.push(...at);
        return id === 'one';
      },
    };
    expect(fix('FROM a\nRUN one\n', options).output).toBe('FROM a\nRUN two\n');
    expect(places).toEqual([
      { line: 2, column: 1 },
      { line: 2, column: 5 },
    ]);
  });
});

describe('a fix that is taken out from among the others', () => {
  const one = replacer('one', 'one', 'two');
  const x = replacer('x', 'x', 'y');
  const doubt = { why: 'wrong', lines: ['seen'] };
  const taken = (source: string, ...transforms: Transform[]): StepSession => {
    const session = start(source, ...transforms);
    for (let fix = first(session); fix; fix = first(session)) session.take(fix);
    return session;
  };
  const doubts = (session: StepSession, id: string) =>
    new Map(
      session
        .result(tableFacts)
        .applied.filter((each) => each.transform.id === id)
        .map((each) => [fixKey(each), doubt]),
    );

  test('leaves the others, and waits for a decision', () => {
    const session = taken('FROM a\nRUN one\nRUN x\n', one, x);
    expect(session.withdraw(doubts(session, 'one'))).toEqual([]);
    expect(session.file.source).toBe('FROM a\nRUN one\nRUN y\n');
    expect(ids(session)).toEqual([]);
    expect(session.disputed()).toMatchObject([{ doubt, fix: { transform: { id: 'one' } } }]);
    expect(session.result(tableFacts)).toMatchObject({ remaining: [], rejected: [{ why: 'wrong', lines: ['seen'] }] });
  });

  test('may be kept all the same, at its place, and that may be undone', () => {
    const session = taken('FROM a\nRUN one\nRUN x\n', one, x);
    session.withdraw(doubts(session, 'one'));
    const mark = session.steps;
    session.keep(session.disputed()[0]!);
    expect(session.file.source).toBe('FROM a\nRUN two\nRUN y\n');
    expect(session.disputed()).toEqual([]);
    expect(session.result(tableFacts).rejected).toEqual([]);
    session.undo(mark);
    expect(session.file.source).toBe('FROM a\nRUN one\nRUN y\n');
    expect(session.disputed()).toHaveLength(1);
    session.dismiss(session.disputed()[0]!);
    expect(session.disputed()).toEqual([]);
    expect(ids(session)).toEqual([]);
  });

  test('takes with it what rests on it, which comes back with it', () => {
    const session = taken('FROM a\nRUN one\nRUN x\n', one, replacer('rests', 'two', 'three'), x);
    const lost = session.withdraw(doubts(session, 'one'));
    expect(lost.map((each) => each.transform.id)).toEqual(['rests']);
    expect(session.file.source).toBe('FROM a\nRUN one\nRUN y\n');
    session.keep(session.disputed()[0]!);
    expect(session.file.source).toBe('FROM a\nRUN three\nRUN y\n');
  });

  test('a text that a person wrote stays, unless it meets what is taken out', () => {
    const session = start('FROM a\nRUN one\nRUN x\nRUN end\n', one, x);
    session.take(first(session));
    session.takeText(first(session), 'FROM a\nRUN two\n# ours\nRUN z\nRUN end\n');
    expect(session.withdraw(doubts(session, 'one'))).toEqual([]);
    expect(session.file.source).toBe('FROM a\nRUN one\n# ours\nRUN z\nRUN end\n');
    session.keep(session.disputed()[0]!);
    const other = start('FROM a\nRUN one x\n', one, x);
    other.take(first(other));
    other.takeText(first(other), 'FROM a\nRUN 2 y\n');
    expect(other.withdraw(doubts(other, 'one'))).toHaveLength(1);
    expect(other.file.source).toBe('FROM a\nRUN one x\n');
  });

  test('a text that a person wrote may itself be taken out, kept, and written again', () => {
    const session = start('FROM a\nRUN one\n', one);
    session.takeText(first(session), 'FROM a\nRUN 2\n');
    session.withdraw(doubts(session, 'one'));
    expect(session.file.source).toBe('FROM a\nRUN one\n');
    expect(ids(session)).toEqual([]);
    const [disputed] = session.disputed();
    expect(session.textWith(disputed!)).toBe('FROM a\nRUN 2\n');
    const mark = session.steps;
    session.keep(disputed!);
    expect(session.file.source).toBe('FROM a\nRUN 2\n');
    session.undo(mark);
    session.takeTextOf(disputed!, 'FROM a\nRUN 3\n');
    expect(session.file.source).toBe('FROM a\nRUN 3\n');
    expect(session.disputed()).toEqual([]);
    expect(ids(session)).toEqual([]);
  });

  test('a planner gives the same text for all, and plans with some of them alone', () => {
    const session = start('FROM a\nRUN one\nRUN x\nRUN last\n', one, x, replacer('last', 'last', 'late'));
    session.take(first(session));
    session.take(first(session));
    const plan = session.planner(first(session));
    session.undo(0);
    expect(plan().output).toBe('FROM a\nRUN two\nRUN y\nRUN late\n');
    const keys = plan().applied.map(fixKey);
    expect(plan(new Set(keys.slice(1))).output).toBe('FROM a\nRUN one\nRUN y\nRUN late\n');
    expect(plan(new Set()).output).toBe(session.file.source);
  });

  test('answers stay when others are taken out', () => {
    const asking: Transform = {
      ...planted('set', function* () {}),
      options: { name: { type: 'string', default: 'app', summary: '' } },
      *find({ file, options }) {
        for (const each of file.instructions) {
          const at = file.source.indexOf('NAME', each.span.start);
          if (at === -1 || at > each.span.end) continue;
          yield fixAt(each, { edits: [{ start: at, end: at + 4, text: String(options.name) }] });
        }
      },
    };
    const session = start('FROM a\nRUN one\nRUN NAME\n', one, asking);
    session.take(first(session));
    open(session);
    session.answer(asking, { name: 'web' });
    session.take(first(session));
    session.withdraw(doubts(session, 'one'));
    expect(session.file.source).toBe('FROM a\nRUN one\nRUN web\n');
  });
});
