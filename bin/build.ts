import { rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

/** The modules that users load: the command, and what package.json exports. */
export const entryPoints = ['bin/main.ts', 'src/index.ts', 'transforms/index.ts', 'test/support/testing.ts'];

/**
 * Bundles the modules of the project that an entry point loads into a few files: finding and linking some 350 files takes
 * longer than the work on one Dockerfile. What is imported as it is needed keeps a file of its own, and packages stay
 * dependencies, as audits and bills of material read them. The types are tsc's.
 */
export async function bundle(root: string, entries: readonly string[], outdir: string): Promise<void> {
  rmSync(outdir, { recursive: true, force: true });
  await build({
    absWorkingDir: root,
    entryPoints: [...entries],
    outdir,
    outbase: '.',
    chunkNames: 'chunks/[name]-[hash]',
    bundle: true,
    splitting: true,
    packages: 'external',
    platform: 'node',
    target: 'node20.19',
    format: 'esm',
    logLevel: 'warning',
  });
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const root = fileURLToPath(new URL('..', import.meta.url));
  await bundle(root, entryPoints, fileURLToPath(new URL('../dist', import.meta.url)));
}
