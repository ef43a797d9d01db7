import { baseName, isOwnSource, type SourceText, type SourceWrite, sourceWrites } from '../../src/transform/index.ts';
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
  for (const { text } of readSources(setting).texts.values()) {
    if (
      /\buser\.(?:Current|LookupId)\(|\bos\.userInfo\(|\bgetpass\.getuser\(|\bpwd\.getpw|\bEtc\.getlogin|\bposix_getpwuid\(/.test(
        text,
      )
    )
      return true;
  }
  return false;
}

/** Reads the application's sources that come into the image, or are built into it, for what they write. */
export function writesOfSources(setting: Setting, collects: boolean): SourceWrites {
  const { workdir, environment } = setting;
  const { texts, complete } = readSources(setting);
  const running = { workdir, environment: (name: string) => environment.get(name), collects };
  return { writes: sourceWrites([...texts.values()], running), complete };
}

const read = new WeakMap<Setting, { readonly texts: ReadonlyMap<string, SourceText>; readonly complete: boolean }>();

function readSources(setting: Setting): {
  readonly texts: ReadonlyMap<string, SourceText>;
  readonly complete: boolean;
} {
  const known = read.get(setting);
  if (known) return known;
  const { context } = setting;
  const texts = new Map<string, SourceText>();
  let bytes = 0;
  let complete = true;
  if (context !== undefined) {
    for (const { step, isOwn } of stepsOf(setting)) {
      for (const { path, file } of placedFiles(setting, step)) {
        if (file.type !== 'file' || texts.has(file.path) || !isOwnSource(file.path)) continue;
        if (texts.size >= FILE_CAP || bytes > BYTES_CAP) {
          complete = false;
          break;
        }
        const text = context.text(file.path);
        if (text === undefined) continue;
        bytes += text.length;
        texts.set(file.path, { path: file.path, place: isOwn ? path : undefined, text });
      }
    }
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
