import type { Span } from '../text/index.ts';
import type { Dockerfile, Instruction } from './model.ts';
import type { Clause } from './scan.ts';
import type { Flag } from './words.ts';

/** Where an image reference can stand. */
export type ReferencePlace = 'from' | 'copy-from' | 'mount-from' | 'syntax';

/** One image reference as written; names of stages and `scratch` are none. */
export interface ReferenceUse {
  readonly place: ReferencePlace;
  /** The instruction that holds it; undefined for `# syntax=`. */
  readonly instruction: Instruction | undefined;
  /** It stands inside an ONBUILD, where names of stages are the child's. */
  readonly onbuild: boolean;
  /** As BuildKit takes it, before variables are expanded: quotes removed. */
  readonly text: string;
  /** The source range of `text`; undefined where quotes, escapes or line breaks stand inside it. */
  readonly span: Span | undefined;
  /** Names of the variables in it; only FROM takes any. */
  readonly variables: readonly string[];
}

/** Every image reference of a file in the five places that hold one, in source order. */
export function imageReferences(file: Dockerfile): ReferenceUse[] {
  const uses: ReferenceUse[] = [];
  const syntax = syntaxReference(file);
  if (syntax) uses.push(syntax);
  for (const instruction of file.instructions) {
    if (instruction.keyword === 'FROM') uses.push(...fromReference(file, instruction));
    else {
      uses.push(...clauseReferences(file, instruction, instruction, false));
      if (instruction.onbuild) uses.push(...clauseReferences(file, instruction, instruction.onbuild, true));
    }
  }
  return uses;
}

/**
 * The frontend image: the first word of the directive's value. It is looked up before the file is parsed, and stricter: a
 * shebang line may stand above the directives, and no blank before one (BuildKit, frontend/dockerfile/parser/directives.go,
 * DetectSyntax).
 */
function syntaxReference(file: Dockerfile): ReferenceUse | undefined {
  const found = detectSyntax(file.source);
  if (!found) return undefined;
  const text = found.text.split(' ')[0]!;
  return {
    place: 'syntax',
    instruction: undefined,
    onbuild: false,
    text,
    span: { start: found.start, end: found.start + text.length },
    variables: [],
  };
}

function detectSyntax(source: string): { text: string; start: number } | undefined {
  let at = /^\uFEFF?(?:#![^\n]*\n)?/.exec(source)![0].length;
  for (;;) {
    const line = /^#[ \t]*(syntax|escape|check)[ \t]*=[ \t]*(\S[^\r\n]*?)[ \t]*(?:\r?\n|$)/i.exec(
      source.slice(at, at + 4096),
    );
    if (!line) return undefined;
    const text = line[2]!;
    if (line[1]!.toLowerCase() === 'syntax') return { text, start: at + line[0].indexOf(text, line[0].indexOf('=')) };
    at += line[0].length;
  }
}

function fromReference(file: Dockerfile, instruction: Instruction): ReferenceUse[] {
  const { stage, logical } = instruction;
  const word = stage?.base;
  if (!word || stage.parent || instruction.opaque) return [];
  const expanded = file.expand(word.text, instruction);
  const { variables } = expanded;
  if (variables.length === 0 && expanded.ok && expanded.value === 'scratch') return [];
  const quote = /^(["'])([^"'\\`]*)\1$/.exec(word.text);
  const text = quote ? quote[2]! : word.text;
  const from = word.start + (quote ? 1 : 0);
  const plain = !/["'\\`]/.test(text) && logical.isContiguous(from, from + text.length);
  const span = plain && text !== '' ? logical.span(from, from + text.length) : undefined;
  return [{ place: 'from', instruction, onbuild: false, text, span, variables }];
}

function clauseReferences(
  file: Dockerfile,
  instruction: Instruction,
  clause: Clause,
  onbuild: boolean,
): ReferenceUse[] {
  if (instruction.opaque) return [];
  const uses: ReferenceUse[] = [];
  for (const flag of clause.flags) {
    if (clause.keyword === 'COPY' && flag.name === 'from' && flag.value) {
      if (onbuild || !file.stageByName(flag.value, { byIndex: true })) uses.push(use('copy-from', flag.value, flag));
    }
    if (clause.keyword !== 'RUN' || flag.name !== 'mount' || !flag.value) continue;
    const fields = flag.value.split(',').map((field) => field.split(/=(.*)/s));
    const type = fields.find(([key]) => key!.toLowerCase() === 'type')?.[1] ?? 'bind';
    const from = fields.find(([key]) => key!.toLowerCase() === 'from')?.[1];
    if (!from || (type !== 'bind' && type !== 'cache')) continue;
    if (onbuild || !file.stageByName(from, { byIndex: false })) uses.push(use('mount-from', from, flag));
  }
  return uses.filter((each) => each.text !== 'scratch');

  function use(place: ReferencePlace, text: string, flag: Flag): ReferenceUse {
    const { logical } = instruction;
    const raw = logical.text.slice(flag.start, flag.end);
    const at = raw.search(/from=/i) + 'from='.length;
    const offset = raw.startsWith(text, at) ? at : raw.startsWith(text, at + 1) ? at + 1 : -1;
    const start = flag.start + offset;
    const contiguous = offset !== -1 && logical.isContiguous(start, start + text.length);
    const span = contiguous ? logical.span(start, start + text.length) : undefined;
    return { place, instruction, onbuild, text, span, variables: text.match(/\$\{?\w+/g) ?? [] };
  }
}
