import type { Dockerfile, Instruction, Stage } from '../../src/dockerfile/index.ts';
import { type Libc, type Release, releaseOf, runtimesReadOn, supportEndOf } from '../../src/facts/index.ts';
import { familiarName, normalize, parseReference } from '../../src/image/index.ts';
import {
  type ContextFacts,
  directoryBehind,
  type Facts,
  isAvailable,
  Layout,
  type StageCommand,
  stageCommands,
} from '../../src/transform/index.ts';
import { readStart, type Start } from './start.ts';

/** What a recipe looks at: the last stage of a file, read once. */
export interface Subject {
  readonly file: Dockerfile;
  readonly facts: Facts;
  readonly stage: Stage;
  /** The base image: its familiar name, and its tag with the defaults of build arguments. */
  readonly base: { readonly repository: string; readonly tag: string; readonly written: string };
  /** The distribution of the base image, and whether it is exactly that one or may be an older one. */
  readonly release: (Release & { readonly exact: boolean }) | undefined;
  readonly libc: Libc | undefined;
  readonly commands: readonly StageCommand[];
  readonly layout: Layout | undefined;
  readonly context: ContextFacts | undefined;
  /** The working directory at the end of the stage. */
  readonly directory: string | undefined;
  readonly start: Start | undefined;
  /** The kind of runtime that the user wants. */
  readonly wants: string;
}

/** Reads the last stage of a file; undefined where its base is not an image, or a RUN of it cannot be read. */
export function readSubject(file: Dockerfile, facts: Facts, wants: string): Subject | 'shell-opaque' | undefined {
  const stage = file.finalStage;
  if (!stage || stage.parent || !stage.base || stage.from.opaque) return undefined;
  const reference = file.baseReference(stage);
  const parsed = reference === undefined ? undefined : parseReference(reference);
  if (!parsed?.ok) return undefined;
  const canonical = normalize(parsed.reference);
  const repository = familiarName(canonical);
  const tag = canonical.tag ?? '';
  if (stage.instructions.some((each) => each.opaque)) return 'shell-opaque';
  const { commands, unread } = stageCommands(file, stage, facts);
  if (unread.length > 0) return 'shell-opaque';
  const layout = Layout.of(file, stage, facts);
  const directory = directoryBehind(file, stage.instructions.at(-1)!, facts);
  const release = releaseFor(repository, tag, reference!, facts);
  const context = facts.context();
  return {
    file,
    facts,
    stage,
    base: { repository, tag, written: stage.base.text },
    release,
    libc: release?.libc,
    commands,
    layout,
    context: isAvailable(context) ? context : undefined,
    directory,
    start: readStart(file, stage, facts, repository, directory, layout),
    wants,
  };
}

function releaseFor(repository: string, tag: string, reference: string, facts: Facts): Subject['release'] {
  const image = facts.image(reference);
  const codename = isAvailable(image) ? image.release?.codename : undefined;
  const fromImage = codename === undefined ? undefined : releaseOf('', codename);
  if (fromImage) return { ...fromImage, exact: true };
  const found = releaseOf(repository, tag);
  if (!found) return undefined;
  // A version tag without a release is moved to the newest one, but for the patch releases that are history.
  const ends = supportEndOf(repository, /^\d+(?:\.\d+)*/.exec(tag)?.[0] ?? '');
  const isMoved = !/^\d+\.\d+\.\d+/.test(tag) && (ends === undefined || ends >= runtimesReadOn);
  const exact = new RegExp(`(?:^|-)${found.name}`).test(tag) || isMoved;
  return { ...found, exact };
}

/** The last instruction that makes the build stage: what stands after it is for the container. */
export function lastOfBuild(stage: Stage): Instruction {
  const builds = new Set(['FROM', 'RUN', 'COPY', 'ADD', 'SHELL']);
  return stage.instructions.findLast((each) => builds.has(each.keyword))!;
}
