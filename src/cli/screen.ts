import { type Paint, paintFor, wrapped } from '../report/index.ts';
import { KeyReader, type Pressed } from './keys.ts';
import type { Terminal } from './wiring.ts';

/** A person left an interactive session so that nothing is to be written. */
export class Interrupted extends Error {
  constructor() {
    super('left without a change');
    this.name = 'Interrupted';
  }
}

/** A terminal that a person is asked on: what is said, and one prompt at a time. */
export class Screen {
  readonly terminal: Terminal;
  readonly keys: KeyReader;
  readonly paint: Paint;

  constructor(terminal: Terminal, color: boolean) {
    this.terminal = terminal;
    this.keys = new KeyReader(terminal.input);
    this.paint = paintFor(color);
  }

  /** The width for prose. */
  get columns(): number {
    return Math.min(this.terminal.output.columns ?? 80, 110);
  }

  /** Says something, a line or more, indented. */
  say(text: string): void {
    this.write(`${text.replace(/^(?=.)/gm, '  ')}\n`);
  }

  /** Says a sentence, in lines of the width for prose. */
  tell(text: string, colour: (text: string) => string): void {
    for (const line of wrapped(text, this.columns - 4)) this.write(`  ${colour(line)}\n`);
  }

  write(text: string): void {
    this.terminal.output.write(text);
  }

  /**
   * Asks for a key, and shows it. Where something else comes first, the prompt goes and the answer is undefined. A prompt
   * that changes with the time is written again each second. Throws Interrupted.
   */
  async ask(prompt: () => string, other?: Promise<unknown>): Promise<Exclude<Pressed, 'interrupt'> | undefined> {
    let shown = prompt();
    this.write(this.paint.cyan(shown));
    const timer = setInterval(() => {
      const now = prompt();
      if (now === shown) return;
      this.#erase(shown);
      shown = now;
      this.write(this.paint.cyan(shown));
    }, 1000);
    try {
      const pressed = await this.keys.next(other);
      if (pressed === undefined) this.#erase(shown);
      else this.write(`${typeof pressed === 'string' ? '' : pressed.character}\n`);
      if (pressed === 'interrupt') throw new Interrupted();
      return pressed;
    } finally {
      clearInterval(timer);
    }
  }

  /** Takes back a line that has not ended, however many rows of the terminal it takes. */
  #erase(line: string): void {
    const rows = Math.ceil(line.length / (this.terminal.output.columns ?? 80));
    this.write(`${rows > 1 ? `\u001b[${rows - 1}A` : ''}\r\u001b[J`);
  }
}
