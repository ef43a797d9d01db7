export { type FileKind, inspectFile } from './archive.ts';
export type { BuildReading } from './build-reading.ts';
export { type IgnoreError, type IgnoreLine, IgnoreMatcher, readIgnoreFile, Sieve } from './dockerignore.ts';
export { contextFacts } from './facts.ts';
export { hasWildcard, isGlob, matchGlob } from './glob.ts';
export { loadParsers } from './load-parsers.ts';
export { type Listing, type Location, locate, type NamedBuild, type Question } from './locate.ts';
export {
  BuildContext,
  type ContextError,
  type ContextOptions,
  type IgnoreInForce,
  openContext,
  type Totals,
} from './open.ts';
export type { Unread } from './read-file.ts';
export { type IgnoreFile, Repository } from './repository.ts';
export {
  judgeForAdd,
  lostEntries,
  type SourceMatch,
  type SourceOptions,
  type SourceResult,
  takeSource,
  type UnknownSource,
} from './sources.ts';
export { usageOf } from './usage.ts';
export { ContextView } from './view.ts';
export {
  type ContextEntry,
  type ContextTree,
  defaultLimits,
  entriesBelow,
  entryAt,
  type WalkLimits,
  walkContext,
} from './walk.ts';
