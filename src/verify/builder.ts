import type { Readable } from 'node:stream';
import type { Disk } from './disk.ts';
import type { Runner } from './runner.ts';

/** The builders that a proof can be made with; each is looked for in this order. */
export const builderNames = ['buildx', 'docker', 'podman', 'buildah'] as const;
export type BuilderName = (typeof builderNames)[number];

/** What is passed through to the builder, as its own flags take it. */
export interface BuildSettings {
  /** `NAME=value`, or `NAME` for the environment's. */
  readonly args?: readonly string[];
  /** `id=name,src=file` or `id=name,env=NAME`. */
  readonly secrets?: readonly string[];
  readonly target?: string;
  readonly platform?: string;
  readonly network?: string;
}

/** One build. */
export interface BuildRequest {
  /** Absolute; a file beside it with `.dockerignore` appended is the one in force. */
  readonly dockerfile: string;
  /** The absolute folder of the build context. */
  readonly context: string;
  /** Without the builder's cache. */
  readonly fresh?: boolean;
  /** With empty cache mounts: what other builds left in them may be all that makes a step work. */
  readonly cold?: boolean;
  /** In milliseconds. */
  readonly timeout: number;
  /** The disk space that the build may take, in bytes. */
  readonly disk: number;
  /** Ends the build, with the error that it was aborted for. */
  readonly signal?: AbortSignal | undefined;
}

/** A program that builds images, for as long as its workspace is open. */
export interface Builder {
  readonly name: BuilderName;
  /** `docker 20.10.24 (/usr/bin/docker)`. */
  readonly label: string;
  /** Where it keeps what it builds; the folder may be another machine's. */
  readonly disk: Disk;
  /** Builds, and gives the image's name. Throws BuildError. */
  build(request: BuildRequest): Promise<string>;
  /** Streams an image as a docker or OCI archive. Throws BuildError. */
  save(image: string, consume: (archive: Readable) => Promise<void>): Promise<void>;
  remove(image: string): Promise<void>;
  /** What starts containers of its images; undefined where it only builds. */
  readonly runner: Runner | undefined;
}
