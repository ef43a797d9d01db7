import { expect, test } from 'vitest';
import { pythonOfImage } from '../../src/facts/index.ts';

test.each([
  ['python', '3.12-slim', '3.12'],
  ['python', '3.12.4', '3.12.4'],
  ['python', '3.14.0a1', 'unknown'],
  ['python', 'slim', 'unknown'],
  ['mcr.microsoft.com/devcontainers/python', '1-3.12-bookworm', '3.12'],
  ['public.ecr.aws/lambda/python', '3.12', '3.12'],
  ['ghcr.io/astral-sh/uv', 'python3.13-bookworm-slim', '3.13'],
  ['ghcr.io/astral-sh/uv', '0.9.2-python3.13-alpine', '3.13'],
  ['ghcr.io/astral-sh/uv', 'bookworm-slim', 'none'],
  ['nikolaik/python-nodejs', 'python3.12-nodejs22', '3.12'],
  ['debian', '12-slim', 'none'],
])('the Python of %s:%s is %s', (repository, tag, expected) => {
  const found = pythonOfImage(repository, tag);
  expect(found ? (found.version ?? 'unknown') : 'none').toBe(expected);
});
