import { describe, expect, test } from 'vitest';
import { compareSteady } from '../../src/verify/compare-runs.ts';
import { withoutVariance } from '../../src/verify/probe.ts';
import type { Runner } from '../../src/verify/runner.ts';
import { Runs } from '../../src/verify/runs.ts';
import type { BuiltImage } from '../../src/verify/trial.ts';
import { imageWith } from '../support/proof-images.ts';

/** A container that can be asked after some milliseconds, prints lines at some, and may end by itself. */
interface Script {
  readonly ready: number;
  readonly ends?: number;
  /** The exit code of one that ends; 1 if absent. */
  readonly code?: number;
  readonly prints: readonly (readonly [at: number, line: string])[];
}

/** An engine whose containers do what is written down for them, in the order of their starts. */
class ScriptedRunner {
  readonly variables = [];
  readonly network = undefined;
  readonly disk = { folder: '/nowhere', name: 'no disk' };
  readonly #scripts: readonly Script[];
  readonly #begun: number[] = [];
  readonly #killed = new Set<string>();

  constructor(scripts: readonly Script[]) {
    this.#scripts = scripts;
  }

  get started(): number {
    return this.#begun.length;
  }

  async start() {
    return { name: String(this.#begun.push(performance.now()) - 1) };
  }

  async state(name: string) {
    const { ends = Number.POSITIVE_INFINITY, code = 1 } = this.#scripts[Number(name)]!;
    if (this.#age(name) >= ends) return { running: false, exitCode: code, pid: 0 };
    const isKilled = this.#killed.has(name);
    return { running: !isKilled, exitCode: isKilled ? 137 : 0, pid: 0 };
  }

  async exec(name: string) {
    return { code: this.#age(name) >= this.#scripts[Number(name)]!.ready ? 0 : 1, stdout: '', stderr: '' };
  }

  async logs(name: string) {
    const { prints } = this.#scripts[Number(name)]!;
    const lines = prints.filter(([at]) => this.#age(name) >= at).map(([, line]) => `${line}\n`);
    return { stdout: '', stderr: lines.join('') };
  }

  async ports() {
    return undefined;
  }

  async written() {
    return [];
  }

  async kill(name: string) {
    this.#killed.add(name);
  }

  async remove() {}

  #age(name: string): number {
    return performance.now() - this.#begun[Number(name)]!;
  }
}

describe('two containers are watched for the same time', () => {
  const image: BuiltImage = { name: 'x', image: imageWith({}), time: 0 };
  const quick: Script = { ready: 0, prints: [[1900, 'worker failed, and is started again']] };
  const slow: Script = { ...quick, ready: 1000 };
  const ending = (script: Script, last = ''): Script => ({ ...script, prints: [[1850, last]], ends: 1900 });

  test.concurrent.each<[string, readonly Script[], readonly string[]]>([
    ['what the original prints later is no difference', [quick, slow, quick], []],
    ['that the original ends later is none either', [ending(quick), ending(slow, 'gives up'), ending(quick)], []],
    [
      'what is said in its stead when both end is one',
      [ending(quick), ending(slow, 'permission denied'), ending(quick)],
      ['it prints now: permission denied'],
    ],
    [
      'that it does not end is one',
      [quick, ending(slow), quick],
      ['the container ends with 1, and the original keeps running'],
    ],
    [
      'what it does not print at all is one',
      [{ ...quick, prints: [] }, slow, { ...quick, prints: [] }],
      ['it prints now: worker failed, and is started again'],
    ],
  ])('%s', async (_name, scripts, expected) => {
    const runner = new ScriptedRunner(scripts);
    const runs = new Runs(runner as unknown as Runner, { command: 'ask' });
    expect(await runs.compare(image, { ...image, name: 'y' })).toEqual(expected);
    expect(runner.started).toBe(3);
  });

  test.concurrent('a result may take twice as long to answer', async () => {
    const readyAt = (ready: number): Script => ({ ready, prints: [] });
    const compare = (...scripts: Script[]) => {
      const runs = new Runs(new ScriptedRunner(scripts) as unknown as Runner, { command: 'ask', wait: 1000 });
      return runs.compare(image, { ...image, name: 'y' });
    };
    expect(await compare(readyAt(0), readyAt(1400))).toEqual([]);
    expect(await compare(readyAt(0), readyAt(9000), readyAt(0))).toEqual(['`ask` ends with 1, and did with 0']);
  });

  test.concurrent('that the original has ended well, and later fails as its result does, proves nothing', async () => {
    const ended = (ends: number, code: number): Script => ({ ready: 0, prints: [], ends, code });
    const runner = new ScriptedRunner([ended(100, 0), ended(100, 1), ended(700, 1)]);
    const compared = new Runs(runner as unknown as Runner, {}).compare(image, { ...image, name: 'y' });
    await expect(compared).rejects.toThrow(
      'nothing is proven: it worked before, and now the unchanged image ends with 1 here; perhaps no disk is full',
    );
  });
});

test('an answer with a number that is drawn each time counts in all else', () => {
  const said = (text: string) =>
    ({
      running: true,
      exitCode: 0,
      stdout: [],
      stderr: [],
      written: [],
      answer: { status: 200, type: '', location: '', body: text, text, beginning: '' },
    }) as const;
  const told = (text: string) =>
    compareSteady([said('<p n="1">hi'), said('<p n="2">hi')], said(text), { probe: 'http://:80/' });
  expect(told('<p n="3">hi')).toEqual([]);
  expect(told('<p n="3">ho')).toHaveLength(1);
  expect(told('<p n="3">hi you')).toHaveLength(1);
});

test('a day is a time, and a long line of days is read as soon as any other', () => {
  expect(withoutVariance('Mon, 01 Dec 2026 19:00:00 GMT')).toBe('<time>');
  // Each day looks for a time behind it: as far as the end of the line, that would take minutes.
  const days = 'Mon Tue '.repeat(40_000);
  expect(withoutVariance(days)).toBe(days);
});
