import type { ImageFacts } from '../facts/index.ts';
import type { GoSources, Manifest, NodeLocks } from '../manifests/index.ts';
import type { SkipReason } from './skip-reasons.ts';

/** A fact that could not be had, and why; a value, never an exception. */
export interface Unavailable {
  readonly unavailable: string;
  /** The image is known not to exist, or may not be read: no passing fault. */
  readonly final?: boolean;
  /** Why a fix that needs the fact is refused, where that is neither a missing image nor a silent registry. */
  readonly reason?: SkipReason;
}

/** The refusal of a fix that needs what a registry did not give. */
export function refusalWithout({ unavailable, final, reason }: Unavailable): { skipped: SkipReason; detail: string } {
  return { skipped: reason ?? (final ? 'image-not-found' : 'registry-unavailable'), detail: unavailable };
}

/** What a registry answers for a reference. */
export interface ImageDigest {
  /** `sha256:` and 64 hexadecimal digits. */
  readonly digest: string;
  /** `index`: all platforms; `manifest`: the one platform that the image has. */
  readonly kind: 'index' | 'manifest';
}

export function isAvailable<T extends object>(fact: T | Unavailable): fact is T {
  return !('unavailable' in fact);
}

/** What stands at one path of the build context. */
export interface ContextEntry {
  /** Relative to the context's root, with `/`. */
  readonly path: string;
  /**
   * A symbolic link counts as what it leads to. `archive`: ADD would unpack it, by its content, or might;
   * `lfs-pointer`: the checkout holds a Git LFS pointer instead of the file.
   */
  readonly kind: 'file' | 'directory' | 'archive' | 'lfs-pointer' | 'unreadable';
}

/** One path of the build context as it lies on disk: links are not followed. */
export interface ContextFile {
  /** Relative to the context, with slashes; the root is the empty string. */
  readonly path: string;
  readonly type: 'file' | 'directory' | 'link' | 'other';
  /** Bytes of a file; 0 for all else. */
  readonly size: number;
  /** The permission bits, with set-user, set-group and sticky. */
  readonly mode: number;
  /** What a link holds, as written. */
  readonly target: string | undefined;
}

/** How an instruction reads its sources. */
export interface TakeOptions {
  /** The patterns of `--exclude`, each as written. */
  readonly exclude?: readonly string[];
  /** `COPY --parents`. */
  readonly parents?: boolean;
  /** The source of a bind mount: nothing in it is a wildcard. */
  readonly literal?: boolean;
}

/** What one source of COPY or ADD, or of a bind mount, takes. */
export type Taken =
  | {
      readonly kind: 'taken';
      /** What the source itself stands for, links followed; `named` is the path before that. */
      readonly matches: readonly { readonly file: ContextFile; readonly named: string }[];
      /** The links that were followed on the way: the build needs them as well. */
      readonly links: readonly string[];
      /** Every file, link and directory that is copied, with what lies in directories. */
      readonly files: () => Iterable<ContextFile>;
    }
  /** A wildcard that matches nothing. */
  | { readonly kind: 'empty' }
  /** The build fails: this path is not sent to the builder. */
  | { readonly kind: 'missing'; readonly path: string }
  | { readonly kind: 'malformed' }
  /** A URL, a Git repository or a heredoc. */
  | { readonly kind: 'not-local' }
  /** It cannot be told, and why. */
  | { readonly kind: 'unknown'; readonly reason: string };

/** A build context as one ignore file leaves it. */
export interface SentContext {
  /** The number and the bytes of the files that are sent to the builder. */
  readonly files: number;
  readonly bytes: number;
  /** Whether a path of the context is sent. */
  has(path: string): boolean;
  /** What a source takes of what is sent, by BuildKit's rules; variables expanded and quotes gone. */
  take(source: string, options?: TakeOptions): Taken;
}

/** Another Dockerfile of the repository; the same one is the same object, whichever context it is told in. */
export interface SiblingDockerfile {
  /** Relative to the root of the repository. */
  readonly path: string;
  /** Undefined where it cannot be read. */
  readonly text: string | undefined;
}

