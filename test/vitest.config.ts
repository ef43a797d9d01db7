import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';
import { runsAll } from './support/sampled.ts';

export default defineConfig({
  root: fileURLToPath(new URL('..', import.meta.url)),
  test: {
    include: ['test/**/*.test.ts'],
    globalSetup: ['test/support/run-setup.ts'],
    setupFiles: ['test/support/file-setup.ts'],
    // Against tests that never end; a machine that others load as well takes ten times as long as one that is quiet.
    testTimeout: 180_000,
    hookTimeout: 180_000,
    reporters: ['default'],
    // Many tests wait for what they have started, but builds and containers take all there is.
    maxWorkers: (runsAll ? 1 : 2) * availableParallelism(),
    // Loading the sources anew for each file takes longer than most files; the full suite, which has time, does it, and so
    // shows that no file needs what another one left behind.
    isolate: runsAll,
  },
});
