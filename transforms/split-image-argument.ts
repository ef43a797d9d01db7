import type { Dockerfile, Instruction } from '../src/dockerfile/index.ts';
import { keywordLike, removeInstruction, type TextEdit } from '../src/edit/index.ts';
import { familiarName, type ImageReference, normalize, parseReference } from '../src/image/index.ts';
import type { Span } from '../src/text/index.ts';
import {
  defineTransform,
  type Facts,
  type Fix,
  isAvailable,
  isNamedContext,
  writableReferences,
} from '../src/transform/index.ts';

/** A FROM whose tag is made of build arguments, in a way that no digest fits in. */
interface Use {
  readonly from: Instruction;
  readonly span: Span;
  readonly variables: readonly string[];
  /** The whole reference, build arguments replaced by their defaults. */
  readonly text: string;
  readonly reference: ImageReference;
}

export const splitImageArgument = defineTransform({
  id: 'split-image-argument',
  bases: false,
  meta: {
    summary: 'Split build arguments in the tags of images into one argument for each whole reference',
    why:
      'A digest belongs to one image. Where several images share a build argument, or one tag is made of several, there ' +
      'is no place for it: an argument that holds the whole reference is one, and `--build-arg` can still replace it.',
    safety: 'manual',
    safetyNote:
      'The build is the same without `--build-arg`. The old arguments are gone, so whoever sets them has to set the new ' +
      'ones, and only people know who does. Not offered where a file of the repository sets one, where a stage uses one ' +
      'too, and where one is part of a registry or a name.',
    preset: 'recommended',
    since: '0.1.0',
    onbuild: false,
    answers: {},
  },
  needs: (file) => {
    const digests = splittable(file).map((each) => each.text);
    return { digests, usage: digests.length > 0 };
  },
  *find({ file, facts }) {
    const uses = splittable(file);
    const [first] = uses;
    if (!first || uses.some((each) => !isWanted(each, facts))) return;
    const names = [...new Set(uses.flatMap((each) => each.variables))];
    const texts = [...new Set(uses.map((each) => `\`${each.text}\``))];
    const fix = split(file, uses, names);
    if (!fix) return;
    yield {
      span: first.span,
      message: `No digest fits into ${texts.join(' and ')}: ${listed(names)} ${names.length > 1 ? 'are' : 'is'} not the whole tag of one image`,
      fix: {
        title: `Give ${texts.join(' and ')} an argument with the whole reference instead of ${listed(names)}`,
        safety: 'manual',
        evidence: ['text', 'registry'],
        ...fix,
      },
    };
  },
});

function listed(names: readonly string[]): string {
  return names.map((name) => `\`${name}\``).join(', ');
}

/** The references that no digest fits in, and that would have place for one if their arguments were split. */
function splittable(file: Dockerfile): Use[] {
  let uses = writableReferences(file).flatMap((each): Use[] => {
    const { use, span } = each;
    if ('token' in each || !use.instruction || !use.span) return [];
    if (each.refused !== 'argument-shared' && each.refused !== 'reference-from-argument') return [];
    const before = use.text.slice(0, use.text.indexOf('$'));
    const isTag = before.lastIndexOf(':') > before.lastIndexOf('/') && !use.text.slice(before.length).includes('/');
    const expanded = file.expand(use.text, use.instruction);
    const parsed = expanded.ok && isTag ? parseReference(expanded.value) : undefined;
    if (!expanded.ok || !parsed?.ok || parsed.reference.digest !== undefined) return [];
    const variables = [...new Set(use.variables)];
    return [{ from: use.instruction, span, variables, text: expanded.value, reference: parsed.reference }];
  });
  // Without one reference, an argument that it shares with another is used elsewhere.
  for (let count = -1; count !== uses.length; ) {
    count = uses.length;
    const froms = new Set(uses.map((each) => each.from));
    uses = uses.filter((each) =>
      each.variables.every((name) => declaration(file, name) && !isUsedBeyond(file, name, froms)),
    );
  }
  return uses;
}

/** The one global ARG that declares a name, and nothing else. */
function declaration(file: Dockerfile, name: string): Instruction | undefined {
  const all = file.instructions.filter(
    (each) => each.keyword === 'ARG' && file.words(each).some((word) => word.text.split('=')[0] === name),
  );
  const [only] = all;
  const isAlone = only && all.length === 1 && file.words(only).length === 1 && !only.stage && !only.opaque;
  return isAlone && only.logical.isContiguous(only.argsStart, only.argsEnd) ? only : undefined;
}

function isUsedBeyond(file: Dockerfile, name: string, froms: ReadonlySet<Instruction>): boolean {
  const use = new RegExp(`\\$(?:${name}(?!\\w)|\\{${name}(?!\\w))`, 'g');
  return file.instructions.some((each) => {
    const text = file.source.slice(each.span.start, each.span.end);
    const base = froms.has(each) ? (each.stage?.base?.text ?? '') : '';
    return (text.match(use)?.length ?? 0) > (base.match(use)?.length ?? 0);
  });
}

/** Whether a digest would be written, and no file of the repository is known to set one of the arguments. */
function isWanted({ text, reference, variables }: Use, facts: Facts): boolean {
  if (!isAvailable(facts.digest(text)) || isNamedContext(facts, reference)) return false;
  const usage = facts.usage();
  return !isAvailable(usage) || !usage.builds.some(({ args }) => args.some((name) => variables.includes(name)));
}

function split(
  file: Dockerfile,
  uses: readonly Use[],
  names: readonly string[],
): Pick<Fix, 'edits' | 'changes'> | undefined {
  const arguments_ = new Map<string, string>();
  for (const { text, reference } of uses) {
    if (!arguments_.has(text)) arguments_.set(text, freeName(file, reference, [...arguments_.values()]));
  }
  const declarations = names.map((name) => declaration(file, name)!).sort((a, b) => a.index - b.index);
  const [first, ...others] = declarations as [Instruction, ...Instruction[]];
  const keyword = keywordLike(file.source.slice(first.span.start, first.span.start + 3), 'ARG');
  const lines = [...arguments_].map(([text, name]) => `${keyword} ${name}=${text}`);
  const removals = others.map((each) => removeInstruction(file, each));
  if (removals.some((each) => each === undefined)) return undefined;
  const edits: TextEdit[] = [
    { start: first.span.start, end: first.span.end, text: lines.join(file.eol) },
    ...(removals as TextEdit[]),
    ...uses.map(({ span, text }) => ({ ...span, text: `\${${arguments_.get(text)}}` })),
  ];
  return {
    edits,
    changes: {
      edits: [first.index, ...uses.map((each) => each.from.index)],
      removes: others.map((each) => each.index),
      adds: lines.slice(1).map(() => ({ before: first.index + 1, keyword: 'ARG' })),
    },
  };
}

/** `NODE_IMAGE`, or with a number where the file has that name. */
function freeName(file: Dockerfile, reference: ImageReference, taken: readonly string[]): string {
  const last = familiarName(normalize(reference)).split('/').at(-1)!;
  const name = `${last.toUpperCase().replace(/\W+/g, '_').replace(/^\d/, '_$&')}_IMAGE`;
  for (let number = 1; ; number++) {
    const candidate = number === 1 ? name : `${name}_${number}`;
    if (!taken.includes(candidate) && !new RegExp(`\\b${candidate}\\b`).test(file.source)) return candidate;
  }
}
