import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { generatedFiles } from '../test/support/docs/generate.ts';
import { transforms } from '../transforms/index.ts';

/** `npm run docs`: writes the pages, schemas and generated regions; with `--check`, exits 1 where one is not current. */
function main(argv: readonly string[]): number {
  const root = fileURLToPath(new URL('..', import.meta.url));
  const check = argv.includes('--check');
  const files = generatedFiles(root, transforms);
  const stale: string[] = [];
  for (const [path, text] of files) {
    const target = join(root, path);
    if (existsSync(target) && readFileSync(target, 'utf8') === text) continue;
    stale.push(path);
    if (check) continue;
    mkdirSync(dirname(target), { recursive: true });
    writeFileSync(target, text);
  }
  // The page of a transform that is gone.
  for (const name of readdirSync(join(root, 'docs/transforms'))) {
    const path = `docs/transforms/${name}`;
    if (files.has(path)) continue;
    stale.push(path);
    if (!check) rmSync(join(root, path));
  }
  for (const path of stale) console.log(check ? `not current: ${path} (npm run docs)` : `written: ${path}`);
  return check && stale.length > 0 ? 1 : 0;
}

process.exitCode = main(process.argv.slice(2));
