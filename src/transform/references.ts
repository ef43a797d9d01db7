import { type Dockerfile, type Instruction, imageReferences, type ReferenceUse } from '../dockerfile/index.ts';
import { familiarText, type ImageReference, normalize, parseReference } from '../image/index.ts';
import type { Span } from '../text/index.ts';
import { type Facts, isAvailable } from './ports.ts';
import type { SkipReason } from './skip-reasons.ts';

interface Found {
  readonly use: ReferenceUse;
  /** Where a report points to. */
  readonly span: Span;
}

/** A reference with the place where its tag or digest is written. */
export interface ReferenceToken extends Found {
  /** The whole reference, build arguments replaced by their defaults. */
  readonly text: string;
  readonly reference: ImageReference;
  /** The source range of the reference, or of the default of the build argument that holds it or its tag. */
  readonly token: Span;
  /** What the token holds: the whole reference, or its tag alone. */
  readonly holds: 'reference' | 'tag';
  /** The instruction that the token stands in; undefined for `# syntax=`. */
  readonly instruction: Instruction | undefined;
}

/** A reference that nothing can be written to, and why. */
export interface RefusedReference extends Found {
  readonly refused: SkipReason;
  readonly detail?: string;
}

export type WritableReference = ReferenceToken | RefusedReference;

/**
 * The image references of a file and where to write in each. A build argument is written to only where its default is
 * the whole reference, or the whole tag, of every FROM that uses it: a digest elsewhere would silence `--build-arg`.
 * References that several FROMs take from one argument are one.
 */
export function writableReferences(file: Dockerfile): readonly WritableReference[] {
  const known = memo.get(file);
  if (known) return known;
  const found: WritableReference[] = [];
  const tokens = new Set<number>();
  for (const use of imageReferences(file)) {
    if (/\{\{|<%|%%|@[A-Z_]+@/.test(use.text)) continue;
    const span = use.span ?? use.instruction?.span ?? { start: 0, end: 0 };
    const read = use.variables.length > 0 ? fromArgument(file, use) : literal(use);
    if ('token' in read) {
      if (tokens.has(read.token.end)) continue;
      tokens.add(read.token.end);
    }
    found.push({ use, span, ...read });
  }
  memo.set(file, found);
  return found;
}

/** Several transforms ask for the same file, each twice. */
const memo = new WeakMap<Dockerfile, readonly WritableReference[]>();

/**
 * Whether a build that is known replaces an image by a named build context. BuildKit looks such a context up by the
 * image's familiar name without `:latest` (frontend/dockerui/config.go, NamedContext), and so no longer finds it when
 * the reference changes.
 */
export function isNamedContext(facts: Facts, reference: ImageReference): boolean {
  const usage = facts.usage();
  if (!isAvailable(usage)) return false;
  const name = contextName(reference);
  return usage.builds.some(({ contexts }) =>
    Object.keys(contexts).some((each) => {
      const parsed = parseReference(each.split('::')[0]!);
      return parsed.ok && contextName(parsed.reference) === name;
    }),
  );
}

function contextName(reference: ImageReference): string {
  return familiarText(normalize(reference)).replace(/:latest$/, '');
}

type Read = Omit<ReferenceToken, keyof Found> | Omit<RefusedReference, keyof Found>;

function literal(use: ReferenceUse): Read {
  const { text, span, place, onbuild, instruction } = use;
  if (/^[.~/]|:\/\/|^(?:oci-layout|docker-image|containers-storage|docker-archive|oci-archive|dir):/.test(text)) {
    return { refused: 'reference-not-in-registry' };
  }
  if (place === 'mount-from' && /^\d+$/.test(text))
    return { refused: 'reference-not-in-registry', detail: 'mounts take no stage numbers' };
  if (onbuild && !/[:/.@]/.test(text)) return { refused: 'reference-may-be-stage' };
  const parsed = parseReference(text);
  if (!parsed.ok) return { refused: 'reference-invalid' };
  if (!span) return { refused: 'text-spread' };
  return { text, reference: parsed.reference, token: span, holds: 'reference', instruction };
}

function fromArgument(file: Dockerfile, use: ReferenceUse): Read {
  const from = use.instruction!;
  // COPY and mounts take no variables: BuildKit reports those, and no digest would help.
  if (use.place !== 'from') return { refused: 'reference-invalid', detail: 'no variables are expanded here' };
  if (/@sha256:[^}]*$/.test(use.text)) return { refused: 'digest-beside-variable' };
  const expanded = file.expand(use.text, from);
  if (!expanded.ok) return { refused: 'reference-unresolved' };
  const name = use.variables[0]!;
  const unset = use.variables.find((variable) => {
    const value = file.lookup(from)(variable);
    return !value.known || !value.value;
  });
  if (unset !== undefined) return { refused: 'reference-unresolved', detail: unset };
  const bare = use.text.replace(/["']/g, '');
  const variable = `\\$(?:${name}|\\{${name}\\})`;
  const whole = new RegExp(`^${variable}$`).test(bare);
  const tag = new RegExp(`^[^$]+:${variable}$`).test(bare);
  if (use.variables.length !== 1 || (!whole && !tag)) return { refused: 'reference-from-argument' };
  const parsed = parseReference(expanded.value);
  if (!parsed.ok) return { refused: 'reference-invalid' };
  if (parsed.reference.digest === undefined && isUsedElsewhere(file, name, expanded.value)) {
    return { refused: 'argument-shared', detail: name };
  }
  const place = defaultOf(file, name);
  if (!place) return { refused: 'reference-from-argument' };
  return { text: expanded.value, reference: parsed.reference, holds: whole ? 'reference' : 'tag', ...place };
}

/** The source range of a global build argument's default, quotes left out; undefined where it is not one plain text. */
function defaultOf(file: Dockerfile, name: string): { token: Span; instruction: Instruction } | undefined {
  const found: { token: Span; instruction: Instruction }[] = [];
  for (const instruction of globalArguments(file)) {
    for (const word of file.words(instruction)) {
      if (word.text !== name && !word.text.startsWith(`${name}=`)) continue;
      const raw = instruction.logical.text.slice(word.start, word.end);
      const value = /^\w+=(["']?)([^"'\\`$]+)\1$/.exec(raw);
      if (!value || instruction.opaque || !instruction.logical.isContiguous(word.start, word.end)) return undefined;
      const start = word.start + name.length + 1 + value[1]!.length;
      found.push({ token: instruction.logical.span(start, start + value[2]!.length), instruction });
    }
  }
  return found.length === 1 ? found[0] : undefined;
}

function globalArguments(file: Dockerfile): Instruction[] {
  return file.instructions.filter((each) => !each.stage && each.keyword === 'ARG');
}

/** Whether a build argument is used anywhere but in FROMs of one and the same reference. */
function isUsedElsewhere(file: Dockerfile, name: string, reference: string): boolean {
  const uses = new RegExp(`\\$(?:${name}(?!\\w)|\\{${name}(?!\\w))`);
  return file.instructions.some((each) => {
    if (each.keyword === 'ARG') {
      return file.words(each).some((word) => uses.test(word.text) || (each.stage && word.text.split('=')[0] === name));
    }
    if (each.keyword !== 'FROM') return uses.test(file.source.slice(each.span.start, each.span.end));
    if (!uses.test(each.logical.text)) return false;
    const base = each.stage?.base;
    const expanded = base && file.expand(base.text, each);
    const outsideBase = base ? each.logical.text.replace(base.text, '') : each.logical.text;
    return uses.test(outsideBase) || !expanded?.ok || expanded.value !== reference;
  });
}
