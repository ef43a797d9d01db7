import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';

/** The POSIX shells of this machine, by path. */
export const shells: readonly string[] = ['/bin/dash', '/bin/bash'].filter((path) => existsSync(path));

/** What running a text printed, and whether it succeeded. */
export interface Ran {
  readonly output: string;
  readonly ok: boolean;
}

/**
 * Runs each text in a shell process of its own, as `RUN` does, all of them started by one driver.
 * `environment` is added to an otherwise empty one.
 */
export function runAll(shell: string, texts: readonly string[], environment: Record<string, string> = {}): Ran[] {
  const driver =
    'for text do printf "\\036"; "$SHELL_UNDER_TEST" -c "$text" 2>/dev/null </dev/null; printf "\\037%s" "$?"; done';
  const { stdout, status } = spawnSync('/bin/sh', ['-c', driver, 'driver', ...texts], {
    encoding: 'utf8',
    env: { PATH: '/usr/bin:/bin', ...environment, SHELL_UNDER_TEST: shell },
  });
  if (status !== 0) throw new Error(`the driver ended with ${status}`);
  return stdout
    .split('\x1e')
    .slice(1)
    .map((part) => {
      const [output, code] = part.split('\x1f') as [string, string];
      return { output, ok: code === '0' };
    });
}