/** A Dockerfile's build context. It is read as it is asked, each thing once, and never below links that lead out of it. */
export interface ContextFacts {
  /** The context relative to the root of the repository; the root is the empty string. */
  readonly directory: string;
  /** The Dockerfile relative to the context; it may begin with `../`. */
  readonly dockerfile: string;
  /** Other Dockerfiles that are built in the same context, or may be, and obey the same ignore file. */
  readonly siblings: readonly SiblingDockerfile[];
  /** Whether all of it was looked at: false where a limit ended the walk or a path could not be read. */
  readonly complete: boolean;
  /** The ignore file that the builder obeys, or would if it were there. */
  readonly ignore: {
    /** Relative to the context, as `fix.files` takes it. */
    readonly path: string;
    readonly exists: boolean;
    /** It belongs to this Dockerfile alone, and so stands in for that of the whole context. */
    readonly ownOfDockerfile: boolean;
    /** Empty where there is no file. */
    readonly text: string;
    /** Why it cannot be used; undefined where it can. */
    readonly error: string | undefined;
    /** Paths on which builders disagree about it. */
    readonly disputed: readonly string[];
  };
  /** What is sent with the ignore file in force; unavailable where that file is malformed. */
  readonly sent: SentContext | Unavailable;
  /** What would be sent with another ignore text; with an empty one, everything. */
  sentWith(ignoreText: string): SentContext | Unavailable;
  /**
   * What a source takes of what is sent now and would not take with another ignore text that leaves out more; a directory
   * stands for all that is in it.
   */
  lost(
    source: string,
    options: TakeOptions,
    ignoreText: string,
  ): readonly ContextFile[] | Exclude<Taken, { kind: 'taken' }>;
  /** What is sent now and would not be with an ignore text; a directory stands for all that is in it. */
  leftOut(ignoreText: string): Iterable<ContextFile>;
  /** The same context when the ignore file has another text. */
  withIgnore(text: string): ContextFacts;
  /** Paths that one builder would send with an ignore text and another would not, at most a hundred. */
  disputedWith(ignoreText: string): readonly string[];
  /** What stands at a path, itself and not what it links to; one object for all Dockerfiles of a context. */
  file(path: string): ContextFile | undefined;
  /** What a path leads to, links followed as a builder does. */
  resolve(path: string): ContextFile | undefined;
  /** What a directory holds, in the order of its names; empty for all else. */
  children(path: string): readonly ContextFile[];
  /** Every entry below a directory, a directory before what is in it, itself not. */
  below(path: string): Iterable<ContextFile>;
  /** The text of a file, links followed; undefined where it is missing, unreadable, binary or above 256 KiB. */
  text(path: string): string | undefined;
  /** The first bytes of a file, links followed, at most 64 KiB; undefined where it cannot be read. */
  head(path: string, bytes: number): Uint8Array | undefined;
  /** The application's own manifests, those nearest to the root first. */
  readonly manifests: readonly Manifest[];
  /** The lock files beside a package.json. */
  locks(path: string): NodeLocks;
  /** What the Go files below a directory are. */
  goSources(directory: string): GoSources;
  /** The paths that git ignores, each directory standing for what is in it. */
  readonly gitIgnored: readonly string[];
  /** Whether a rule of git ignores a path, which need not exist. */
  gitIgnores(path: string, isDirectory: boolean): boolean;
  /** Whether the repository's Git data lies in the context. */
  readonly holdsGitData: boolean;
}

/** A build of this Dockerfile that a file of the repository names. */
export interface BuildUse {
  /** The file relative to the root of the repository, and its 1-based line. */
  readonly file: string;
  readonly line: number;
  readonly how: 'compose' | 'bake' | 'workflow' | 'action' | 'command';
  readonly engine: 'docker' | 'podman';
  readonly target: string | undefined;
  /** Names of build arguments: values may be secrets, and are left out. */
  readonly args: readonly string[];
  /** Named contexts, by name. */
  readonly contexts: Readonly<Record<string, string>>;
}

