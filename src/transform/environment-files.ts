import type { ContextFacts, ContextFile } from './ports.ts';

const sources = /\.(?:go|rs|py|rb|php|java|kts?|scala|exs?|cs|[cm]?[jt]sx?)$/;
const manifests =
  /(?:^|\/)(?:package\.json|go\.mod|Cargo\.toml|pyproject\.toml|Pipfile|[\w.-]*requirements[\w.-]*\.txt|Gemfile|composer\.json|mix\.exs)$/;
const notOwn = /(?:^|\/)(?:node_modules|vendor|third_party|\.git|tests?|__tests__|spec|examples?|docs?)\//;

/**
 * Libraries that read an environment file by themselves, as their manuals say (November 2026), and a source that names
 * one in a string.
 */
const reader =
  /\b(?:go)?dotenv(?:y|x)?\b|\benv-cmd\b|@nestjs\/config|goravel\/framework|\bdjango-environ\b|\bpython-decouple\b|\benvirons\b|\bpydantic-settings\b|(["'`])(?:[^"'`\n]*\/)?\.env(?:\.\w+)?\1/;

const maximumFiles = 3000;
const known = new WeakMap<ContextFile, boolean>();

function readsEnvironmentFiles(context: ContextFacts): boolean {
  const root = context.file('');
  if (!root) return false;
  let found = known.get(root);
  if (found === undefined) {
    found = search(context);
    known.set(root, found);
  }
  return found;
}

function search(context: ContextFacts): boolean {
  let read = 0;
  for (const { path, type } of context.below('')) {
    if (type !== 'file' || notOwn.test(path) || !(sources.test(path) || manifests.test(path))) continue;
    if (read++ >= maximumFiles) return false;
    const text = context.text(path);
    if (text !== undefined && reader.test(text)) return true;
  }
  return false;
}

/**
 * Whether an environment file of a context belongs to the program: git keeps it, and the program reads such files. One
 * that git ignores is a developer's own.
 */
export function isProgramsEnvironment(context: ContextFacts, path: string): boolean {
  return /(?:^|\/)\.env(?:\.[^/]*)?$/.test(path) && !context.gitIgnores(path, false) && readsEnvironmentFiles(context);
}
