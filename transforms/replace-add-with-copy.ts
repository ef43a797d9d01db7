import { type Clause, type Dockerfile, expandWord, type Instruction } from '../src/dockerfile/index.ts';
import { keywordLike } from '../src/edit/index.ts';
import {
  defineTransform,
  type Evidence,
  type Facts,
  holdsTemplate,
  isAvailable,
  type SkipReason,
} from '../src/transform/index.ts';

/** Sources that ADD fetches (BuildKit, frontend/dockerfile/parser: URLs, and Git repositories also in SCP style). */
const remote = /^(?:(?:https?|git|ssh):\/\/|[\w-]+@[\w.-]+:)/;
const archiveName = /\.(?:tar|tar\.\w+|tgz|tbz2?|txz|tlz|tzst)$/i;
const heredoc = /^\d*<<-?[^<]/;
const sharedFlags = new Set(['chown', 'chmod', 'link', 'exclude']);

interface Added {
  readonly instruction: Instruction;
  readonly clause: Clause;
  readonly sources: readonly string[];
}

/** The ADD instructions of a file, those inside ONBUILD included, with their sources as written. */
function* additions(file: Dockerfile): Generator<Added> {
  for (const instruction of file.instructions) {
    if (instruction.opaque) continue;
    const clause = instruction.onbuild ?? instruction;
    if (clause.keyword !== 'ADD') continue;
    const words = clause.json ?? file.words(instruction, clause).map((word) => word.text);
    if (words.length < 2) continue;
    const sources = words.slice(0, -1);
    // What ADD fetches is what it is for.
    if (sources.some((source) => remote.test(source))) continue;
    yield { instruction, clause, sources };
  }
}

/** A source with its quotes gone; undefined where a variable takes part. */
function literal(file: Dockerfile, source: string): string | undefined {
  const expanded = expandWord(source, file.escape, () => ({ known: false }));
  return expanded.ok ? expanded.value : undefined;
}

/** The context itself, or a name with a slash at the end: a directory, and nothing inside one is unpacked. */
function isDirectory(pattern: string): boolean {
  return /^(?:\/?\.|[^*?[\]]*\/)$/.test(pattern) && !archiveName.test(pattern.replace(/\/+$/, ''));
}

/** Whether COPY takes a source as ADD does: on what evidence, or why that is not known. `archive`: ADD unpacks it. */
function judge(file: Dockerfile, facts: Facts, added: Added, source: string): Evidence | SkipReason | 'archive' {
  const { instruction, clause } = added;
  if (instruction.heredocs.length > 0 && heredoc.test(source)) return 'text';
  const pattern = literal(file, source);
  if (pattern === undefined || pattern === '') return archiveName.test(source) ? 'archive' : 'source-variable';
  if (remote.test(pattern)) return 'archive';
  if (isDirectory(pattern)) return 'text';
  if (clause !== instruction) return archiveName.test(pattern) ? 'archive' : 'source-of-child';
  const found = facts.source(pattern);
  if (!isAvailable(found)) return archiveName.test(pattern) ? 'archive' : 'context-unavailable';
  const kinds = new Set(found.entries.map((entry) => entry.kind));
  if (kinds.size === 0) return archiveName.test(pattern) ? 'archive' : 'source-no-match';
  if (kinds.has('archive')) return 'archive';
  if (kinds.has('lfs-pointer')) return 'source-lfs-pointer';
  return kinds.has('unreadable') ? 'source-unreadable' : 'context';
}

const message =
  '`ADD` also unpacks archives and fetches URLs, while `COPY` promises to take what stands there as it is';

export const replaceAddWithCopy = defineTransform({
  id: 'replace-add-with-copy',
  meta: {
    summary: 'Replace ADD with COPY where ADD does nothing more',
    why: 'ADD unpacks archives and fetches URLs. Where it only copies, COPY says so, and goes on doing so when a source becomes an archive.',
    safety: 'safe',
    safetyNote:
      'Every source is read in the build context: one that ADD would unpack, judged by its content, or that cannot be read stays.',
    preset: 'recommended',
    since: '0.1.0',
    onbuild: true,
    answers: {
      hadolint: ['DL3020'],
      trivy: ['DS-0005'],
      checkov: ['CKV_DOCKER_4'],
      cis: ['4.9'],
      kics: ['9513a694-aa0d-41d8-be61-3271e056f36b'],
    },
  },
  needs(file) {
    const patterns = [...additions(file)].flatMap(({ instruction, clause, sources }) =>
      instruction === clause ? sources.flatMap((source) => literal(file, source) || []) : [],
    );
    return { sources: patterns.filter((pattern) => !isDirectory(pattern) && !heredoc.test(pattern)) };
  },
  *find({ file, facts }) {
    for (const added of additions(file)) {
      const { instruction, clause, sources } = added;
      const { logical, index, span } = instruction;
      if (holdsTemplate(logical.text)) {
        yield { span, message, skipped: 'template-text' };
        continue;
      }
      const judged = sources.map((source) => judge(file, facts, added, source));
      if (judged.includes('archive')) {
        // An archive alone is what ADD is for.
        if (sources.length > 1 && judged.some((each) => each !== 'archive')) {
          yield { span, message, skipped: 'source-archive' };
        }
        continue;
      }
      if (clause.flags.some((flag) => !sharedFlags.has(flag.name))) {
        yield { span, message, skipped: 'flag-of-add' };
        continue;
      }
      const refused = judged.find((each): each is SkipReason => each !== 'text' && each !== 'context');
      if (refused) {
        yield { span, message, skipped: refused };
        continue;
      }
      if (!logical.isContiguous(clause.start, clause.keywordEnd)) {
        yield { span, message, skipped: 'text-spread' };
        continue;
      }
      const text = keywordLike(logical.text.slice(clause.start, clause.keywordEnd), 'COPY');
      const isOnbuild = clause !== instruction;
      yield {
        span,
        message,
        fix: {
          title: 'Replace `ADD` with `COPY`',
          safety: 'safe',
          evidence: judged.includes('context') ? ['context'] : ['text'],
          edits: [{ ...logical.span(clause.start, clause.keywordEnd), text }],
          changes: {
            edits: [index],
            ...(isOnbuild ? { config: ['OnBuild'] } : { becomes: [{ index, keyword: 'COPY' }] }),
          },
        },
      };
    }
  },
});