/** A container that a file of the repository runs from this Dockerfile's image. */
export interface RunUse {
  readonly file: string;
  readonly line: number;
  readonly how: 'compose' | 'kubernetes' | 'devcontainer' | 'github-action' | 'command';
  /** The service, workload or action. */
  readonly name: string;
  /** The user that it is run as, as written. */
  readonly user: string | undefined;
  /** Host powers that it asks for: `privileged`, `host-network`, `docker-socket`, `device`, `cap-add`, `pid-host`. */
  readonly powers: readonly string[];
  /** Paths in the container that are mounted, and whether from a folder of the host. */
  readonly mounts: readonly {
    readonly path: string;
    readonly bind: boolean;
    readonly readOnly?: boolean;
    readonly shared?: SharedVolume;
    /** A tmpfs, which every user may write. */
    readonly inMemory?: true;
  }[];
  /** Container ports that are published or declared. */
  readonly ports: readonly number[];
  /** Names of environment variables that are set. */
  readonly environment: readonly string[];
  /** Whether the command or the entrypoint is replaced. */
  readonly command: boolean;
  /** What is run in the container to see how it does, as the words of a command each. */
  readonly checks?: readonly (readonly string[])[];
}

/** A named volume that containers of other images, or of other stages, may write too. */
export interface SharedVolume {
  readonly volume: string;
  /** The services, each with the image that it runs or, where one is built, its base image; undefined where not known. */
  readonly by: readonly { readonly service: string; readonly base: string | undefined }[];
}

/** What a development tool does in a running container of this Dockerfile's image, as the user that it runs as. */
export interface SyncUse {
  readonly file: string;
  readonly line: number;
  /** Where it copies files to, perhaps relative to the working directory; undefined where that is not known. */
  readonly path: string | undefined;
  /** What it runs there; undefined where it copies. */
  readonly runs: string | undefined;
}

/** What the rest of the repository does with a Dockerfile. */
export interface Usage {
  readonly builds: readonly BuildUse[];
  readonly runs: readonly RunUse[];
  /** Other Dockerfiles of the repository, relative to its root, that are FROM the image that this one builds. */
  readonly children: readonly string[];
  readonly syncs: readonly SyncUse[];
}

/** A remote file as it is fetched now. */
export interface Download {
  /** 64 hexadecimal digits. */
  readonly sha256: string;
  readonly bytes: number;
}

/** What a transform needs to know before it plans; answered by the ports of the engine's caller. */
export interface Needs {
  /** Image references whose configuration and system matter. */
  readonly images?: readonly string[];
  /**
   * Image references whose files matter too: what `/bin/sh` is, release, users, groups, programs. They are read out of
   * the layers of images that the table does not know, so ask only where the answer decides something.
   */
  readonly systems?: readonly string[];
  /** Image references whose digest is wanted. */
  readonly digests?: readonly string[];
  /** References with the tag `latest`, or none, whose version tag is wanted. */
  readonly versions?: readonly string[];
  /** Source patterns of COPY and ADD, as written after expansion. */
  readonly sources?: readonly string[];
  /** URLs whose content is wanted by its hash. */
  readonly downloads?: readonly string[];
  /** The build context itself is wanted. */
  readonly context?: boolean;
  /** What the rest of the repository does with this Dockerfile is wanted. */
  readonly usage?: boolean;
  /** The paths that the image's containers write are wanted, where a run was asked to observe them. */
  readonly observed?: boolean;
}

/** The answers. */
export interface Facts {
  /** What is known of an image by its reference. */
  image(reference: string): ImageFacts | Unavailable;
  /** The digest that a reference's tag has now. */
  digest(reference: string): ImageDigest | Unavailable;
  /** The most precise version tag that has the same digest as a reference; undefined where no tag has. */
  version(reference: string): { readonly tag: string | undefined } | Unavailable;
  /** What a source pattern matches in the build context, empty where nothing does. */
  source(pattern: string): { readonly entries: readonly ContextEntry[] } | Unavailable;
  /** What a URL gives now. */
  download(url: string): Download | Unavailable;
  context(): ContextFacts | Unavailable;
  usage(): Usage | Unavailable;
  /**
   * Absolute paths that a container of the unchanged image was seen to write: files, and with a slash at the end folders
   * that it made, which stand for all below them.
   */
  observed(): { readonly paths: readonly string[] } | Unavailable;
}
