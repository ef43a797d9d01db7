import { mkdtempSync, readdirSync, realpathSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { isAbsolute, join, relative, sep } from 'node:path';
import { fixKey } from '../engine/index.ts';
import { type FileReport, type Problem, withoutSecrets } from '../report/index.ts';
import { showMarks } from '../secrets/index.ts';
import type { Transform } from '../transform/index.ts';
import { groupMessage, plainMessage, transformMessage } from './commit-message.ts';
import type { Git } from './git.ts';
import type { Group } from './groups.ts';
import { fingerprint, sealed } from './seal.ts';
import { type UpdaterEdit, writeUpdater } from './updater.ts';

/** What a fixer had to say about a folder. */
export interface FolderFix {
  readonly files: readonly FileReport[];
  /** Problems that are no file's own. */
  readonly problems: readonly Problem[];
  /** What could not be had, such as a registry without an answer. */
  readonly notices: readonly string[];
}

type Chosen = ReadonlyMap<string, ReadonlySet<string>>;

/** Fixes the Dockerfiles of one folder in place, by the code of the command; given by the composition root. */
export interface Fixer {
  /**
   * Applies fixes of these transforms alone, as far as the flags and the folder's own configuration choose them; or those
   * that were chosen before, without a proof of them: their keys are given by the paths of their reports.
   */
  fix(among: readonly string[], chosen?: Chosen): Promise<FolderFix>;
  close(): Promise<void>;
}

/** What a pull request of a group would hold. */
export interface Plan {
  readonly group: Group;
  readonly fixed: FolderFix;
  /** The tree that the base becomes. */
  readonly tree: string;
  /** The fingerprint of what it changes; undefined where it changes nothing. */
  readonly changes: string | undefined;
  /** How many fixes it applies. */
  readonly fixes: number;
  /** Why there may be more to change than is known, a clause: a registry gave no answer, or nothing was proven. */
  readonly lacks: string | undefined;
  /** Ids of the transforms that changed something, in the order of the list. */
  readonly applied: readonly string[];
}

/** How the commits of a group are cut. */
export const commitCuts = ['transform', 'one'] as const;
export type CommitCut = (typeof commitCuts)[number];

const folderName = /^dockmend-pr-(\d+)-/;
const day = 24 * 60 * 60 * 1000;

/** A temporary folder, which the caller removes; an exit before that does. */
export function temporaryWorkFolder(): { readonly path: string; remove(): void } {
  const path = realpathSync(mkdtempSync(join(tmpdir(), `dockmend-pr-${process.pid}-`)));
  const atExit = () => rmSync(path, { recursive: true, force: true, maxRetries: 3 });
  process.once('exit', atExit);
  const remove = () => {
    atExit();
    process.removeListener('exit', atExit);
  };
  return { path, remove };
}

/** Removes what runs that were killed have left behind, once it is a day old. */
export function sweepWorkFolders(now = Date.now()): void {
  for (const name of readdirSync(tmpdir())) {
    const id = folderName.exec(name)?.[1];
    if (id === undefined || isAlive(Number(id))) continue;
    const path = join(tmpdir(), name);
    try {
      if (now - statSync(path).mtimeMs > day) rmSync(path, { recursive: true, force: true });
    } catch {
      // Another run removed it, or it is another user's.
    }
  }
}

function isAlive(id: number): boolean {
  try {
    process.kill(id, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ESRCH';
  }
}

/** The base of a repository in a work tree of its own, what a group would make of it, and the commits for that. */
export class WorkTree {
  readonly #git: Git;
  readonly #fixer: Fixer;
  readonly #base: string;
  readonly #email: string;
  #links: readonly string[] | undefined;
  #baseTree: Promise<string> | undefined;
  /** Whether no file of the base was touched yet. */
  #isBase = true;
  /** What the index stands for. */
  #tree = '';

  /** `base` is the commit that the work tree was made of. */
  constructor(git: Git, fixer: Fixer, base: string, email: string) {
    this.#git = git;
    this.#fixer = fixer;
    this.#base = base;
    this.#email = email;
  }

  get folder(): string {
    return this.#git.folder;
  }

  /** Runs the transforms of a group over the base. */
  async plan(group: Group): Promise<Plan> {
    await this.#toBase();
    const { fixed, tree } = await this.#fix(group.transforms);
    const changes = await this.#changes(tree);
    const applied = new Set(
      fixed.files.flatMap((file) => ('problem' in file ? [] : file.result.applied.map((each) => each.transform.id))),
    );
    const isSilent =
      fixed.notices.length > 0 ||
      fixed.files.some(
        (file) =>
          !('problem' in file) &&
          file.result.remaining.some(
            ({ finding }) => 'skipped' in finding && finding.skipped === 'registry-unavailable',
          ),
      );
    const unproven = fixed.files.find((file) => 'problem' in file && file.problem.kind === 'build');
    return {
      group,
      fixed,
      tree,
      changes: changes === '' ? undefined : fingerprint(changes),
      fixes: fixed.files.reduce((sum, file) => sum + ('problem' in file ? 0 : file.result.applied.length), 0),
      lacks: unproven ? `${unproven.path} could not be proven` : isSilent ? 'a registry gave no answer' : undefined,
      applied: group.transforms.filter((id) => applied.has(id)),
    };
  }

  /** What setting an updater up makes of the base. */
  async planUpdater(group: Group, edit: UpdaterEdit | undefined): Promise<Plan> {
    await this.#toBase();
    if (edit) {
      this.#isBase = false;
      writeUpdater(this.folder, edit);
      await this.#add([edit.path]);
    }
    const tree = this.#tree;
    const changes = await this.#changes(tree);
    const fixed = { files: [], problems: [], notices: [] };
    const print = changes === '' ? undefined : fingerprint(changes);
    return { group, fixed, tree, changes: print, fixes: edit ? 1 : 0, lacks: undefined, applied: [] };
  }

  /**
   * Makes the commits of a plan, one a transform or one in all, and gives the last one. Whatever the order in which they
   * were made, its tree is the plan's.
   */
  async commit(plan: Plan, transforms: readonly Transform[], cut: CommitCut, prefix: string): Promise<string> {
    const steps: { tree: string; message: string }[] = [];
    if (cut === 'transform' && plan.applied.length > 1) {
      await this.#toBase();
      const chosen = chosenBy(plan);
      for (const [index, id] of plan.applied.entries()) {
        // What was proven is known by its place in the base.
        if (chosen) await this.#toBase();
        const { fixed, tree } = await this.#fix(chosen ? plan.applied.slice(0, index + 1) : [id], chosen);
        const transform = transforms.find((each) => each.id === id)!;
        steps.push({ tree, message: transformMessage(transform, (chosen ? plan.fixed : fixed).files, prefix) });
      }
      const rest = 'What the fixes before this made possible together.';
      steps.push({ tree: plan.tree, message: plainMessage('Apply the fixes that need others', rest, prefix) });
    } else steps.push({ tree: plan.tree, message: this.#onlyMessage(plan, transforms, prefix) });
    return this.#commits(steps, plan);
  }

  #onlyMessage({ group, fixed, applied }: Plan, transforms: readonly Transform[], prefix: string): string {
    const only = transforms.find((each) => each.id === applied[0]);
    if (group.transforms.length === 0) {
      const why = 'Digests in Dockerfiles stay what they are until something moves them with their tags.';
      return plainMessage(group.title, why, prefix);
    }
    if (only && applied.length === 1) return transformMessage(only, fixed.files, prefix);
    return groupMessage(group.title, fixed.files, prefix);
  }

  /** Steps that change nothing are no commits; the last commit is sealed. */
  async #commits(steps: readonly { tree: string; message: string }[], plan: Plan): Promise<string> {
    let before = await this.#treeOfBase();
    const real = steps.filter(({ tree }) => {
      const changed = tree !== before;
      before = tree;
      return changed;
    });
    let parent = this.#base;
    for (const [index, { tree, message: words }] of real.entries()) {
      const isLast = index === real.length - 1;
      const message = showMarks(words);
      const facts = { tree, parents: [parent], email: this.#email };
      const text = isLast ? sealed(message, plan.changes!, facts) : `${message.trimEnd()}\n`;
      parent = await this.#git.commitTree(tree, parent, text);
    }
    return parent;
  }

  async #fix(among: readonly string[], chosen?: Chosen): Promise<{ fixed: FolderFix; tree: string }> {
    this.#isBase = false;
    const fixed = await this.#fixer.fix(among, chosen);
    const paths = fixed.files.flatMap((file) => ('problem' in file ? [] : file.changes.map((each) => each.path)));
    // What a symbolic link leads to is what changed.
    const real = paths.map((path) =>
      relative(this.folder, realpathSync(join(this.folder, path)))
        .split(sep)
        .join('/'),
    );
    await this.#add([...new Set(real)]);
    // What is said of it goes to where others read it.
    return { fixed: { ...fixed, files: fixed.files.map(withoutSecrets) }, tree: this.#tree };
  }

  async #add(paths: readonly string[]): Promise<void> {
    if (paths.length === 0) return;
    await this.#git.add(paths);
    this.#tree = await this.#git.writeTree();
  }

  async #changes(tree: string): Promise<string> {
    return tree === (await this.#treeOfBase()) ? '' : this.#git.changes(this.#base, tree);
  }

  #treeOfBase(): Promise<string> {
    this.#baseTree ??= this.#git.treeOf(this.#base);
    return this.#baseTree;
  }

  async #toBase(): Promise<void> {
    if (!this.#isBase) await this.#git.reset(this.#base);
    this.#isBase = true;
    this.#tree = await this.#treeOfBase();
    this.#links ??= await this.#git.symbolicLinks(this.#base);
    for (const link of this.#links) {
      const path = join(this.folder, link);
      // Nothing in a repository leads a run to other files of this machine.
      if (!staysInside(this.folder, path)) rmSync(path, { force: true });
    }
  }
}

/** The fixes of a plan that a proof has chosen; undefined where nothing was proven, and what is planned again is the same. */
function chosenBy({ fixed }: Plan): Chosen | undefined {
  const results = fixed.files.flatMap((file) => ('problem' in file ? [] : [file]));
  if (!results.some(({ proof }) => proof)) return undefined;
  return new Map(results.map(({ path, result }) => [path, new Set(result.applied.map(fixKey))]));
}

function staysInside(folder: string, path: string): boolean {
  try {
    const steps = relative(folder, realpathSync(path));
    return !isAbsolute(steps) && steps.split(sep)[0] !== '..' && steps.split(sep)[0] !== '.git';
  } catch {
    // One that leads nowhere leads nowhere else either.
    return true;
  }
}
