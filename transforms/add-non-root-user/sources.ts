import {
  baseName,
  type ContextFile,
  isOwnSource,
  type SourceText,
  type SourceWrite,
  sourceWrites,
} from '../../src/transform/index.ts';
import { contributingStages, copySteps, placedFiles } from './image-files.ts';
import type { Setting } from './setting.ts';

const FILE_CAP = 3000;
const BYTES_CAP = 24 << 20;

/** What a search of the sources found; `complete` is false where a limit ended it. */
export interface SourceWrites {
  readonly writes: readonly SourceWrite[];
  readonly complete: boolean;
}

/** Whether a source asks the system for the name of the user that it runs as, which a bare number does not have. */
export function asksForItsName(setting: Setting): boolean {
  for (const { text } of readSources(setting).texts) {
    if (
      /\buser\.(?:Current|LookupId)\(|\bos\.userInfo\(|\bgetpass\.getuser\(|\bpwd\.getpw|\bEtc\.getlogin|\bposix_getpwuid\(/.test(
        text,
      )
    )
      return true;
  }
  return false;
}

/** Reads the application's sources that come into the image, or are built into it, for what they write
 * where they run. */
export function writesOfSources(setting: Setting, collects: boolean, workdir: string | undefined): SourceWrites {
  const root = setting.context?.file('');
  if (!root) return { writes: [], complete: true };
  const { environment } = setting;
  const key = JSON.stringify([collects, workdir, [...environment], sourcesOf(setting)]);
  const known = lastFound.get(root);
  if (known?.key === key) return known.found;
  const { texts, complete } = readSources(setting);
  const running = { workdir, environment: (name: string) => environment.get(name), collects };
  const found = { writes: sourceWrites(texts, running), complete };
  lastFound.set(root, { key, found });
  return found;
}

/** What was found last in a context, by its root: a Dockerfile asks again in each pass, and its neighbours ask the same. */
const lastFound = new WeakMap<ContextFile, { readonly key: string; readonly found: SourceWrites }>();

/** A source file of the context, and its path in the image where it is copied there. */
type SourceFile = Omit<SourceText, 'text'>;

/** What a setting was found to be made of, which several questions of a pass are about. */
const listed = new WeakMap<Setting, readonly SourceFile[]>();
const read = new WeakMap<Setting, { readonly texts: readonly SourceText[]; readonly complete: boolean }>();

function sourcesOf(setting: Setting): readonly SourceFile[] {
  const known = listed.get(setting);
  if (known) return known;
  const sources = new Map<string, SourceFile>();
  for (const { step, isOwn } of setting.context === undefined ? [] : stepsOf(setting)) {
    const { destination } = step;
    for (const { path, file } of placedFiles(setting, { ...step, destination: destination ?? '/' })) {
      if (file.type !== 'file' || sources.has(file.path) || !isOwnSource(file.path)) continue;
      const isPlaced = isOwn && destination !== undefined;
      sources.set(file.path, { path: file.path, place: isPlaced ? path : undefined });
    }
  }
  const result = [...sources.values()];
  listed.set(setting, result);
  return result;
}

/** The texts of the application's own sources, up to a limit. */
export function readSources(setting: Setting): { readonly texts: readonly SourceText[]; readonly complete: boolean } {
  const known = read.get(setting);
  if (known) return known;
  const texts: SourceText[] = [];
  let bytes = 0;
  let complete = true;
  for (const source of sourcesOf(setting)) {
    if (texts.length >= FILE_CAP || bytes > BYTES_CAP) {
      complete = false;
      break;
    }
    const text = setting.context!.text(source.path);
    if (text === undefined) continue;
    bytes += text.length;
    texts.push({ ...source, text });
  }
  const result = { texts, complete };
  read.set(setting, result);
  return result;
}

function stepsOf(setting: Setting): { step: ReturnType<typeof copySteps>[number]; isOwn: boolean }[] {
  const { file, facts, chain } = setting;
  const stages = contributingStages(setting);
  return copySteps(file, stages, facts).map((step) => ({ step, isOwn: chain.includes(step.stage) }));
}

/** The name of a source file for a sentence. */
export const sourceName = ({ source }: SourceWrite): string => `\`${baseName(source)}\``;
