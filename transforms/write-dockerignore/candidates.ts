import { secretFile } from '../../src/secrets/index.ts';
import type { ContextFacts, ContextFile } from '../../src/transform/index.ts';
import { unmistakable } from './node-outputs.ts';
import {
  caches,
  dockerFile,
  foreign,
  ignoredResults,
  type OutputRule,
  outputRules,
  residue,
  samples,
  versionControl,
} from './table.ts';

/** What a path is, if it is nothing that a build needs. */
export type CandidateKind =
  | 'version-control'
  | 'output'
  | 'cache'
  | 'result'
  | 'residue'
  | 'secret'
  | 'ignore-file'
  | 'docker';

/** A path of a context that an image may have no use for, or that will appear there. */
export interface Candidate {
  readonly path: string;
  /** Its last name, or `*.ext` for one of the files with an extension. */
  readonly name: string;
  readonly kind: CandidateKind;
  /** It is there now. */
  readonly exists: boolean;
  /** A pattern can name it, in a form that all builders read alike. */
  readonly isPlain: boolean;
  /** The directory that it belongs to: that of the manifest, for output. */
  readonly owner: string;
  /** The rules by which it is output, one of which must be shown to apply; none for that of Node's scripts. */
  readonly rules: readonly OutputRule[];
  /** What a finding says of it. */
  readonly what: string;
}

/** A new ignore file in the context, which would be copied itself. */
export const ownFile: Candidate = {
  ...{ path: '.dockerignore', name: '.dockerignore', kind: 'ignore-file', exists: false, isPlain: true, owner: '' },
  ...{ rules: [], what: 'this file itself' },
};

const known = new WeakMap<ContextFile, readonly Candidate[]>();

/** The candidates of a context, looked for once for all of its Dockerfiles. */
export function candidatesOf(context: ContextFacts): readonly Candidate[] {
  const root = context.file('')!;
  let found = known.get(root);
  if (!found) {
    found = new Search(context).run(root);
    known.set(root, found);
  }
  return found;
}

const rulesByName = new Map<string, OutputRule[]>();
for (const rule of outputRules) rulesByName.set(rule.name, [...(rulesByName.get(rule.name) ?? []), rule]);
const nodeNames = ['dist', 'build', 'out', 'lib', 'public', '.next', '.nuxt', '.output', '.svelte-kit', '.astro'];
const nodeOutputNames: ReadonlySet<string> = new Set([
  ...nodeNames,
  '.docusaurus',
  '.cache',
  'storybook-static',
  'esm',
]);
const pythonManifest = /^(?:pyproject\.toml|setup\.py|Pipfile|[\w.-]*requirements[\w.-]*\.txt)$/;

