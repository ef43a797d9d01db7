import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { contextFacts, openContext } from '../../src/context/index.ts';
import type { ContextFacts, Unavailable } from '../../src/transform/index.ts';

/** What Git cannot keep of a case's build context, or what is shorter said than kept. Paths are relative to `context/`. */
interface ContextFile {
  /** Permission bits by path, in octal. */
  readonly modes?: Readonly<Record<string, string>>;
  /** Targets of symbolic links by path. */
  readonly links?: Readonly<Record<string, string>>;
  /** Texts of files by path; a number stands for as many bytes. */
  readonly files?: Readonly<Record<string, string | number>>;
  /** The Dockerfile, relative to the context; `Dockerfile` if absent. */
  readonly dockerfile?: string;
  /** Other Dockerfiles that are built in it. */
  readonly siblings?: readonly string[];
}

/** The build context of a case, from its `context/` and `context.json`; undefined where it has neither. */
export function fixtureContext(folder: string): ContextFacts | Unavailable | undefined {
  const plain = join(folder, 'context');
  const description = join(folder, 'context.json');
  const has = existsSync(plain);
  if (!existsSync(description)) return has ? factsOf(plain, {}) : undefined;
  const made = temporaryFolder();
  const given = JSON.parse(readFileSync(description, 'utf8')) as ContextFile;
  if (has) cpSync(plain, made, { recursive: true, verbatimSymlinks: true });
  const place = (path: string): string => {
    mkdirSync(dirname(join(made, path)), { recursive: true });
    return join(made, path);
  };
  for (const [path, content] of Object.entries(given.files ?? {})) {
    writeFileSync(place(path), typeof content === 'string' ? content : new Uint8Array(content));
  }
  for (const [path, target] of Object.entries(given.links ?? {})) symlinkSync(target, place(path));
  for (const [path, mode] of Object.entries(given.modes ?? {})) chmodSync(join(made, path), Number.parseInt(mode, 8));
  return factsOf(made, given);
}

function factsOf(root: string, { dockerfile = 'Dockerfile', siblings = [] }: ContextFile): ContextFacts | Unavailable {
  const path = join(root, dockerfile);
  return contextFacts(openContext(root, { root, dockerfile: path }), { root, dockerfile: path, siblings });
}

let folders: string[] | undefined;

/** A folder that is gone when the process ends. */
function temporaryFolder(): string {
  if (folders === undefined) {
    const made: string[] = [];
    folders = made;
    process.once('exit', () => {
      for (const each of made) rmSync(each, { recursive: true, force: true });
    });
  }
  const folder = mkdtempSync(join(tmpdir(), 'dockmend-context-'));
  folders.push(folder);
  return folder;
}
