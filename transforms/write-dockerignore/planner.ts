import { type ContextFacts, isAvailable, isProgramsEnvironment, type Taken } from '../../src/transform/index.ts';
import type { Build, Take } from './build.ts';
import { type Candidate, type CandidateKind, candidatesOf, ownFile } from './candidates.ts';
import { gitReader } from './git-data.ts';
import { isNamed, laterNames, namesFolderOf, staticPath } from './naming.ts';
import { extendedText, leavesOut, newText, type Pattern, patternsFor } from './patterns.ts';
import { isMade } from './proof.ts';
import { readerOf } from './readers.ts';

/** Why the patterns cannot be worked out. */
export type PlannerRefusal = 'copies-unclear' | 'patterns-unproven';

/** What one set of candidates comes to. */
export interface Choice {
  readonly patterns: readonly Pattern[];
  readonly taken: ReadonlySet<Candidate>;
  /** Something that it leaves out is taken by a build. */
  readonly isWorthwhile: boolean;
}

/** A source, with all that take it. */
interface Source {
  readonly source: string;
  readonly takes: { readonly build: Build; readonly take: Take }[];
  readonly taken: Taken;
}

/** Kinds that no image can need. */
const harmless: ReadonlySet<CandidateKind> = new Set(['version-control', 'output', 'cache', 'ignore-file']);
/** Kinds that are worth a line in somebody else's file. */
const worthAdding: ReadonlySet<CandidateKind> = new Set(['version-control', 'output', 'cache', 'secret']);
/** Tools that put the variables of `.env` files into what they build. */
const readsEnvironment =
  /^(?:next|vite|nuxt|react-scripts|gatsby|astro|@vue\/cli-service|parcel|@sveltejs\/kit|@remix-run\/dev)$/;

/** Weighs the candidates of one context against all that its Dockerfiles take. */
export class Planner {
  readonly #context: ContextFacts;
  readonly #builds: readonly Build[];
  readonly #base: string;
  readonly #sources = new Map<string, Source>();
  readonly #commands: string;
  /** The names in the lines of `#base` that begin with `!`. */
  readonly #broughtBack: ReadonlySet<string>;
  #gitStays: string | undefined;

  /** @param base the ignore text that is added to */
  constructor(context: ContextFacts, builds: readonly Build[], base: string) {
    this.#context = context.ignore.text === base ? context : context.withIgnore(base);
    this.#builds = builds;
    this.#base = base;
    this.#commands = builds.map(({ commands }) => commands).join('\n');
    const exceptions = base.split(/\r?\n/).filter((line) => line.startsWith('!'));
    this.#broughtBack = new Set(exceptions.flatMap((line) => line.split('/').map((part) => part.replace(/^!/, ''))));
  }