/** Patterns can hold these names as they are, on every builder. */
const plainName = /^(?![#!])[\w.@+-](?:[\w.@+ -]*[\w.@+-])?$/;

class Search {
  readonly #context: ContextFacts;
  readonly #found: Candidate[] = [];
  #hasPython = false;

  constructor(context: ContextFacts) {
    this.#context = context;
  }

  run(root: ContextFile): readonly Candidate[] {
    this.#enter(root, false);
    const ignores = (path: string, isDirectory: boolean) =>
      this.#context.file(path) === undefined && this.#context.gitIgnores(path, isDirectory);
    if (this.#hasPython && ignores('__pycache__', true)) {
      this.#add('__pycache__', '__pycache__', 'cache', 'a cache of Python', { exists: false });
    }
    if (ignores('.env', false)) this.#add('.env', '.env', 'secret', 'environment file', { exists: false });
    return this.#found;
  }

  #add(path: string, name: string, kind: CandidateKind, what: string, more: Partial<Candidate> = {}): void {
    const owner = path.includes('/') ? path.slice(0, path.lastIndexOf('/')) : '';
    const isPlain = path.split('/').every((part) => plainName.test(part));
    this.#found.push({ path, name, kind, exists: true, isPlain, owner, rules: [], what, ...more });
  }

  /** Looks at what is in a directory; in one that is output itself for secrets alone, in case that it is not. */
  #enter(directory: ContextFile, inOutput: boolean): void {
    const prefix = directory.path === '' ? '' : `${directory.path}/`;
    const children = this.#context.children(directory.path);
    if (!inOutput) this.#expect(prefix, children);
    for (const child of children) {
      const name = child.path.slice(prefix.length);
      if (child.type === 'directory') this.#directory(child, name, children, inOutput);
      else if (child.type === 'file') this.#file(child, name, prefix, inOutput);
      else if (child.type === 'link' && versionControl.has(name)) this.#add(child.path, name, ...plainKind(name)!);
    }
  }

  #directory(child: ContextFile, name: string, beside: readonly ContextFile[], inOutput: boolean): void {
    const { path } = child;
    const plain = plainKind(name);
    if (plain) {
      this.#add(path, name, ...plain);
      return;
    }
    const isIgnored = () => this.#context.gitIgnores(path, true);
    if (ignoredResults.has(name) && isIgnored()) {
      this.#add(path, name, 'result', 'reports of test runs');
      return;
    }
    const rules = (rulesByName.get(name) ?? []).filter(
      (rule) =>
        beside.some((each) => each.type === 'file' && rule.beside.test(nameOf(each))) &&
        (rule.holds === undefined || this.#context.file(`${path}/${rule.holds}`) !== undefined),
    );
    const holding = rules.filter((rule) => !rule.isCommon || isIgnored());
    if (holding.length > 0 && !inOutput) this.#add(path, name, 'output', holding[0]!.what, { rules: holding });
    const inPackage = nodeOutputNames.has(name) && beside.some((each) => nameOf(each) === 'package.json');
    const isOutput = inPackage && (unmistakable.has(name) || isIgnored());
    if (isOutput && !inOutput) this.#add(path, name, 'output', 'output that the build makes itself');
    if (foreign.has(name) && (holding.length > 0 || name !== 'vendor')) return;
    this.#enter(child, inOutput || holding.length > 0 || isOutput);
  }

  #file(child: ContextFile, name: string, prefix: string, inOutput: boolean): void {
    const { path } = child;
    if (name.endsWith('.py')) this.#hasPython = true;
    const found = inOutput ? undefined : this.#fileKind(path, name, prefix);
    if (found) this.#add(path, ...found);
    else if (secretFile(path) !== undefined && !samples.test(prefix)) this.#secret(path, name);
  }

  #fileKind(
    path: string,
    name: string,
    prefix: string,
  ): readonly [name: string, kind: CandidateKind, what: string] | undefined {
    const plain = plainKind(name);
    if (plain) return [name, ...plain];
    if (name.endsWith('.swp')) return ['*.swp', 'residue', 'left by an editor'];
    if (name.endsWith('.pyc')) {
      return this.#context.file(path.slice(0, -1)) ? ['*.pyc', 'cache', 'a cache of Python'] : undefined;
    }
    if (prefix === '' && dockerFile.test(name)) return [name, 'docker', 'read by the builder itself'];
    const isResult = name.endsWith('.log') || ignoredResults.has(name);
    if (!isResult || !this.#context.gitIgnores(path, false)) return undefined;
    return name.endsWith('.log') ? ['*.log', 'result', 'logs'] : [name, 'result', 'reports of test runs'];
  }

  /** A file that is named as a secret is one if it holds one; an environment file also where git is told to leave it. */
  #secret(path: string, name: string): void {
    const text = this.#context.text(path);
    const secret = text === undefined ? secretFile(path) : secretFile(path, text);
    const isIgnored = this.#context.gitIgnores(path, false);
    const byName = isIgnored && name.startsWith('.env') && text?.trim() !== '' ? secretFile(path) : undefined;
    if (secret && (secret.certain || isIgnored)) this.#add(path, name, 'secret', secret.kind);
    else if (byName) this.#add(path, name, 'secret', byName.kind);
  }

  /** What is not there yet, and will be where somebody builds on the machine itself: as its manifest and git say. */
  #expect(prefix: string, children: readonly ContextFile[]): void {
    const names = new Set(children.map((child) => child.path.slice(prefix.length)));
    const manifests = [...names];
    const owner = prefix.slice(0, -1);
    const ignored = (name: string) => this.#context.gitIgnores(prefix + name, true);
    for (const [name, all] of rulesByName) {
      if (names.has(name)) continue;
      const rules = all.filter((rule) => {
        if (rule.holds === 'pyvenv.cfg') {
          return (
            prefix === '' && name !== 'env' && manifests.some((each) => pythonManifest.test(each)) && ignored(name)
          );
        }
        if (rule.holds !== undefined || !manifests.some((each) => rule.beside.test(each))) return false;
        return !rule.isCommon || ignored(name);
      });
      if (rules.length > 0) this.#add(prefix + name, name, 'output', rules[0]!.what, { rules, owner, exists: false });
    }
    if (!names.has('package.json')) return;
    for (const name of nodeOutputNames) {
      if (names.has(name) || !ignored(name)) continue;
      this.#add(prefix + name, name, 'output', 'output that the build makes itself', { owner, exists: false });
    }
  }
}

/** What a file or a directory is by its name alone. */
function plainKind(name: string): readonly [kind: CandidateKind, what: string] | undefined {
  if (versionControl.has(name)) {
    return ['version-control', name === '.git' ? 'Git data' : 'data of version control'];
  }
  if (caches.has(name)) return ['cache', 'a cache that tools fill anew'];
  return residue.has(name) ? ['residue', 'left by an editor or an operating system'] : undefined;
}

const nameOf = ({ path }: ContextFile): string => path.slice(path.lastIndexOf('/') + 1);
