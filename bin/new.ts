import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { scaffold } from '../test/support/docs/scaffold.ts';

/** `npm run new <id>`: a transform that finds nothing yet, its fixtures, and its place in the list. */
function main(argv: readonly string[]): number {
  const [id, ...rest] = argv.filter((each) => !each.startsWith('--'));
  // A folder other than the project, for the test of this command.
  const root = process.env.DOCKMEND_ROOT ?? fileURLToPath(new URL('..', import.meta.url));
  if (id === undefined || rest.length > 0) {
    console.error('npm run new <id>, such as npm run new replace-wget-with-curl');
    return 2;
  }
  const read = (path: string): string => readFileSync(join(root, path), 'utf8');
  const version = (JSON.parse(read('package.json')) as { version: string }).version;
  const result = scaffold(id, read('transforms/index.ts'), version);
  if (typeof result === 'string') {
    console.error(result);
    return 2;
  }
  for (const path of result.keys()) {
    if (path === 'transforms/index.ts' || !existsSync(join(root, path))) continue;
    console.error(`${path} is there already`);
    return 2;
  }
  for (const [path, text] of result) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
    console.log(`written: ${path}`);
  }
  console.log('next: make the fixtures say what you mean, then the transform; npm test; npm run docs');
  return 0;
}

process.exitCode = main(process.argv.slice(2));
