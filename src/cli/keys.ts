import { emitKeypressEvents, type Key } from 'node:readline';
import type { Terminal } from './wiring.ts';

/** What a person pressed: a character in lower case, or one of the ways to leave. */
export type Pressed = { readonly character: string } | 'interrupt' | 'end';

/** Reads single keys from a terminal. Keys that come before they are asked for are kept. */
export class KeyReader {
  readonly #input: Terminal['input'];
  readonly #waiting: Pressed[] = [];
  #deliver: ((key: Pressed) => void) | undefined;
  #isOpen = false;

  constructor(input: Terminal['input']) {
    this.#input = input;
    emitKeypressEvents(input);
  }

  open(): void {
    if (this.#isOpen) return;
    this.#isOpen = true;
    this.#input.setRawMode?.(true);
    this.#input.on('keypress', this.#onKey);
    this.#input.on('end', this.#onEnd);
    this.#input.resume();
  }

  /** Gives the terminal back, for a program or another prompt, or for good. */
  close(): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    this.#input.off('keypress', this.#onKey);
    this.#input.off('end', this.#onEnd);
    this.#input.setRawMode?.(false);
    this.#input.pause();
  }

  /** The next key; undefined where something else comes first, and then the key is there for who asks next. */
  next(other?: Promise<unknown>): Promise<Pressed | undefined> {
    const kept = this.#waiting.shift();
    if (kept !== undefined) return Promise.resolve(kept);
    return new Promise((resolve) => {
      this.#deliver = resolve;
      void other?.then(() => {
        if (this.#deliver !== resolve) return;
        this.#deliver = undefined;
        resolve(undefined);
      });
    });
  }

  readonly #onEnd = (): void => this.#take('end');

  readonly #onKey = (character: string | undefined, key: Key): void => {
    if (key.ctrl) {
      if (key.name === 'c') this.#take('interrupt');
      else if (key.name === 'd') this.#take('end');
    } else if (!key.meta && character !== undefined && /^[\x20-\x7e]$/.test(character)) {
      this.#take({ character: character.toLowerCase() });
    }
  };

  #take(key: Pressed): void {
    const deliver = this.#deliver;
    this.#deliver = undefined;
    if (deliver) deliver(key);
    // Nothing that was typed ahead counts after an interrupt.
    else if (key === 'interrupt') this.#waiting.splice(0, Number.POSITIVE_INFINITY, key);
    else this.#waiting.push(key);
  }
}
