import type { ImageFacts } from '../facts/index.ts';

/** A fact that could not be had, and why; a value, never an exception. */
export interface Unavailable {
  readonly unavailable: string;
  /** The image is known not to exist, or may not be read: no passing fault. */
  readonly final?: boolean;
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
}
