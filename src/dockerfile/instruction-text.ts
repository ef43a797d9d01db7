import type { Scan, ScannedInstruction } from './scan.ts';

/**
 * Stands for the logical text of one instruction with its heredocs. Files that a run makes of one another share it for
 * as long as the instruction says the same; two instructions of one file never do.
 */
export type InstructionText = { readonly text: string };

/** The texts of a file's instructions: those of the file that it was made from where they are the same. */
export class InstructionTexts {
  readonly #escape: string;
  readonly #all: readonly InstructionText[];

  constructor(source: string, scanned: Scan, earlier?: InstructionTexts) {
    const { instructions } = scanned;
    this.#escape = scanned.escape;
    const known = new Map<string, InstructionText[]>();
    // The same text means something else under another escape character.
    if (earlier && earlier.#escape === scanned.escape) {
      for (const each of earlier.#all) {
        const same = known.get(each.text);
        if (same) same.push(each);
        else known.set(each.text, [each]);
      }
    }
    this.#all = instructions.map((each) => {
      const text = textOf(source, each);
      return known.get(text)?.shift() ?? { text };
    });
  }

  at(index: number): InstructionText {
    return this.#all[index]!;
  }
}

function textOf(source: string, { logical, heredocs }: ScannedInstruction): string {
  if (heredocs.length === 0) return logical.text;
  return [logical.text, ...heredocs.map(({ content }) => source.slice(content.start, content.end))].join('\0');
}

/** Keeps what follows from what an instruction says and from nothing else, for as long as it says it. */
export class TextMemo<V> {
  readonly #known = new WeakMap<InstructionText, V>();

  /** What is known of a text, made where it is not known yet. */
  of({ text }: { readonly text: InstructionText }, make: () => V): V {
    let value = this.#known.get(text);
    if (value === undefined && !this.#known.has(text)) {
      value = make();
      this.#known.set(text, value);
    }
    return value as V;
  }
}
