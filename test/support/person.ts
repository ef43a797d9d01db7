import { PassThrough, Writable } from 'node:stream';
import type { Terminal } from '../../src/cli/wiring.ts';

/** A person at a terminal in memory: presses the next keys each time that a prompt waits. */
export class Person {
  readonly terminal: Terminal;
  /** All that was printed, without colours and cursor movements. */
  screen = '';
  #rest: string[];
  readonly #input = new PassThrough();
  #isWaiting = false;

  /** Each of the strings is pressed at once, at one prompt. */
  constructor(keys: readonly string[]) {
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
  get unused(): readonly string[] {
    return this.#rest;
  }

  #look(): void {
    if (this.#isWaiting || !/(?:\] |└ *\n?)$/.test(this.screen)) return;
    this.#isWaiting = true;
    // The prompt listens once it has printed itself.
    setTimeout(() => {
      this.#isWaiting = false;
      const keys = this.#rest.shift();
      if (keys === undefined) this.#input.end();
      else this.#input.write(keys);
    }, 5);
  }
}
