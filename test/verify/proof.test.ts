import { expect, test } from 'vitest';
import { needsRun } from '../../src/verify/proof.ts';

test('what no build shows of an unsafe fix: health checks, and variables that the program reads', () => {
  const fix = (config: readonly ('Healthcheck' | 'Env.A' | 'Labels')[], safety: 'safe' | 'unsafe' = 'unsafe') =>
    needsRun({ safety, changes: { edits: [], config } });
  expect([fix(['Healthcheck']), fix(['Env.A']), fix(['Labels']), fix(['Env.A'], 'safe')]).toEqual([
    true,
    true,
    false,
    false,
  ]);
});
