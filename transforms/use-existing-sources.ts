import { type Dockerfile, expandWord, type Instruction } from '../src/dockerfile/index.ts';
import {
  type ContextFacts,
  contextTakes,
  defineTransform,
  type Facts,
  type Finding,
  holdsTemplate,
  isAvailable,
  type SkipReason,
  type TakeOptions,
} from '../src/transform/index.ts';

/** One source that an instruction takes from the build context. */
interface Source {
  readonly instruction: Instruction;
  /** With its quotes gone. */
  readonly text: string;
  readonly options: TakeOptions;
}

/** Directories that a build outside of the image makes: what is not there now is there when the image is built. */
const made =
  /^\/?(?:\.\/)?(?:target|build|dist|out|output|bin|publish|release|artifacts?|_build|_output|node_modules|vendor|\.next|\.output|coverage|generated|tmp)(?:\/|$)|\.(?:jar|war|ear|whl|tgz|tar|tar\.\w+|deb|rpm|apk|zip|so|exe)$/i;

/** The literal sources of COPY, ADD and bind mounts that come from the context. */
function* sources(file: Dockerfile): Generator<Source> {
  for (const instruction of file.instructions) {
    if (instruction.opaque || holdsTemplate(instruction.logical.text)) continue;
    for (const { written, options } of contextTakes(file, instruction)) {
      const text = literal(file, written);
      if (text !== undefined) yield { instruction, text, options };
    }
  }
}

function literal(file: Dockerfile, word: string): string | undefined {
  const expanded = expandWord(word, file.escape, () => ({ known: false }));
  return expanded.ok && expanded.value !== '' ? expanded.value : undefined;
}

/** An ignore text that lets one path through, as all builders read it; else why there is none. */
function letThrough(context: ContextFacts, source: Source): { readonly after: string } | SkipReason {
  const { ignore, siblings } = context;
  if (ignore.error !== undefined) return 'ignore-file-unusable';
  if (siblings.length > 0 && !ignore.ownOfDockerfile) return 'ignore-file-shared';
  const path = source.text.replace(/^(?:\.?\/)+|\/+$/g, '');
  const { text } = ignore;
  const eol = text.includes('\r\n') ? '\r\n' : '\n';
  const after = `${text}${text === '' || text.endsWith('\n') ? '' : eol}!${path}${eol}`;
  const sent = context.sentWith(after);
  const isPlain = /^[\w./@+-]+$/.test(path) && path !== '.';
  const taken = isAvailable(sent) && sent.take(source.text, source.options).kind === 'taken';
  return isPlain && taken && context.disputedWith(after).length === 0 ? { after } : 'ignore-pattern-unclear';
}

function judge(facts: Facts, source: Source): Finding | undefined {
  const context = facts.context();
  if (!isAvailable(context) || !context.complete) return undefined;
  const { sent, ignore } = context;
  const all = context.sentWith('');
  if (!isAvailable(sent) || !isAvailable(all)) return undefined;
  const { instruction, text, options } = source;
  const now = sent.take(text, options);
  if (now.kind !== 'missing' && now.kind !== 'empty') return undefined;
  const { span } = instruction;
  const shown = `\`${text}\``;
  const whole = all.take(text, options);
  if (whole.kind === 'taken') {
    const name = `\`${ignore.path}\``;
    if (now.kind === 'empty') {
      const message = `All that ${shown} matches is kept out by ${name}, so nothing is copied, and the build does not say so`;
      return { span, message, report: true };
    }
    const message = `${name} keeps ${shown} out of the build, which fails for it`;
    const found = letThrough(context, source);
    if (typeof found === 'string') {
      return { span, message, skipped: found, ...(ignore.error !== undefined && { detail: ignore.error }) };
    }
    return {
      span,
      message,
      fix: {
        title: `Let ${shown} through ${name}`,
        safety: 'unsafe',
        evidence: ['context'],
        edits: [],
        files: [{ path: ignore.path, before: ignore.text, after: found.after }],
        guards: [span],
        changes: { edits: [] },
      },
    };
  }
  // What is made before the build, or lies outside of Git, is not there in a fresh checkout either.
  if (made.test(text)) return undefined;
  const message =
    now.kind === 'empty'
      ? `${shown} matches nothing in the build context, so nothing is copied, and the build does not say so`
      : `${shown} is not in the build context: the build fails where nothing makes it first`;
  return { span, message, report: true };
}

export const useExistingSources = defineTransform({
  id: 'use-existing-sources',
  meta: {
    summary: 'Copy what the builder gets, and nothing that is ignored or missing',
    why: 'A source that the ignore file keeps out, or that is not there, stops the build; a wildcard without a match copies nothing, and nobody is told.',
    safety: 'unsafe',
    safetyNote:
      'What is let through the ignore file is sent to the builder again. Missing sources are reported only, as something may make them before the build.',
    preset: 'recommended',
    since: '0.1.0',
    onbuild: false,
    answers: { buildkit: ['CopyIgnoredFile'] },
  },
  needs(file) {
    return [...sources(file)].length > 0 ? { context: true } : {};
  },
  *find({ file, facts }) {
    for (const source of sources(file)) {
      const finding = judge(facts, source);
      if (finding) yield finding;
    }
  },
});
