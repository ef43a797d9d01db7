import { setTimeout as sleep } from 'node:timers/promises';
import { type Checked, type Checks, check, stop } from './container-checks.ts';
import { type Answer, askScript, commandWords, httpProbe, readAnswer, withoutVariance } from './probe.ts';
import type { Rights, Runner } from './runner.ts';

/** How containers are run and asked. */
export interface RunSettings {
  /** `http://:8080/health`: asked until it answers. */
  readonly probe?: string;
  /** A command that is run in the container, its words as a shell would split them. */
  readonly command?: string;
  /** How long a container may take to answer, in milliseconds; a result may take twice as long. */
  readonly wait?: number;
  /** With a read-only root; what the unchanged image writes to is then in memory. */
  readonly readOnly?: boolean;
  /** Variables of the container: `NAME=value`, or `NAME` for the environment's. */
  readonly env?: readonly string[];
  /** Files of variables, in the format of `docker run --env-file`. */
  readonly envFiles?: readonly string[];
  /** The network that the container joins, as `docker run --network` takes it; none if absent. */
  readonly network?: string;
}

/** What a container did. */
export interface Observation {
  /** Why it did not start; absent where it did. */
  readonly fault?: string;
  readonly running: boolean;
  readonly exitCode: number;
  /** Lines without what differs from run to run. */
  readonly stdout: readonly string[];
  readonly stderr: readonly string[];
  /** Of the probe; undefined where none was asked for, or nothing answered. */
  readonly answer?: Answer;
  readonly command?: { readonly code: number | undefined; readonly output: string };
  /** Absolute paths that were written. */
  readonly written: readonly string[];
  /** How long it was watched, in milliseconds; a container that ended was watched until then. */
  readonly watched?: number;
  /** What else was tried. */
  readonly checked?: Checked;
}

/** How long a container may take to answer where nobody says otherwise, in milliseconds. */
export const defaultWait = 15_000;
const interval = 250;
/** How long one that has answered is watched, in milliseconds. */
const settled = 1000;
/** A container that prints nothing for so long has started, as far as can be seen, in milliseconds. */
const quiet = 2000;

/** Starts an image, waits until it has answered, ended or come to rest, notes what it did, and removes the container. */
export async function runImage(
  runner: Runner,
  image: string,
  rights: Rights,
  settings: RunSettings,
  checks?: Checks,
): Promise<Observation> {
  const http = settings.probe === undefined ? undefined : httpProbe(settings.probe);
  const words = settings.command === undefined ? undefined : commandWords(settings.command);
  const { name, fault } = await runner.start(image, rights, http?.port);
  try {
    if (fault !== undefined) return { fault, running: false, exitCode: 125, stdout: [], stderr: [], written: [] };
    const begun = performance.now();
    const until = begun + (checks?.wait ?? settings.wait ?? defaultWait);
    let answer: Answer | undefined;
    let command: Observation['command'];
    let printed = '';
    let since = performance.now();
    let state = await runner.state(name);
    while (state.running && performance.now() < until) {
      await sleep(interval);
      if (http && !(answer && answer.status < 500)) {
        const exit = await runner.inNetwork(name, http.port, (at) => [process.execPath, '-e', askScript, http.url(at)]);
        answer = (exit && readAnswer(exit.stdout, runner.redact)) ?? answer;
      }
      if (words && command?.code !== 0) {
        const { code, stdout } = await runner.exec(name, words);
        command = { code, output: withoutVariance(stdout) };
      }
      const { stdout, stderr } = await runner.logs(name);
      if (stdout + stderr !== printed) {
        printed = stdout + stderr;
        since = performance.now();
      }
      state = await runner.state(name);
      const asked = (!http || (answer && answer.status < 500)) && (!words || command?.code === 0);
      if (asked && (http || words || performance.now() - since > quiet)) break;
    }
    // A program may answer, and die of it.
    if (state.running && (http || words)) {
      await sleep(settled);
      state = await runner.state(name);
    }
    let checked: Checked | undefined;
    if (state.running && checks) {
      checked = await check(runner, name, checks, until);
      state = await runner.state(name);
    }
    const left = begun + (checks?.watch ?? 0) - performance.now();
    if (state.running && left > 0) {
      await sleep(left);
      state = await runner.state(name);
    }
    const watched = performance.now() - begun;
    const { stdout, stderr } = await runner.logs(name);
    const written = await runner.written(name);
    if (state.running && checks?.stop) checked = { ...checked, ...(await stop(runner, name, checks.stop)) };
    return {
      running: state.running,
      exitCode: state.exitCode,
      stdout: linesOf(stdout),
      stderr: linesOf(stderr),
      ...(answer && { answer }),
      ...(command && { command }),
      written,
      watched,
      ...(checked && { checked }),
    };
  } finally {
    await runner.remove(name);
  }
}

function linesOf(text: string): string[] {
  return withoutVariance(text)
    .split(/\r?\n/)
    .map((line) => line.trimEnd())
    .filter((line) => line !== '');
}

/** Whether a container did what it is for, as far as can be seen: it answered, kept running, or ended with success. */
export function works({ fault, running, exitCode, answer, command }: Observation, settings: RunSettings): boolean {
  if (fault !== undefined) return false;
  if (settings.probe !== undefined && !(answer && answer.status < 500)) return false;
  if (settings.command !== undefined && command?.code !== 0) return false;
  return running || exitCode === 0;
}
