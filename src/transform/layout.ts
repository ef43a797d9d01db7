import { posix } from 'node:path';
import type { Dockerfile, Instruction, Stage } from '../dockerfile/index.ts';
import { type ContextFacts, type Facts, isAvailable, type SentContext } from './ports.ts';
import { directoryAt, expandedByEnv } from './stage-commands.ts';

/** Context paths and the image paths that they are copied to; directories stand for what is in them. */
interface Rule {
  readonly context: string;
  readonly image: string;
  readonly directory: boolean;
}

/** Where the files of the build context come to lie in a stage. */
export class Layout {
  readonly context: ContextFacts;
  readonly sent: SentContext;
  /** Every COPY and ADD of the stage could be followed. */
  readonly complete: boolean;
  readonly #rules: readonly Rule[];

  private constructor(context: ContextFacts, sent: SentContext, rules: readonly Rule[], complete: boolean) {
    this.context = context;
    this.sent = sent;
    this.#rules = rules;
    this.complete = complete;
  }

  /** What a stage has of the context, all of it or before one of its instructions; undefined where the context is not known. */
  static of(file: Dockerfile, stage: Stage, facts: Facts, before?: Instruction): Layout | undefined {
    const context = facts.context();
    if (!isAvailable(context)) return undefined;
    const { sent } = context;
    if (!isAvailable(sent)) return undefined;
    const rules: Rule[] = [];
    let complete = context.complete;
    for (const instruction of stage.instructions) {
      if (instruction === before) break;
      if (instruction.keyword !== 'COPY' && instruction.keyword !== 'ADD') continue;
      if (instruction.flags.some((flag) => flag.name === 'from')) continue;
      const made = rulesOf(file, instruction, facts, sent);
      if (made === undefined) complete = false;
      else rules.push(...made);
    }
    return new Layout(context, sent, rules, complete);
  }

  /** The path of the context whose file or directory lies at an absolute path of the image. */
  contextOf(image: string): string | undefined {
    for (const rule of [...this.#rules].reverse()) {
      const path = below(rule, rule.image, rule.context, image);
      if (path !== undefined && (path === '' || this.sent.has(path) || this.hasBelow(path))) return path;
    }
    return undefined;
  }

  /** The absolute path of the image that a context path is copied to, the last one if several. */
  imageOf(context: string): string | undefined {
    for (const rule of [...this.#rules].reverse()) {
      const path = below(rule, rule.context, rule.image, context);
      if (path !== undefined) return path;
    }
    return undefined;
  }

  /** Whether a context path is a directory of which something is sent. */
  hasBelow(directory: string): boolean {
    if (this.context.resolve(directory)?.type !== 'directory') return false;
    for (const entry of this.context.below(directory)) {
      if (entry.type !== 'directory' && this.sent.has(entry.path)) return true;
    }
    return false;
  }

  /** The files that are copied into the stage, by their context paths. */
  *files(): Iterable<string> {
    for (const { path, type } of this.context.below('')) {
      if (type !== 'directory' && this.sent.has(path) && this.imageOf(path) !== undefined) yield path;
    }
  }

  /** Where files are copied to besides a directory: paths that do not cover each other. */
  outside(directory: string): string[] {
    const inside = (path: string) => path === directory || path.startsWith(`${directory}/`) || path.startsWith('/tmp/');
    const found = [...new Set(this.#rules.map((rule) => rule.image))].filter((path) => !inside(path) && path !== '/');
    return found.filter((path) => !found.some((other) => other !== path && path.startsWith(`${other}/`)));
  }

  /** The text of the file at an absolute path of the image. */
  text(image: string): string | undefined {
    const path = this.contextOf(image);
    return path === undefined ? undefined : this.context.text(path);
  }
}

function below(rule: Rule, from: string, to: string, path: string): string | undefined {
  if (path === from) return to;
  if (!rule.directory) return undefined;
  const prefix = from === '' || from === '/' ? from : `${from}/`;
  return path.startsWith(prefix) ? posix.join(to, path.slice(prefix.length)) : undefined;
}

function rulesOf(
  file: Dockerfile,
  instruction: Instruction,
  facts: Facts,
  sent: SentContext,
): readonly Rule[] | undefined {
  if (instruction.heredocs.length > 0 || instruction.opaque) return undefined;
  if (instruction.flags.some((flag) => flag.name === 'parents' || flag.name === 'exclude')) return undefined;
  const words = (instruction.json ?? file.words(instruction).map((word) => word.text)).map((word) =>
    expandedByEnv(file, instruction, word),
  );
  const target = words.pop();
  const directory = directoryAt(file, instruction, facts);
  if (target === undefined || words.length === 0) return undefined;
  if (directory === undefined && !target.startsWith('/')) return undefined;
  const into = posix.resolve(directory ?? '/', target);
  const rules: Rule[] = [];
  const isDirectory = words.length > 1 || /(?:^|\/)\.{0,2}$/.test(target);
  for (const source of words) {
    const taken = source === undefined ? undefined : sent.take(source);
    if (taken?.kind !== 'taken') return undefined;
    const several = taken.matches.length > 1;
    for (const { file: match, named } of taken.matches) {
      if (match.type === 'directory') rules.push({ context: match.path, image: into, directory: true });
      else {
        // An archive is unpacked by ADD, and what is in it is not known.
        if (instruction.keyword === 'ADD' && /\.(?:tar|t?gz|tgz|tbz2?|bz2|txz|xz|zst)$/.test(named)) return undefined;
        const path = isDirectory || several ? posix.join(into, posix.basename(named)) : into;
        rules.push({ context: match.path, image: path, directory: false });
      }
    }
  }
  return rules;
}
