import { randomUUID } from 'node:crypto';
import { appendFileSync } from 'node:fs';

type Environment = Readonly<Record<string, string | undefined>>;

/** The summary of one step is refused above this size, in bytes (docs.github.com, "Workflow commands", November 2026). */
const summaryLimit = 1024 * 1024;

/** An input that is not what it should be. */
export class ActionInputError extends Error {}

/** The runner of GitHub Actions, and of Gitea's and Forgejo's: inputs are variables, outputs are lines of files. */
export class Runner {
  readonly #environment: Environment;
  readonly #print: (text: string) => void;

  constructor(environment: Environment, print: (text: string) => void) {
    this.#environment = environment;
    this.#print = print;
  }

  /** An input, or the empty text. All are strings. */
  text(name: string): string {
    return (this.#environment[`INPUT_${name.replaceAll(' ', '_').toUpperCase()}`] ?? '').trim();
  }

  /** Throws ActionInputError where it is neither true nor false, as YAML writes them. */
  flag(name: string): boolean {
    const text = this.text(name);
    if (/^(?:true|True|TRUE)$/.test(text)) return true;
    if (text === '' || /^(?:false|False|FALSE)$/.test(text)) return false;
    throw new ActionInputError(`${name} takes true or false, not ${JSON.stringify(text)}`);
  }

  /** One of some words. Throws ActionInputError. */
  choice<T extends string>(name: string, choices: readonly T[]): T {
    const text = this.text(name) as T;
    if (choices.includes(text)) return text;
    throw new ActionInputError(`${name} takes ${choices.join(', ')}, not ${JSON.stringify(text)}`);
  }

  /** The lines of an input that are not empty. */
  lines(name: string): string[] {
    return this.text(name)
      .split(/\r?\n/)
      .map((line) => line.trim())
      .filter((line) => line !== '');
  }

  /** The words of an input, with commas or lines between. */
  words(name: string): string[] {
    return this.lines(name).flatMap((line) =>
      line
        .split(',')
        .map((each) => each.trim())
        .filter(Boolean),
    );
  }

  output(name: string, value: string | number): void {
    const path = this.#environment.GITHUB_OUTPUT;
    if (!path) return;
    // A value cannot hold the end of itself by chance or by design.
    const end = `end-${randomUUID()}`;
    appendFileSync(path, `${name}<<${end}\n${value}\n${end}\n`);
  }

  summary(markdown: string): void {
    const path = this.#environment.GITHUB_STEP_SUMMARY;
    if (!path) return;
    const bytes = Buffer.from(markdown);
    const note = '\n\n*The rest is left out: it is longer than a summary may be.*\n';
    const text =
      bytes.length <= summaryLimit
        ? markdown
        : // A cut inside of a character leaves a mark of that, and nothing worse.
          bytes.subarray(0, summaryLimit - note.length - 8).toString() + note;
    appendFileSync(path, text);
  }

  /** An error of the step. */
  error(message: string): void {
    this.#print(`::error::${data(message)}\n`);
  }

  /** Lines of the log that are folded; what they hold is not taken for commands of the runner. */
  group(title: string, text: string): void {
    if (text === '') return;
    const stop = randomUUID();
    this.#print(`::group::${data(title)}\n::stop-commands::${stop}\n${text.trimEnd()}\n::${stop}::\n::endgroup::\n`);
  }
}

// The escapes of the runner's own toolkit (actions/toolkit, packages/core, command.ts).
function data(text: string): string {
  return text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A');
}
