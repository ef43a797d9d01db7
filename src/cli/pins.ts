import { Dockerfile } from '../dockerfile/index.ts';
import { applyEdits, type TextEdit } from '../edit/index.ts';
import { type PinState, RegistryError } from '../registry/index.ts';
import { skipReasons, writableReferences } from '../transform/index.ts';

/** What is asked about pins: how each stands to its registry. Throws RegistryError. */
export interface PinRegistry {
  checkPin(reference: string): Promise<PinState>;
  /** The digests that the index of a reference lists and its registry does not have; asked only in depth. */
  missingChildren?(reference: string): Promise<readonly string[]>;
}

/** One image reference of a file and the state of its pin. */
export interface PinReport {
  readonly path: string;
  /** 1-based. */
  readonly line: number;
  /** The reference with the digest that it has now. */
  readonly reference: string;
  /**
   * Without a registry `pinned` or `unpinned`, `refused` where nothing could be pinned; else how the pin stands to its
   * registry, `incomplete` where its index lists images that are gone, `unknown` where that could not be asked.
   */
  readonly state: PinState['state'] | 'incomplete' | 'pinned' | 'unpinned' | 'refused' | 'unknown';
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
        ...(await liveState(text, reference.digest, registry)),
      };
    }),
  );
}

/** What a state means to the owner of the file, where its name does not say it. */
const details: Partial<Record<PinState['state'], string>> = {
  'single-platform': 'this digest is for one platform alone',
  'tag-gone': 'the registry no longer has the tag, so `--update` has nothing to follow',
  untagged: 'without a tag, `--update` has nothing to follow',
};

function forPlatform(platform: string): string {
  return `this digest is for ${platform} alone; \`--update --to-index\` takes that of all platforms`;
}

async function liveState(
  text: string,
  digest: string,
  registry: PinRegistry,
): Promise<Pick<PinReport, 'state' | 'detail' | 'current'>> {
  try {
    const { state, tag, platform } = await registry.checkPin(text);
    const moved = tag && tag.digest !== digest ? { current: tag.digest } : {};
    const gone = state !== 'dead' && (await registry.missingChildren?.(text));
    if (gone && gone.length > 0)
      return {
        state: 'incomplete',
        ...moved,
        detail: `its index lists ${gone.join(', ')}, which the registry does not have`,
      };
    const detail = state === 'single-platform' && platform !== undefined ? forPlatform(platform) : details[state];
    return { state, ...moved, ...(detail !== undefined && { detail }) };
  } catch (error) {
    if (!(error instanceof RegistryError)) throw error;
    return { state: 'unknown', detail: error.message };
  }
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
