import { existsSync, readFileSync } from 'node:fs';
import { runAction } from './run.ts';

process.exitCode = await runAction({
  environment: process.env,
  cwd: process.env.GITHUB_WORKSPACE || process.cwd(),
  version,
  print: (text) => void process.stdout.write(text),
});

/** The version of the package.json beside action.yml, one folder up from the bundle. */
function version(): string {
  const url = new URL('../package.json', import.meta.url);
  return existsSync(url) ? (JSON.parse(readFileSync(url, 'utf8')) as { version: string }).version : 'unknown';
}
