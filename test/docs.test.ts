import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { ownOptions as pullRequestOptions } from '../src/bot/arguments.ts';
import { pinsOptions } from '../src/cli/pins-command.ts';
import { optionUsage } from '../src/cli/usage.ts';
import { fix } from '../src/engine/index.ts';
import { transforms } from '../transforms/index.ts';
import { generatedFiles } from './support/docs/generate.ts';

const generated = generatedFiles(process.cwd(), transforms);

describe('what is generated is current (npm run docs)', () => {
  test.each([...generated])('%s', (path, text) => {
    expect(existsSync(path)).toBe(true);
    expect(readFileSync(path, 'utf8')).toBe(text);
  });

  test('no page is left of a transform that is gone', () => {
    expect(readdirSync('docs/transforms').filter((name) => !generated.has(`docs/transforms/${name}`))).toEqual([]);
  });
});

describe('the README', () => {
  const readme = readFileSync('README.md', 'utf8');

  test('opens with a diff', () => {
    expect(readme.split('\n').slice(0, 8).join('\n')).toContain('```diff\ndiff --git');
  });

  test('names no option that there is not', () => {
    const options = [...readme.matchAll(/(?<![\w-])--([a-z]+(?:-[a-z]+)*)/g)].map((match) => match[1]!);
    const known = [
      ...Object.keys(optionUsage),
      ...Object.keys(pinsOptions),
      ...Object.keys(pullRequestOptions),
      'help',
      'version',
    ];
    expect(
      options.filter(
        (name) => !known.includes(name) && !['git', 'prefix', 'platform', 'force', 'mount', 'call'].includes(name),
      ),
    ).toEqual([]);
    expect(options.length).toBeGreaterThan(8);
  });

  test('leads to files that are there', () => {
    const links = [...readme.matchAll(/\]\(([^)#:]+)\)/g)].map((match) => match[1]!);
    expect(links.filter((path) => !existsSync(path))).toEqual([]);
  });

  test('shows a configuration that is valid, and a library call that works', async () => {
    const { parseConfig } = await import('../src/config/parse.ts');
    const yaml = /```yaml\n([\s\S]*?)```/.exec(readme)![1]!;
    expect(parseConfig('.dockmend.yaml', yaml, transforms)).toMatchObject({ preset: 'recommended' });
    expect(fix('FROM debian:12\nWORKDIR app\n', { transforms }).output).toContain('WORKDIR /app');
  });
});
