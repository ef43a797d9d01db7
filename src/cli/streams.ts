import type { Output } from './wiring.ts';

/** Writes to a stream, waits where it is full, and knows when nobody reads any more. */
export class Writer {
  readonly #stream: Output;
  #closed = false;

  constructor(stream: Output) {
    this.#stream = stream;
    stream.on?.('error', (error) => {
      if ((error as NodeJS.ErrnoException).code !== 'EPIPE') throw error;
      this.#closed = true;
    });
  }

  get isClosed(): boolean {
    return this.#closed;
  }

  get isTerminal(): boolean {
    return this.#stream.isTTY === true;
  }

  async write(text: string): Promise<void> {
    if (text === '' || this.#closed) return;
    this.#stream.write(text);
    if (!this.#stream.writableNeedDrain || !this.#stream.once) return;
    await new Promise<void>((resolve) => {
      this.#stream.once!('drain', resolve);
      this.#stream.once!('close', resolve);
    });
  }
}

/** Whether a stream gets colours: FORCE_COLOR, else NO_COLOR, else whether it is a terminal. */
export function wantsColor(environment: Readonly<Record<string, string | undefined>>, isTerminal: boolean): boolean {
  const { FORCE_COLOR: force, NO_COLOR: none, TERM: term } = environment;
  if (force !== undefined) return force !== '0' && force !== 'false';
  if (none !== undefined && none !== '') return false;
  return isTerminal && term !== 'dumb';
}

/** A line on a terminal that says how far a long run is, and goes when it ends. */
export class Progress {
  readonly #writer: Writer;
  readonly #enabled: boolean;
  readonly #started = performance.now();
  #shown = false;

  constructor(writer: Writer, enabled: boolean) {
    this.#writer = writer;
    this.#enabled = enabled && writer.isTerminal;
  }

  async show(done: number, total: number): Promise<void> {
    if (!this.#enabled || performance.now() - this.#started < 400) return;
    this.#shown = true;
    await this.#writer.write(`\r\u001b[K${done} of ${total} files`);
  }

  async clear(): Promise<void> {
    if (!this.#shown) return;
    this.#shown = false;
    await this.#writer.write('\r\u001b[K');
  }
}
