import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { compiled } from '../support/compiled.ts';
import { FakeForge } from '../support/forge-fake.ts';
import { describeWithParts, temporaryFolder } from '../support/parts.ts';

let folder: ReturnType<typeof temporaryFolder>;
let temporary: string;
let work: string;
beforeEach(() => {
  folder = temporaryFolder();
  [temporary, work] = [join(folder.path, 'tmp'), join(folder.path, 'work')];
  for (const each of [temporary, work]) mkdirSync(each);
});
afterEach(() => folder.remove());

function start(words: readonly string[], environment: Readonly<Record<string, string>> = {}): ChildProcess {
  const env = { ...process.env, TMPDIR: temporary, ...environment };
  return spawn(process.execPath, [compiled('test/support/command.ts'), ...words], {
    cwd: work,
    env,
    stdio: ['pipe', 'ignore', 'ignore'],
  });
}

/** Ends a child, once something lies in a folder, and gives the signal that ended it. */
async function endedBy(child: ChildProcess, signal: NodeJS.Signals, begun: () => boolean) {
  const ended = new Promise((done) => child.once('exit', (_, by) => done(by)));
  for (let tries = 0; tries < 2000 && !begun(); tries++) await sleep(20);
  expect(begun()).toBe(true);
  child.kill(signal);
  return ended;
}

const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

describe('a command that is ended leaves nothing', () => {
  test.each(signals)('of a report: %s', async (signal) => {
    // It waits for the text.
    const child = start(['-', '--offline', '--report', 'report.html']);
    expect(await endedBy(child, signal, () => readdirSync(work).length > 0)).toBe(signal);
    expect(readdirSync(work)).toEqual([]);
    expect(readdirSync(temporary)).toEqual([]);
  });
});

describeWithParts('`dockmend pr` that is ended leaves nothing', ['git'], () => {
  test.each(['SIGINT', 'SIGTERM'] as const)('%s', async (signal) => {
    const forge = await FakeForge.start('gitlab');
    const files = { Dockerfile: 'FROM debian:12\nWORKDIR app\n' };
    const repository = forge.repository('acme/app', files);
    let asked = false;
    let answer: (() => void) | undefined;
    forge.hook = async ({ method, isGit }) => {
      if (method !== 'POST' || isGit) return undefined;
      asked = true;
      await new Promise<void>((done) => {
        answer = done;
      });
      return { status: 500 };
    };
    const words = ['pr', '--url', forge.url, '--forge', forge.kind, '--offline', '--repo', 'acme/app'];
    const child = start(words, { DOCKMEND_TOKEN: forge.token });
    expect(await endedBy(child, signal, () => asked)).toBe(signal);
    expect(readdirSync(temporary)).toEqual([]);
    expect(repository.pulls).toEqual([]);
    answer?.();
    await forge.stop();
  });
});

test('at the normal end, and after an error, nothing is left either', async () => {
  for (const [text, code] of [
    ['FROM debian:12\nWORKDIR app\n', 0],
    ['FROM debian:12\nRUN <<END\n', 2],
  ] as const) {
    writeFileSync(join(work, 'Dockerfile'), text);
    const child = start(['--offline', '--write', '--report', 'report.json']);
    expect(await new Promise((done) => child.once('exit', done))).toBe(code);
    expect(readdirSync(work).sort()).toEqual(['Dockerfile', 'report.json']);
    expect(readdirSync(temporary)).toEqual([]);
  }
});