  /** What is left out without a risk, and all that may be; a reason where nothing can be said. */
  run(): { safe: Choice; all: Choice; gitStays: string | undefined } | PlannerRefusal {
    const { sent } = this.#context;
    if (!isAvailable(sent)) return 'copies-unclear';
    for (const build of this.#builds) {
      for (const take of build.takes) {
        // What a variable without a default stands for may be all that is there.
        const source = take.source.includes('$') ? staticPath(take) || '.' : take.source || '.';
        const key = JSON.stringify([take.written, source, take.options]);
        const known = this.#sources.get(key);
        if (known) known.takes.push({ build, take });
        else this.#sources.set(key, { source, takes: [{ build, take }], taken: sent.take(source, take.options) });
      }
    }
    const sources = [...this.#sources.values()];
    if (sources.some(({ taken }) => taken.kind === 'unknown')) return 'copies-unclear';
    const isNew = this.#base === '' && this.#context.ignore.path === ownFile.path;
    const found = [...candidatesOf(this.#context), ...(isNew ? [ownFile] : [])];
    let candidates = found.filter((each) => this.#isOpen(each) && !this.#isWanted(each));
    const exactly = new Set<string>();
    for (let round = 0; round < ROUNDS; round++) {
      const patterns = patternsFor(candidates, exactly);
      const judged = this.#judge(patterns);
      if (judged === 'copies-unclear') return judged;
      if (judged.exactly.size > 0 || judged.dropped.size > 0) {
        for (const name of judged.exactly) exactly.add(name);
        candidates = candidates.filter((each) => !judged.dropped.has(each));
        continue;
      }
      const { taken } = judged;
      const kept = candidates.filter((each) => taken.has(each) || (each.exists && isWorthSparing(each)));
      const isSafe = (each: Candidate) => harmless.has(each.kind) || !taken.has(each);
      // A Dockerfile in an image, or a secret that may never be there, is no reason by itself.
      const isReason = (each: Candidate) =>
        taken.has(each) &&
        each.kind !== 'docker' &&
        each.kind !== 'ignore-file' &&
        (each.exists || each.kind !== 'secret');
      const choice = (all: readonly Candidate[], isWorthwhile: boolean): Choice => {
        return { patterns: patternsFor(all, exactly), taken, isWorthwhile };
      };
      const unsafe = kept.filter((each) => !isSafe(each));
      const safe = choice(
        kept.filter(isSafe),
        kept.some((each) => isSafe(each) && isReason(each)),
      );
      const all = choice(kept, unsafe.some(isReason));
      const isProven = [safe, all].every(({ patterns: chosen }) => this.#isProven(chosen));
      return isProven ? { safe, all, gitStays: this.#gitStays } : 'patterns-unproven';
    }
    return 'patterns-unproven';
  }

  /** Whether a candidate is there and sent, or will be. */
  #isOpen(each: Candidate): boolean {
    const { sent } = this.#context;
    if (!each.isPlain) return false;
    if (this.#base === '') return true;
    if (!each.exists || !worthAdding.has(each.kind) || !isAvailable(sent) || !sent.has(each.path)) return false;
    // Of a directory whose contents are left out already, an empty one is all that is sent.
    const inside = this.#context.children(each.path);
    if (inside.length > 0 && !inside.some(({ path }) => sent.has(path))) return false;
    // What the file brings back with `!` is wanted.
    return !this.#broughtBack.has(each.name);
  }

  /** Whether a build names a candidate, its commands speak of it, or what is built may read it. */
  #isWanted(each: Candidate): boolean {
    for (const { takes, taken } of this.#sources.values()) if (isNamed(takes[0]!.take, taken, each)) return true;
    if (harmless.has(each.kind)) return false;
    if (each.kind === 'secret' && this.#isMeant(each)) return true;
    const name = each.path.slice(each.path.lastIndexOf('/') + 1);
    if (this.#commands.includes(name)) {
      const word = new RegExp(`(?<![\\w.-])${name.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')}(?![\\w.-])`);
      if (word.test(this.#commands)) return true;
    }
    if (each.kind !== 'secret' || !name.startsWith('.env')) return readerOf(this.#context, each) !== undefined;
    return this.#buildReadsEnvironment() || (each.exists && isProgramsEnvironment(this.#context, each.path));
  }

  /**
   * A secret in a folder which a build names. What git leaves out is missing elsewhere: further down it is there by
   * chance, and an environment file is a developer's own anywhere.
   */
  #isMeant(each: Candidate): boolean {
    const isLeftOut = this.#context.gitIgnores(each.path, false);
    if (isLeftOut && each.name.startsWith('.env')) return false;
    return [...this.#sources.values()].some(({ takes, taken }) => {
      const how = namesFolderOf(takes[0]!.take, taken, each);
      return how === 'itself' || (how === 'above' && !isLeftOut);
    });
  }

  #buildReadsEnvironment(): boolean {
    if (!/\b(?:build|generate|export)\b/.test(this.#commands)) return false;
    return this.#context.manifests.some(({ kind, facts }) => {
      if (kind !== 'package.json' || !facts.ok) return false;
      const { dependencies, devDependencies } = facts.value;
      return Object.keys({ ...dependencies, ...devDependencies }).some((name) => readsEnvironment.test(name));
    });
  }

  #text(patterns: readonly Pattern[]): string {
    return this.#base === '' ? newText(patterns) : extendedText(this.#base, patterns);
  }

  /** What must not be left out after all, and which candidates builds take. */
  #judge(patterns: readonly Pattern[]): Judgement | 'copies-unclear' {
    const text = this.#text(patterns);
    const judgement: Judgement = { exactly: new Set(), dropped: new Set(), taken: new Set() };
    const byPath = new Map(patterns.flatMap(({ candidates }) => candidates.map((each) => [each.path, each])));
    this.#keepOthers(patterns, text, byPath, judgement);
    for (const source of this.#sources.values()) {
      const { take } = source.takes[0]!;
      const lost = this.#context.lost(source.source, take.options, text);
      if ('kind' in lost) {
        if (lost.kind === 'unknown') return 'copies-unclear';
        if (lost.kind === 'missing') this.#drop(patterns, lost.path, judgement);
        continue;
      }
      for (const { path } of lost) {
        const candidate = covering(byPath, path);
        if (candidate) this.#weigh(source, candidate, judgement);
      }
      for (const candidate of byPath.values()) {
        if (!candidate.exists && takesAll(source, candidate.owner)) this.#weigh(source, candidate, judgement);
      }
    }
    return judgement;
  }

  /** A pattern for many paths leaves out nothing else, and nothing that a source names. */
  #keepOthers(
    patterns: readonly Pattern[],
    text: string,
    byPath: ReadonlyMap<string, Candidate>,
    judgement: Judgement,
  ): void {
    for (const { path } of this.#context.leftOut(text)) {
      if (covering(byPath, path)) continue;
      for (const each of patterns) if (leavesOut(each.text, path)) judgement.exactly.add(each.candidates[0]!.name);
    }
    for (const { takes } of this.#sources.values()) {
      const { take } = takes[0]!;
      const fixed = staticPath(take);
      const later = laterNames(take);
      for (const each of patterns) {
        const { name } = each.candidates[0]!;
        if (!each.text.startsWith('**/')) {
          if (fixed !== '' && leavesOut(each.text, fixed)) judgement.dropped.add(each.candidates[0]!);
        } else if (later.includes(name) || (fixed !== '' && leavesOut(each.text, fixed))) judgement.exactly.add(name);
      }
    }
  }

  #drop(patterns: readonly Pattern[], path: string, { dropped }: Judgement): void {
    for (const { text, candidates } of patterns)
      if (leavesOut(text, path)) for (const each of candidates) dropped.add(each);
  }

  /** One source takes a candidate: it may be left out only where none of the builds misses it. */
  #weigh({ takes, taken }: Source, candidate: Candidate, judgement: Judgement): void {
    judgement.taken.add(candidate);
    if (judgement.dropped.has(candidate)) return;
    if (candidate.kind === 'output') {
      const made = takes.every(({ build, take }) => isMade(this.#context, build, take, taken, candidate));
      if (!made) judgement.dropped.add(candidate);
    } else if (candidate.name === '.git') {
      for (const { build, take } of takes) {
        const reader = gitReader(this.#context, build, take);
        if (reader === undefined) continue;
        this.#gitStays ??= reader;
        judgement.dropped.add(candidate);
        return;
      }
    }
  }

  /** Whether a text leaves out nothing but what its patterns are for, on every builder. */
  #isProven(patterns: readonly Pattern[]): boolean {
    if (patterns.length === 0) return true;
    const text = this.#text(patterns);
    const byPath = new Map(patterns.flatMap(({ candidates }) => candidates.map((each) => [each.path, each])));
    for (const { path } of this.#context.leftOut(text)) if (!covering(byPath, path)) return false;
    return this.#context.disputedWith(text).length === 0;
  }
}

interface Judgement {
  /** Names whose paths must be written out. */
  readonly exactly: Set<string>;
  readonly dropped: Set<Candidate>;
  readonly taken: Set<Candidate>;
}

/** A round can do no more than one of a few names and candidates wrong; as many never happen. */
const ROUNDS = 40;

/** Whether a path that no build takes is worth a line: it would be sent to builders that send everything. */
function isWorthSparing({ kind }: Candidate): boolean {
  return kind !== 'ignore-file' && (harmless.has(kind) || kind === 'secret');
}

/** The candidate at a path or above it. */
function covering(byPath: ReadonlyMap<string, Candidate>, path: string): Candidate | undefined {
  for (let at = path; ; at = at.slice(0, at.lastIndexOf('/'))) {
    const found = byPath.get(at);
    if (found || !at.includes('/')) return found;
  }
}

/** Whether a source takes whatever a directory holds. */
function takesAll({ taken }: Source, directory: string): boolean {
  if (taken.kind !== 'taken') return false;
  return taken.matches.some(({ file: { type, path } }) => {
    return type === 'directory' && (path === '' || directory === path || directory.startsWith(`${path}/`));
  });
}
