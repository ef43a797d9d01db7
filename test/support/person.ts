import { PassThrough, Writable } from 'node:stream';
import type { Terminal } from '../../src/cli/wiring.ts';

/** Keys that are pressed once something was printed since the last ones. */
export interface Awaited {
  readonly when: RegExp;
  readonly press: string;
  /** What else happens at that moment, or is waited for, before the keys. */
  readonly also?: () => unknown;
}

/** A person at a terminal in memory: presses the next keys each time that a prompt waits, or that they wait for. */
export class Person {
  readonly terminal: Terminal;
  /** All that was printed, without colours and cursor movements. */
  screen = '';
  #rest: (string | Awaited)[];
  #seen = 0;
  readonly #input = new PassThrough();
  #isWaiting = false;

  /** Each of the strings is pressed at once, at one prompt. */
  constructor(keys: readonly (string | Awaited)[]) {
    this.#rest = [...keys];
    const output = new Writable({
      write: (chunk: Buffer, _encoding, done) => {
        this.screen += chunk.toString('utf8').replace(/\u001b\[[0-9;?]*[A-Za-z]/g, '');
        this.#look();
        done();
      },
    });
    this.terminal = { input: this.#input, output };
  }

  /** Keys that no prompt asked for. */
  get unused(): readonly (string | Awaited)[] {
    return this.#rest;
  }

  #look(): void {
    const [next] = this.#rest;
    const awaited = typeof next === 'object' ? next : undefined;
    const prompt = /(?:\] |└ *\n?)$/.test(this.screen);
    if (this.#isWaiting || !prompt || (awaited && !awaited.when.test(this.screen.slice(this.#seen)))) return;
    this.#isWaiting = true;
    this.#seen = this.screen.length;
    // The prompt listens once it has printed itself.
    setTimeout(async () => {
      const keys = this.#rest.shift();
      if (typeof keys === 'object') await keys.also?.();
      this.#isWaiting = false;
      if (keys === undefined) this.#input.end();
      else this.#input.write(typeof keys === 'object' ? keys.press : keys);
    }, 5);
  }
}
