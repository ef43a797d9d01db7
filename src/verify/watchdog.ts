import { type ChildProcess, spawn } from 'node:child_process';
import type { Leftover } from './workspace.ts';

/**
 * What the watchdog runs. It reads a line for each thing that starts, ends, will be left behind or was removed; when the
 * lines end without `quit`, the process that wrote them is gone, and everything that is still on the list is removed.
 * A command is a line of its own under a number, its words quoted for the shell.
 */
const script = `
trap '' INT TERM HUP
groups=' '
numbers=' '
while IFS=' ' read -r word value rest; do
  case $word in
    start) groups="$groups$value " ;;
    end) groups="\${groups%% $value *} \${groups#* $value }" ;;
    leave) numbers=" $value$numbers"; eval "command$value=\\$rest" ;;
    left) numbers="\${numbers%% $value *} \${numbers#* $value }" ;;
    quit) exit 0 ;;
  esac
done
for group in $groups; do kill -9 "-$group" 2>/dev/null; done
for number in $numbers; do eval "eval \\"\\$command$number\\"" >/dev/null 2>&1 </dev/null; done
rm -rf -- "$1"
`;

/** A shell that outlives this process for as long as it takes to remove what this process left behind. */
export class Watchdog {
  readonly #shell: ChildProcess | undefined;
  readonly #numbers = new Map<string, number>();
  #count = 0;

  constructor(folder: string) {
    if (process.platform === 'win32') return;
    this.#shell = spawn('/bin/sh', ['-c', script, 'dockmend-watchdog', folder], {
      detached: true,
      stdio: ['pipe', 'ignore', 'ignore'],
    });
    this.#shell.on('error', () => {});
    this.#shell.stdin!.on('error', () => {});
    this.#shell.unref();
    (this.#shell.stdin as unknown as { unref?(): void }).unref?.();
  }

  started(group: number): void {
    this.#tell(`start ${group}`);
  }

  ended(group: number): void {
    this.#tell(`end ${group}`);
  }

  willLeave(name: string, { program, args, environment = {} }: Leftover): void {
    const number = ++this.#count;
    this.#numbers.set(name, number);
    const variables = Object.entries(environment).flatMap(([key, value]) =>
      value === undefined ? [] : [`${key}=${quoted(value)}`],
    );
    this.#tell(`leave ${number} ${[...variables, ...[program, ...args].map(quoted)].join(' ')}`);
  }

  left(name: string): void {
    const number = this.#numbers.get(name);
    if (number !== undefined) this.#tell(`left ${number}`);
    this.#numbers.delete(name);
  }

  /** Lets it go; unless all is removed, it makes one more try. */
  dismiss(allRemoved: boolean): void {
    if (allRemoved) this.#tell('quit');
    this.#shell?.stdin?.end();
  }

  #tell(line: string): void {
    this.#shell?.stdin?.write(`${line}\n`);
  }
}

function quoted(word: string): string {
  return `'${word.replaceAll("'", "'\\''").replaceAll('\n', ' ')}'`;
}
