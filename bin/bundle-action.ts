import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

/** Bundles the action into one file, which a release holds as `action/index.mjs`. */
export async function bundleAction(root: string, outfile: string): Promise<void> {
  await build({
    absWorkingDir: root,
    entryPoints: ['bin/action/main.ts'],
    outfile,
    bundle: true,
    platform: 'node',
    target: 'node20',
    format: 'esm',
    legalComments: 'inline',
    // Packages in CommonJS ask for Node's own modules by `require`.
    banner: {
      js: "import { createRequire as requireOf } from 'node:module';\nconst require = requireOf(import.meta.url);",
    },
    logLevel: 'warning',
  });
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  await bundleAction(fileURLToPath(new URL('..', import.meta.url)), 'action/index.mjs');
}
