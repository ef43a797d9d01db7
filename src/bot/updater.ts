import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { posix } from 'node:path';
import { isMap, isSeq, parse, parseDocument } from 'yaml';

/** The bots that keep digests of Dockerfiles current. */
export const updaters = ['dependabot', 'renovate'] as const;
export type Updater = (typeof updaters)[number];

/** Whether a repository has an updater for its Dockerfiles, as its files say. */
export interface UpdaterState {
  /** `on`: all of the folders; `partly`: some of them; `off`: there is one, but not for Dockerfiles; `none`: there is none. */
  readonly state: 'on' | 'partly' | 'off' | 'none' | 'unreadable';
  readonly updater: Updater | undefined;
  /** The configuration, relative to the root. */
  readonly file: string | undefined;
  /** Folders with Dockerfiles that it does not look after, relative to the root, `/` first. */
  readonly missing: readonly string[];
}

/** A change that sets an updater up. */
export interface UpdaterEdit {
  readonly path: string;
  readonly before: string | undefined;
  readonly after: string;
}

// docs.github.com/code-security/dependabot/working-with-dependabot/dependabot-options-reference, November 2026.
const dependabotFiles = ['.github/dependabot.yml', '.github/dependabot.yaml'];
// docs.renovatebot.com/configuration-options, "config file names", November 2026.
const renovateFiles = ['renovate', '.github/renovate', '.gitlab/renovate', '.renovaterc']
  .flatMap((name) => [`${name}.json`, `${name}.json5`])
  .concat('.renovaterc', 'package.json');

/** Looks for an updater of the Dockerfiles at some paths, relative to the root of a work tree. */
export function findUpdater(root: string, dockerfiles: readonly string[]): UpdaterState {
  const folders = [...new Set(dockerfiles.map((path) => posix.join('/', posix.dirname(path))))].sort();
  const found = [renovateState(root), dependabotState(root, folders)].filter((each) => each !== undefined);
  const order: UpdaterState['state'][] = ['on', 'partly', 'unreadable', 'off'];
  const best = order.flatMap((state) => found.filter((each) => each.state === state))[0];
  return best ?? { state: 'none', updater: undefined, file: undefined, missing: folders };
}

function read(root: string, path: string): string | undefined {
  try {
    return existsSync(posix.join(root, path)) ? readFileSync(posix.join(root, path), 'utf8') : undefined;
  } catch {
    return undefined;
  }
}

interface DependabotEntry {
  readonly 'package-ecosystem'?: unknown;
  readonly directory?: unknown;
  readonly directories?: unknown;
}

function dependabotState(root: string, folders: readonly string[]): UpdaterState | undefined {
  for (const file of dependabotFiles) {
    const text = read(root, file);
    if (text === undefined) continue;
    const entries = dependabotEntries(text);
    const found = { updater: 'dependabot' as const, file };
    if (!entries) return { ...found, state: 'unreadable', missing: folders };
    const patterns = entries
      .filter((each) => each['package-ecosystem'] === 'docker')
      .flatMap((each) => [each.directory, ...(Array.isArray(each.directories) ? each.directories : [])])
      .filter((each): each is string => typeof each === 'string');
    const missing = folders.filter((folder) => !patterns.some((pattern) => covers(pattern, folder)));
    const state = patterns.length === 0 ? 'off' : missing.length === 0 ? 'on' : 'partly';
    return { ...found, state, missing };
  }
  return undefined;
}

function dependabotEntries(text: string): readonly DependabotEntry[] | undefined {
  try {
    const { updates } = parse(text) as { updates?: unknown };
    return Array.isArray(updates) ? updates.filter((each) => typeof each === 'object' && each !== null) : undefined;
  } catch {
    return undefined;
  }
}

/** Whether a `directory` of Dependabot, which may hold `*` and `**`, names a folder. */
function covers(pattern: string, folder: string): boolean {
  const plain = posix.join('/', pattern).replace(/(?<=.)\/$/, '');
  const expression = plain
    .split(/(\*\*\/?|\*)/)
    .map((part) => (part.startsWith('**') ? '.*' : part === '*' ? '[^/]*' : part.replace(/[.+?^${}()|[\]\\]/g, '\\$&')))
    .join('');
  return new RegExp(`^${expression}$`).test(folder);
}

interface RenovateConfig {
  readonly enabled?: unknown;
  readonly enabledManagers?: unknown;
  readonly dockerfile?: { readonly enabled?: unknown };
  readonly docker?: { readonly enabled?: unknown };
  readonly renovate?: RenovateConfig;
}

