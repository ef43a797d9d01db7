import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';

/** A program at a real pseudo-terminal, in a tmux server of its own. */
export class PseudoTerminal {
  readonly #server = `dockmend-${randomBytes(6).toString('hex')}`;

  /** The command is a line for a shell; `EXIT` and its status are printed when it ends. */
  constructor(command: string, size: { readonly columns: number; readonly rows: number }) {
    const { columns, rows } = size;
    const shell = `${command}; echo EXIT $?; read -r _`;
    this.#tmux('-f', '/dev/null', 'new-session', '-d', '-x', `${columns}`, '-y', `${rows}`, 'sh', '-c', shell);
  }

  /** Presses keys by their names in tmux. */
  press(...keys: readonly string[]): void {
    this.#tmux('send-keys', ...keys);
  }

  /** What stands on the screen, without blanks at the ends of lines and empty lines at the end. */
  screen(): string {
    return this.#tmux('capture-pane', '-p')
      .replace(/[ \t]+$/gm, '')
      .trimEnd();
  }

  /** The screen once it holds a pattern. Throws where the program ends without it, and after most of a minute. */
  async until(pattern: RegExp): Promise<string> {
    for (const end = Date.now() + 50_000; Date.now() < end; ) {
      const screen = this.screen();
      if (pattern.test(screen)) return screen;
      if (/^EXIT \d+$/m.test(screen)) break;
      await new Promise((resolve) => setTimeout(resolve, 30));
    }
    throw new Error(`the screen never had ${pattern}:\n${this.screen()}`);
  }

  end(): void {
    spawnSync('tmux', ['-L', this.#server, 'kill-server']);
  }

  #tmux(...args: readonly string[]): string {
    const { status, stdout, stderr } = spawnSync('tmux', ['-L', this.#server, ...args], { encoding: 'utf8' });
    if (status !== 0) throw new Error(`tmux: ${stderr}`);
    return stdout;
  }
}
