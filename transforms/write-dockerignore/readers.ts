import { baseName, type ContextFacts, type ContextFile } from '../../src/transform/index.ts';
import { type Candidate, candidatesOf } from './candidates.ts';

/** Texts that may say what a program reads: sources, scripts and configuration, by their endings. */
const telling =
  /\.(?:[cm]?[jt]sx?|vue|svelte|py|rb|php|p[lm]|lua|go|rs|java|kts?|scala|groovy|clj|cs|fs|vb|exs?|erl|hs|ml|swift|dart|c|cc|cpp|cxx|h|hpp|sh|bash|ya?ml|json5?|toml|ini|conf|cnf|cfg|config|properties|xml|tf|env)$/i;
/** Files without an ending, as scripts and `Procfile` are. */
const endless = /(?:^|\/)[\w-]+$/;
/** More are not read: a context of so many files says little by one that speaks of a name. */
const most = 5000;

/** The file that names a secret of a context, or why that is not known; a clause for people. */
const known = new WeakMap<ContextFile, ReadonlyMap<string, string>>();

/**
 * Why a secret is perhaps read by what is built, as a clause: a text of the context names its file. Undefined where none
 * does. Environment files are not looked for: their libraries do without one, and take the variables of the process.
 */
export function readerOf(context: ContextFacts, { kind, path, exists }: Candidate): string | undefined {
  if (kind !== 'secret' || !exists || isEnvironmentFile(path)) return undefined;
  const root = context.file('')!;
  let readers = known.get(root);
  if (!readers) {
    readers = look(context, root);
    known.set(root, readers);
  }
  return readers.get(path);
}

function isEnvironmentFile(path: string): boolean {
  return baseName(path).startsWith('.env');
}

function look(context: ContextFacts, root: ContextFile): ReadonlyMap<string, string> {
  const all = candidatesOf(context).filter(({ exists }) => exists);
  const secrets = all.filter(({ kind, path }) => kind === 'secret' && !isEnvironmentFile(path));
  const readers = new Map<string, string>();
  if (secrets.length === 0) return readers;
  const foreign = new Set(all.flatMap(({ kind, path }) => (kind === 'secret' ? [] : [path])));
  const open = new Set(secrets.map(({ path }) => path));
  const names = [...new Set([...open].map(baseName))].map((name) => name.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'));
  const pattern = new RegExp(`(?<![\\w.-])(?:${names.join('|')})(?![\\w.-])`, 'g');
  let read = 0;
  const enter = (directory: string): void => {
    for (const { type, path } of context.children(directory)) {
      if (foreign.has(path) || open.size === 0) continue;
      if (type === 'directory') enter(path);
      if (type !== 'file' || open.has(path) || !(telling.test(path) || endless.test(path))) continue;
      if (read++ >= most) return;
      const found = new Set(context.text(path)?.match(pattern) ?? []);
      if (found.size === 0) continue;
      for (const each of open) {
        if (!found.has(baseName(each))) continue;
        readers.set(each, `\`${path}\` names it`);
        open.delete(each);
      }
    }
  };
  enter(root.path);
  if (read > most) for (const each of open) readers.set(each, 'not all of the sources were read');
  return readers;
}