function renovateState(root: string): UpdaterState | undefined {
  for (const file of renovateFiles) {
    const text = read(root, file);
    if (text === undefined) continue;
    const found = { updater: 'renovate' as const, file, missing: [] };
    let config: RenovateConfig | undefined;
    try {
      config = parse(withoutComments(text)) as RenovateConfig;
      if (file === 'package.json') config = config?.renovate;
    } catch {
      if (file === 'package.json') continue;
      return { ...found, state: 'unreadable' };
    }
    if (config === undefined || config === null) {
      if (file === 'package.json') continue;
      return { ...found, state: 'unreadable' };
    }
    const { enabled, enabledManagers: managers, dockerfile, docker } = config;
    const isOff = enabled === false || dockerfile?.enabled === false || docker?.enabled === false;
    const isLeftOut = Array.isArray(managers) && !managers.includes('dockerfile');
    return { ...found, state: isOff || isLeftOut ? 'off' : 'on' };
  }
  return undefined;
}

/** JSON5 without its comments is YAML, as far as configurations go. */
function withoutComments(text: string): string {
  return text
    .replace(/"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'|\/\/[^\n]*|\/\*[\s\S]*?\*\//g, (match) =>
      match.startsWith('/') ? ' ' : match,
    )
    .replaceAll('\t', ' ');
}

/**
 * The few lines that make an updater look after the folders that none looks after. Undefined where there is nothing to
 * add, where the owner has turned it off, or where the configuration cannot be added to with certainty.
 */
export function updaterEdit(root: string, wanted: Updater, state: UpdaterState): UpdaterEdit | undefined {
  if (state.state === 'on' || state.state === 'unreadable') return undefined;
  if (wanted === 'renovate') {
    if (state.state !== 'none') return undefined;
    return { path: 'renovate.json', before: undefined, after: renovateText };
  }
  if (state.updater === 'renovate') return undefined;
  const path = state.file ?? dependabotFiles[0]!;
  const before = read(root, path);
  if (before === undefined) return { path, before, after: `version: 2\nupdates:\n${entryText(state.missing, '  ')}` };
  const after = withEntry(before, state.missing);
  return after === undefined ? undefined : { path, before, after };
}

const renovateText = `${JSON.stringify(
  {
    $schema: 'https://docs.renovatebot.com/renovate-schema.json',
    extends: ['config:recommended'],
    enabledManagers: ['dockerfile'],
  },
  null,
  2,
)}\n`;

/** The entry of Dependabot for some folders, a list item at an indentation. */
export function entryText(folders: readonly string[], indent: string): string {
  const where =
    folders.length === 1
      ? [`  directory: ${scalar(folders[0]!)}`]
      : ['  directories:', ...folders.map((each) => `    - ${scalar(each)}`)];
  const lines = ['- package-ecosystem: docker', ...where, '  schedule:', '    interval: weekly'];
  return lines.map((line) => `${indent}${line}\n`).join('');
}

function scalar(text: string): string {
  return /^[\w./-]+$/.test(text) ? text : JSON.stringify(text);
}

/** Adds the entry after the last one, and shows by reading it again that nothing else changed. */
function withEntry(before: string, folders: readonly string[]): string | undefined {
  const document = parseDocument(before);
  const updates = isMap(document.contents) ? document.contents.get('updates', true) : undefined;
  if (document.errors.length > 0 || !isSeq(updates) || updates.flow || !updates.range) return undefined;
  const first = before.slice(0, updates.range[0]).split('\n').at(-1)!;
  const end = updates.range[1];
  const head = before.slice(0, end).replace(/\s*$/, '');
  const eol = before.includes('\r\n') ? '\r\n' : '\n';
  const isSpaced = /\n[ \t]*\r?\n[ \t]*(?:#.*\n\s*)*- /.test(before.slice(updates.range[0], end));
  const entry = entryText(folders, first.replace(/\S.*$/, '')).replaceAll('\n', eol);
  const after = `${head}${eol}${isSpaced ? eol : ''}${entry}${before.slice(end).replace(/^\s*\n/, '')}`;
  return keepsAll(before, after) ? after : undefined;
}

function keepsAll(before: string, after: string): boolean {
  try {
    const [old, now] = [parse(before), parse(after)] as { updates: unknown[] }[];
    const same = { ...now, updates: now!.updates.slice(0, -1) };
    return JSON.stringify(same) === JSON.stringify(old) && now!.updates.length === old!.updates.length + 1;
  } catch {
    return false;
  }
}

/** Writes the change into a work tree. */
export function writeUpdater(root: string, { path, after }: UpdaterEdit): void {
  mkdirSync(posix.join(root, posix.dirname(path)), { recursive: true });
  writeFileSync(posix.join(root, path), after);
}
