import { problemWithoutSecrets } from './hide-secrets.ts';
import type { Problem } from './model.ts';
import type { Paint } from './paint.ts';
import { visible } from './paint.ts';

/** A problem in one line, and below it the line of the file where it is, marked at its column; no secret in either. */
export function renderProblem(problem: Problem, paint: Paint): string {
  const { path, position, lineText, message, stack, kind } = problemWithoutSecrets(problem);
  const place = path === undefined ? '' : `${visible(path)}${position ? `:${position.line}:${position.column}` : ''}: `;
  const lines = [`${paint.bold(place)}${paint.red('error')}: ${visible(message)}`];
  if (position && lineText) lines.push(...codeFrame(position.line, position.column, lineText, paint));
  for (const line of problem.lines ?? []) lines.push(`  ${visible(line)}`);
  if (kind === 'internal') {
    lines.push('  This is a fault of dockmend: please report it with the file and this stack');
    if (stack !== undefined) lines.push(...stack.split('\n').map((line) => `  ${visible(line)}`));
  }
  return lines.map((line) => `${line}\n`).join('');
}

function codeFrame(line: number, column: number, text: string, paint: Paint): string[] {
  const shown = visible(text.replace(/\r$/, '').slice(0, 200));
  const number = String(line);
  // Tabs stay tabs, so that the caret stands below its character.
  const indent = visible(text.slice(0, Math.min(column - 1, 200))).replace(/[^\t]/g, ' ');
  const gutter = ' '.repeat(number.length);
  return [`  ${paint.dim(`${number} |`)} ${shown}`, `  ${paint.dim(`${gutter} |`)} ${indent}${paint.red('^')}`];
}
