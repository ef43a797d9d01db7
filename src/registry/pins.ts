import { RegistryError } from './errors.ts';
import { manifestFor, manifestOf } from './image-config.ts';
import type { Platform } from './manifest.ts';
import { isVerifiable, type ManifestKind } from './manifest.ts';
import { rankVersionTags } from './rank-tags.ts';
import type { Place, Resolution, Source } from './source.ts';
import type { TagList } from './tags.ts';

/** How a pin stands to its registry. */
export interface PinState {
  /**
   * - `current`: the tag means this digest;
   * - `behind`: the tag means another one;
   * - `single-platform`: the digest is one platform's image of the index that the tag means;
   * - `tag-gone`: there is no such tag any more, and the digest is still there;
   * - `untagged`: no tag is written, and the digest is there;
   * - `dead`: the registry does not have the digest, so that builds fail or soon will.
   */
  readonly state: 'current' | 'behind' | 'single-platform' | 'tag-gone' | 'untagged' | 'dead';
  readonly digest: string;
  /** Absent for a dead pin. */
  readonly kind?: ManifestKind;
  /** What the tag means now, where one is written and is there. */
  readonly tag?: Resolution;
  /** The platform of a pin to a single platform, `os/architecture[/variant]`, where the index says it. */
  readonly platform?: string;
}

/** The version behind a tag without one. */
export interface VersionOfTag {
  /** The most precise version tag found; absent where none means the same. */
  readonly tag?: string;
  /** The digest of that tag; of the tag that was asked for, where there is none. */
  readonly digest: string;
  readonly mediaType: string;
  readonly kind: ManifestKind;
  /** `digest`: both tags mean the same bytes; `content`: other indexes (attestations differ) of the same images. */
  readonly by?: 'digest' | 'content';
  /** Whether all tags were listed. */
  readonly complete: boolean;
  /** How many tags were looked at. */
  readonly tried: number;
}

async function unlessMissing<T>(work: Promise<T>): Promise<T | undefined> {
  try {
    return await work;
  } catch (error) {
    if (error instanceof RegistryError && error.kind === 'not-found') return undefined;
    throw error;
  }
}

/** Asks a registry about a reference with a digest: is it there, and does its tag mean it? */
export async function checkPin(source: Source, place: Place): Promise<PinState> {
  const { tag, digest } = place.reference;
  if (digest === undefined) throw new RegistryError({ kind: 'invalid-reference', reason: 'it has no digest to check' });
  const [pin, now] = await Promise.all([
    unlessMissing(source.digest(place, digest)),
    tag === undefined ? undefined : unlessMissing(source.tag(place, tag, true)),
  ]);
  const about = { digest, ...(now && { tag: now }) };
  if (!pin) return { ...about, state: 'dead' };
  const alive = { ...about, kind: pin.kind };
  if (tag === undefined) return { ...alive, state: 'untagged' };
  if (!now) return { ...alive, state: 'tag-gone' };
  if (now.digest === digest) return { ...alive, state: 'current' };
  if (pin.kind === 'index' || now.kind === 'manifest') return { ...alive, state: 'behind' };
  const index = await manifestOf(source, place, now.digest);
  const entry = index.kind === 'index' ? index.manifests.find((each) => each.digest === digest) : undefined;
  if (!entry) return { ...alive, state: 'behind' };
  const { os, architecture, variant } = entry.platform ?? {};
  const platform = [os, architecture, variant].filter(Boolean).join('/');
  return { ...alive, state: 'single-platform', ...(platform !== '' && { platform }) };
}

/** The digests that the index of a digest lists and its registry does not have; empty for a single image. */
export async function missingChildren(source: Source, place: Place, digest: string): Promise<string[]> {
  const found = await manifestOf(source, place, digest);
  if (found.kind === 'manifest') return [];
  const children = [...new Set(found.manifests.filter(isVerifiable).map((entry) => entry.digest))];
  const there = await Promise.all(children.map((child) => unlessMissing(source.digest(place, child))));
  return children.filter((_, at) => there[at] === undefined);
}

/** Whether two digests stand for the same image on a platform, whatever else their indexes list. */
export async function sameImage(source: Source, place: Place, a: string, b: string, on: Platform): Promise<boolean> {
  const [one, other] = await Promise.all([manifestFor(source, place, a, on), manifestFor(source, place, b, on)]);
  return one.digest === other.digest;
}

const contentLooks = 3;
const atOnce = 4;

/**
 * Finds the most precise version tag that means the same as a tag without a version: by digest and, where no digest is
 * equal, by the images of the best few candidates. Looks at no more than `limit` tags.
 */
export async function versionOfTag(source: Source, place: Place, list: TagList, limit: number): Promise<VersionOfTag> {
  const current = place.reference.tag ?? 'latest';
  const wanted = await source.tag(place, current);
  const candidates = rankVersionTags(list.tags, current, limit);
  const found: { tag: string; resolution: Resolution }[] = [];
  for (let at = 0; at < candidates.length; at += atOnce) {
    const some = candidates.slice(at, at + atOnce);
    const resolved = await Promise.all(some.map((tag) => unlessMissing(source.tag(place, tag))));
    for (const [index, resolution] of resolved.entries()) if (resolution) found.push({ tag: some[index]!, resolution });
    const same = found.find(({ resolution }) => resolution.digest === wanted.digest);
    if (same) return answer(same.tag, same.resolution, 'digest');
  }
  if (wanted.kind === 'index') {
    for (const { tag, resolution } of found.slice(0, contentLooks)) {
      if (resolution.kind === 'index' && (await sameChildren(source, place, wanted.digest, resolution.digest))) {
        return answer(tag, resolution, 'content');
      }
    }
  }
  return answer(undefined, wanted, undefined);

  function answer(tag: string | undefined, resolution: Resolution, by: VersionOfTag['by']): VersionOfTag {
    const { digest, mediaType, kind } = resolution;
    const { complete } = list;
    return { ...(tag && { tag }), ...(by && { by }), digest, mediaType, kind, complete, tried: found.length };
  }
}

/** Whether two indexes list the same images for the same platforms, attestations left out. */
async function sameChildren(source: Source, place: Place, a: string, b: string): Promise<boolean> {
  const children = async (digest: string) => {
    const index = await manifestOf(source, place, digest);
    if (index.kind === 'manifest') return digest;
    const images = index.manifests.filter(({ platform }) => platform?.os !== 'unknown');
    return JSON.stringify(images.map((entry) => [entry.digest, entry.platform]).sort());
  };
  const [one, other] = await Promise.all([children(a), children(b)]);
  return one === other && one !== '[]';
}
