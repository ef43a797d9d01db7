import { Dockerfile } from '../dockerfile/index.ts';
import { applyEdits, type TextEdit } from '../edit/index.ts';
import { withoutDigest } from '../image/index.ts';
import {
  type ImageDigest,
  isAvailable,
  skipReasons,
  type Unavailable,
  writableReferences,
} from '../transform/index.ts';

/** What a registry is asked about pins; one question a distinct reference. */
export interface PinRegistry {
  /** The digest that a tag has now. */
  digest(reference: string): Promise<ImageDigest | Unavailable>;
  /** Whether the registry still has `name@digest`, and what kind it is. */
  exists(reference: string): Promise<ImageDigest | Unavailable>;
}

/**
 * `pinned`: the tag still has this digest, or none is written beside it. `moved`: the tag has another one now.
 * `dead`: the registry no longer has the digest. `single-platform`: the pin is one platform's manifest, the tag is an index.
 */
export type PinState = 'pinned' | 'moved' | 'dead' | 'single-platform' | 'unpinned' | 'refused' | 'unknown';

/** One image reference of a file and the state of its pin. */
export interface PinReport {
  readonly path: string;
  /** 1-based. */
  readonly line: number;
  /** The reference with the digest that it has now. */
  readonly reference: string;
  readonly state: PinState;
  /** Why, where the state alone does not say it. */
  readonly detail?: string;
  /** The digest that the tag has now, where it was asked and differs. */
  readonly current?: string;
}

export interface PinsResult {
  readonly reports: readonly PinReport[];
  readonly output: string;
}

/** Says of every reference whether it is pinned; with a registry, also whether the pin lives and is what the tag says. */
export async function checkPins(path: string, source: string, registry: PinRegistry | undefined): Promise<PinReport[]> {
  const file = new Dockerfile(source);
  return Promise.all(
    writableReferences(file).map(async (each): Promise<PinReport> => {
      const { line } = file.lines.positionAt(each.span.start);
      if (!('token' in each)) {
        const pinned = /@sha(?:256|384|512):[0-9a-f]{64,}/.test(each.use.text);
        const detail = skipReasons[each.refused];
        return { path, line, reference: each.use.text, state: pinned ? 'pinned' : 'refused', detail };
      }
      const { text, reference } = each;
      if (reference.digest === undefined) return { path, line, reference: text, state: 'unpinned' };
      const found = { path, line, reference: text };
      if (!registry) return { ...found, state: 'pinned' };
      return {
        ...found,
        ...(await liveState(reference.digest, withoutDigest(text, reference), reference, registry)),
      };
    }),
  );
}

async function liveState(
  digest: string,
  tagged: string,
  reference: { readonly tag?: string; readonly repository: string },
  registry: PinRegistry,
): Promise<Pick<PinReport, 'state' | 'detail' | 'current'>> {
  const [held, now] = await Promise.all([
    registry.exists(`${reference.repository}@${digest}`),
    reference.tag === undefined ? undefined : registry.digest(tagged),
  ]);
  const current = now && isAvailable(now) && now.digest !== digest ? { current: now.digest } : {};
  if (!isAvailable(held)) return { state: held.final ? 'dead' : 'unknown', detail: held.unavailable, ...current };
  if (!now) return { state: 'pinned', detail: 'no tag beside the digest says what it follows' };
  if (!isAvailable(now)) return { state: 'pinned', detail: now.unavailable };
  if (now.digest === digest) return { state: 'pinned' };
  if (held.kind === 'manifest' && now.kind === 'index') return { state: 'single-platform', ...current };
  return { state: 'moved', ...current };
}

/**
 * Writes the digest that each pinned tag has now. Pins without a tag stay, and so do pins to one platform of an image
 * that has an index, unless `toIndex`.
 */
export async function updatePins(
  path: string,
  source: string,
  registry: PinRegistry,
  { toIndex }: { readonly toIndex: boolean },
): Promise<PinsResult> {
  const reports = await checkPins(path, source, registry);
  const file = new Dockerfile(source);
  const edits: TextEdit[] = [];
  writableReferences(file).forEach((each, index) => {
    const report = reports[index]!;
    if (!('token' in each) || each.reference.digest === undefined || report.current === undefined) return;
    if (report.state === 'single-platform' && !toIndex) return;
    const { token, reference } = each;
    edits.push({ start: token.end - reference.digest!.length, end: token.end, text: report.current });
  });
  return { reports, output: applyEdits(source, edits) };
}

/** Takes the digests away from references that keep a tag. */
export function unpin(path: string, source: string): PinsResult {
  const file = new Dockerfile(source);
  const edits: TextEdit[] = [];
  const reports: PinReport[] = [];
  for (const each of writableReferences(file)) {
    if (!('token' in each) || each.reference.digest === undefined) continue;
    const { line } = file.lines.positionAt(each.span.start);
    const { tag, digest } = each.reference;
    if (tag === undefined) {
      const detail = 'without its digest this would become `latest`';
      reports.push({ path, line, reference: each.text, state: 'pinned', detail });
      continue;
    }
    edits.push({ start: each.token.end - digest.length - 1, end: each.token.end, text: '' });
    reports.push({ path, line, reference: each.text, state: 'unpinned' });
  }
  return { reports, output: applyEdits(source, edits) };
}
