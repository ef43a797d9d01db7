import { Dockerfile } from './dockerfile/index.ts';

export { Dockerfile, DockerfileSyntaxError, type Instruction, type Stage } from './dockerfile/index.ts';
export {
  type FileEdit,
  indentAt,
  insertAfter,
  insertBefore,
  insertLinesAbove,
  insertLinesBelow,
  keywordLike,
  removeInstruction,
  removeToken,
  replaceRange,
  type TextEdit,
} from './edit/index.ts';
export {
  type AppliedFix,
  type Choice,
  type FixOptions,
  type FixResult,
  fix,
  fixBatch,
  type Job,
  type JobResult,
  type OpaqueInstruction,
  type Ports,
  type RejectedFix,
  type Report,
  UnstableFixError,
} from './engine/index.ts';
export type { ImageFacts, ImageGroup, ImageUser, System } from './facts/index.ts';
export type { Eol, Position, Span } from './text/index.ts';
export {
  defineTransform,
  type Evidence,
  type Facts,
  type Finding,
  type Fix,
  type Input,
  isAvailable,
  type Meta,
  type Needs,
  type Option,
  type Options,
  type Question,
  type Safety,
  type SkipReason,
  skipReasons,
  type Transform,
  TransformError,
  transformFaults,
  type Unavailable,
} from './transform/index.ts';

/** Parses the text of a Dockerfile. Throws DockerfileSyntaxError where BuildKit's parser fails. */
export function parse(source: string): Dockerfile {
  return new Dockerfile(source);
}
