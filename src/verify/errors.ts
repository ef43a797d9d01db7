/**
 * What went wrong:
 * - `no-builder`: no builder that was asked for is on PATH, or none of them works;
 * - `unsupported`: the builder cannot do what this Dockerfile, or this proof, needs;
 * - `failed`: the Dockerfile does not build;
 * - `timeout`: the build did not end in time;
 * - `disk`: a disk is full;
 * - `too-large`: the build took more of the disk than it may;
 * - `network`: something that the build fetches could not be fetched;
 * - `builder`: the builder itself died, or cannot be reached;
 * - `unreadable`: the image that was built cannot be read;
 * - `interrupted`: the user ended it.
 */
export type BuildErrorKind =
  | 'no-builder'
  | 'unsupported'
  | 'failed'
  | 'timeout'
  | 'disk'
  | 'too-large'
  | 'network'
  | 'builder'
  | 'unreadable'
  | 'interrupted';

/** A known failure of a build or of a builder. No field and no message ever holds a secret that the build was given. */
export class BuildError extends Error {
  override readonly name = 'BuildError';
  readonly kind: BuildErrorKind;
  /** The last lines that say why, without the builder's decoration. */
  readonly log: readonly string[];
  /** Whether the machine may be at fault, and not what was built: a step could not write, or was killed. */
  readonly isDoubtful: boolean;

  constructor(kind: BuildErrorKind, message: string, log: readonly string[] = [], isDoubtful = false) {
    super(message);
    this.kind = kind;
    this.log = log;
    this.isDoubtful = isDoubtful;
  }

  /** The message with its log below it, each line indented by two blanks. */
  get whole(): string {
    return [this.message, ...this.log.map((line) => `  ${line}`)].join('\n');
  }
}
