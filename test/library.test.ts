import { expect, test } from 'vitest';
import { DockerfileSyntaxError, fix, parse } from '../src/index.ts';
import { transforms } from '../transforms/index.ts';

test('the library entry parses and fixes', () => {
  const source = 'FROM debian:12 AS base\nWORKDIR app\n';
  expect(parse(source).stages.map((stage) => stage.name?.text)).toEqual(['base']);
  expect(() => parse('')).toThrow(DockerfileSyntaxError);
  const { output, applied, remaining } = fix(source, { transforms });
  expect(output).toBe('FROM debian:12 AS base\nWORKDIR /app\n');
  expect(applied.map((each) => [each.transform.id, each.origin.line])).toEqual([['use-absolute-workdir', 2]]);
  expect(remaining.every((each) => 'skipped' in each.finding || 'fix' in each.finding)).toBe(true);
});
