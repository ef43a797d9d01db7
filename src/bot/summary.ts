import type { Outcome, Status } from './options.ts';
import { statuses } from './options.ts';

/** The report for programs. */
export function jsonSummary(outcomes: readonly Outcome[], dryRun: boolean): string {
  return `${JSON.stringify({ version: 1, dryRun, outcomes, totals: Object.fromEntries(totals(outcomes)) }, null, 2)}\n`;
}

/** The report for people: a line for each thing that is not "nothing to do", and the numbers. */
export function textSummary(outcomes: readonly Outcome[], dryRun: boolean): string {
  const lines = outcomes
    .filter((each) => each.status !== 'nothing' || each.detail !== undefined || each.notices.length > 0)
    .flatMap(({ repository, group, status, url, detail, notices }) => {
      const word =
        dryRun && (['opened', 'updated', 'closed'] as Status[]).includes(status) ? `would be ${status}` : status;
      const what = group === '-' ? repository : `${repository} ${group}`;
      const head = [`${what}: ${word}`, url, detail && `(${detail})`].filter(Boolean).join(' ');
      return [head, ...notices.map((notice) => `  ${notice}`)];
    });
  const repositories = new Set(outcomes.map((each) => each.repository)).size;
  const counts = [...totals(outcomes)].map(([status, number]) => `${number} ${status}`).join(', ');
  const total = `${repositories} ${repositories === 1 ? 'repository' : 'repositories'}${counts === '' ? '' : `: ${counts}`}`;
  return [...lines, total].map((line) => `${line}\n`).join('');
}

function totals(outcomes: readonly Outcome[]): Map<Status, number> {
  const counted = new Map<Status, number>();
  for (const status of statuses) {
    const number = outcomes.filter((each) => each.status === status).length;
    if (number > 0) counted.set(status, number);
  }
  return counted;
}
