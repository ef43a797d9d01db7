import type { Checked } from './container-checks.ts';
import type { Observation, RunSettings } from './run-image.ts';

const shownLines = 6;

/** In what a container behaves differently, a line each; empty where it does not. */
export function compareObservations(before: Observation, after: Observation, settings: RunSettings): string[] {
  const output = (): string[] => [...after.stdout, ...after.stderr].slice(-shownLines).map((line) => `  ${line}`);
  if (after.fault !== undefined && before.fault === undefined) return [`the container does not start: ${after.fault}`];
  if (before.running !== after.running || (!before.running && before.exitCode !== after.exitCode)) {
    return [`the container ${endOf(after)}, and the original ${endOf(before)}`, ...output()];
  }
  const found: string[] = [];
  if (settings.probe !== undefined) found.push(...compareAnswers(before, after, settings.probe));
  if (settings.command !== undefined) {
    const [was, is] = [before.command, after.command];
    if (was?.code !== is?.code) found.push(`\`${settings.command}\` ends with ${is?.code}, and did with ${was?.code}`);
    else if (was?.output !== is?.output) found.push(`\`${settings.command}\` prints something else`);
  }
  found.push(...compareChecks(before.checked, after.checked));
  // A server says other things when it starts as another user; what was asked of it has been compared.
  if (settings.probe === undefined && settings.command === undefined && !after.running) {
    found.push(...newLines(before.stdout, after.stdout).map((line) => `it prints now: ${line}`));
    found.push(...newLines(after.stdout, before.stdout).map((line) => `it no longer prints: ${line}`));
  }
  if (settings.probe === undefined && settings.command === undefined && !after.running && found.length === 0) {
    const isSame = before.stdout.join('\n') === after.stdout.join('\n');
    if (!isSame) found.push('it prints its lines in another order, or another number of times');
  }
  const errors = [...newLines(before.stderr, after.stderr), ...newLines(before.stdout, after.stdout)];
  found.push(...errors.filter((line) => trouble.test(line)).map((line) => `it prints now: ${line}`));
  return [...new Set(found)].slice(0, shownLines);
}

/**
 * What a result says otherwise although two runs of the original say the same there: an answer with a number that is drawn
 * each time is another one each time, and all else of it counts. Nothing can be told where the two differ in their length.
 */
export function compareSteady(
  [one, other]: readonly [Observation, Observation],
  after: Observation,
  { probe, command }: RunSettings,
): string[] {
  const differ = (of: (from: Observation) => string | undefined): boolean => {
    const [first, second, third] = [one, other, after].map((each) => of(each)?.split(/([\s"'<>=,;]+)/));
    if (!first || !second || !third || first.length !== second.length) return false;
    return third.length !== first.length || first.some((word, at) => word === second[at] && word !== third[at]);
  };
  return [
    ...(differ(({ answer }) => answer?.text)
      ? [`${probe} answers something else where the original always says the same`]
      : []),
    ...(differ((each) => each.command?.output)
      ? [`\`${command}\` prints something else where the original always says the same`]
      : []),
  ];
}

/** Whether a line is of what a container may also do that is watched for longer: print something, or end. */
export function mayComeLater(line: string): boolean {
  return /^(?:it prints now: |the container ends | {2})/.test(line);
}

function compareChecks(was: Checked = {}, is: Checked = {}): string[] {
  const closed = is.ports && (was.ports ?? []).filter((port) => !is.ports!.includes(port));
  const found = (closed ?? []).map((port) => `nothing listens on port ${port} any more`);
  if (was.healthy !== false && is.healthy === false) found.push('its own health check fails');
  // Others are ended by the signal, and lose nothing by being killed.
  if (was.stopped !== 0) return found;
  if (is.stopped === 'running') found.push('it does not end when it is told to, and did');
  else if (is.stopped) found.push(`it ends with ${is.stopped} when it is told to, and did with 0`);
  return found;
}

function compareAnswers({ answer: was }: Observation, { answer: is }: Observation, probe: string): string[] {
  if (was === undefined) return [];
  if (is === undefined) return [`${probe} is not answered any more`];
  if (was.status !== is.status) return [`${probe} answers ${is.status}, and did ${was.status}`];
  if (was.type !== is.type) return [`${probe} answers with ${is.type}, and did with ${was.type}`];
  if (was.location !== is.location) return [`${probe} leads to ${is.location}, and did to ${was.location}`];
  return was.body === is.body ? [] : [`${probe} answers something else: ${is.beginning.split('\n')[0]}`];
}

function endOf({ running, exitCode }: Observation): string {
  return running ? 'keeps running' : `ends with ${exitCode}`;
}

const trouble =
  /\b(?:error|denied|fatal|exception|panic|traceback|cannot|can't|failed|failure|not permitted|no such|not found|read-only)\b/i;

/** The lines of the second list that the first has not. */
function newLines(known: readonly string[], lines: readonly string[]): string[] {
  const seen = new Set(known);
  return lines.filter((line) => !seen.has(line));
}
