import type { FileReport, Problem } from '../report/index.ts';
import { showMarks } from '../secrets/index.ts';
import { bodyOf, hashOf, marked, readMarked } from './body.ts';
import { branchName, branchRoot } from './branch-names.ts';
import { subject } from './commit-message.ts';
import { pinnedReferences } from './digests.ts';
import type { Forge, Pull, RepositoryInfo } from './forge.ts';
import { ForgeError } from './forge-error.ts';
import { Git } from './git.ts';
import { type Group, updaterGroup } from './groups.ts';
import type { BotOptions, Outcome, Status } from './options.ts';
import { readSeal } from './seal.ts';
import { findUpdater, type UpdaterEdit, type UpdaterState, updaterEdit } from './updater.ts';
import { type Fixer, type Plan, temporaryWorkFolder, WorkTree } from './work-tree.ts';

/** Marks of comments, so that each is made once. */
const pausedMark = '<!-- dockmend:paused -->';
const emptyMark = '<!-- dockmend:nothing-left -->';

/** More groups than this are not each planned without need. */
const manyGroups = 3;

/** What the remote has of a group's branch. */
interface Branch {
  readonly name: string;
  /** Undefined where it is not there. */
  readonly commit: string | undefined;
  /** The fingerprint of its changes; undefined where a person had a hand in it, or it is not there. */
  readonly seal: string | undefined;
}

/** Brings the pull requests of one repository to what they should be. Throws ForgeError for what concerns all of them. */
export class RepositoryRun {
  readonly #forge: Forge;
  readonly #options: BotOptions;
  readonly #name: string;
  readonly #told = new Set<string>();
  #opened = 0;

  constructor(forge: Forge, options: BotOptions, name: string) {
    this.#forge = forge;
    this.#options = options;
    this.#name = name;
  }

  async go(): Promise<Outcome[]> {
    const info = await this.#forge.repository(this.#name);
    if (info.closed !== undefined) return [this.#outcome('-', 'skipped', { detail: info.closed })];
    if (info.mayPush === false && !this.#options.dryRun) throw new ForgeError('permission', 'it may only read');
    const folder = temporaryWorkFolder();
    let fixer: Fixer | undefined;
    try {
      const git = new Git({
        folder: folder.path,
        url: `${this.#forge.webUrl}/${info.name}.git`,
        credentials: () => this.#forge.credentials(info.name),
        author: this.#options.author,
        environment: this.#options.environment,
        clean: this.#options.clean,
      });
      const base = this.#options.base ?? info.defaultBranch;
      const commit = await this.#clone(git, base);
      if (commit === undefined) return [this.#outcome('-', 'skipped', { detail: 'empty' })];
      this.#step('cloned');
      fixer = await this.#options.openFixer(folder.path);
      const tree = new WorkTree(git, fixer, commit, this.#options.author.email);
      return await this.#groups(info, git, tree, base);
    } finally {
      await fixer?.close();
      folder.remove();
    }
  }

  /** Undefined where there is no commit: the forge may name a default branch all the same. */
  async #clone(git: Git, base: string): Promise<string | undefined> {
    try {
      return await git.clone(base);
    } catch (error) {
      const isEmpty =
        error instanceof ForgeError && error.kind === 'invalid' && (await git.remoteBranches('')).size === 0;
      if (isEmpty) return undefined;
      throw error;
    }
  }

  async #groups(info: RepositoryInfo, git: Git, tree: WorkTree, base: string): Promise<Outcome[]> {
    const { prefix, groups, updater: wanted } = this.#options;
    const branches = await git.remoteBranches(branchRoot(prefix));
    const outcomes: Outcome[] = [];
    const pinned = new Set<string>();
    for (const group of await this.#worthPlanning(tree, groups, branches)) {
      const planned = group.name === updaterGroup ? undefined : await tree.plan(group);
      for (const { path } of planned ? pinnedReferences(planned.fixed.files) : []) pinned.add(path);
      const updater = findUpdater(tree.folder, [...pinned]);
      const offered = wanted ?? (this.#forge.kind === 'github' ? 'dependabot' : 'renovate');
      const offer = pinned.size > 0 ? updaterEdit(tree.folder, offered, updater) : undefined;
      const plan = planned ?? (await tree.planUpdater(group, offer));
      this.#step('planned', group.name);
      const news = this.#problems(plan);
      try {
        const name = branchName(prefix, group.name, branches.keys());
        const target = { info, git, tree, base, plan, updater, offer, branch: name, commit: branches.get(name) };
        const outcome = await this.#group(target);
        outcomes.push({ ...outcome, notices: [...outcome.notices, ...news] });
      } catch (error) {
        if (!(error instanceof ForgeError)) throw error;
        outcomes.push(this.#outcome(group.name, 'failed', { detail: error.message, kind: error.kind }));
      }
    }
    return outcomes;
  }

  /** Of many groups, those that one look at all of them together finds something for, and those that have a branch. */
  async #worthPlanning(
    tree: WorkTree,
    groups: readonly Group[],
    branches: ReadonlyMap<string, string>,
  ): Promise<readonly Group[]> {
    if (groups.length <= manyGroups) return groups;
    const transforms = groups.flatMap((each) => each.transforms);
    const { applied } = await tree.plan({ name: 'all', title: '', transforms, holdsPins: true });
    const { prefix } = this.#options;
    return groups.filter(
      ({ name, transforms: ids }) =>
        ids.length === 0 ||
        ids.some((id) => applied.includes(id)) ||
        [prefix + name, (prefix + name).replaceAll('/', '-')].some((branch) => branches.has(branch)),
    );
  }

  /** What could not be read, each told once: a configuration at fault leaves all that it is about alone. */
  #problems({ fixed }: Plan): string[] {
    const all = [...fixed.problems.filter((each) => each.kind === 'configuration'), ...fixed.files.flatMap(problemOf)];
    return all.flatMap(({ path = '', message }) => {
      const text = this.#options.clean(`${path}: ${message}`);
      if (this.#told.has(text)) return [];
      this.#told.add(text);
      return [text];
    });
  }

  async #group(target: Target): Promise<Outcome> {
    const { info, git, plan } = target;
    const { name } = plan.group;
    if (plan.changes === undefined && target.commit === undefined) return this.#outcome(name, 'nothing');
    const branch = await this.#lookAt(git, target.branch, target.commit);
    const pulls = await this.#forge.pulls(info.name, branch.name);
    const open = pulls.find((each) => each.state === 'open');
    const isDeclined = !open && pulls[0]?.state === 'closed' && !readMarked(pulls[0].body).mark?.closed;
    if (isDeclined && !this.#options.again) return this.#outcome(name, 'declined', { pull: pulls[0] });
    if (branch.commit !== undefined && branch.seal === undefined) return this.#paused(target, open);
    // Less than there was because a registry is silent, or a builder failed, is no reason to take anything back.
    if (
      plan.lacks !== undefined &&
      open &&
      plan.fixes < (readMarked(open.body).mark?.fixes ?? Number.POSITIVE_INFINITY)
    ) {
      return this.#outcome(name, 'kept', { pull: open, detail: plan.lacks });
    }
    if (plan.changes === undefined) return this.#nothingLeft(target, branch, open);
    if (!open && this.#opened >= this.#options.limit) return this.#outcome(name, 'waiting');
    const pushed = await this.#push(target, branch, pulls[0]);
    return open ? this.#update(target, open, pushed) : this.#create(target, branch.name, pushed);
  }

  async #lookAt(git: Git, name: string, commit: string | undefined): Promise<Branch> {
    if (commit === undefined) return { name, commit, seal: undefined };
    const fetched = await git.fetch(name);
    return { name, commit: fetched, seal: readSeal(await git.readCommit(fetched))?.changes };
  }

  /** Puts the plan on the branch, unless the branch holds it already; says whether it did. */
  async #push({ git, tree, plan }: Target, branch: Branch, last: Pull | undefined): Promise<boolean> {
    // Commits that were merged once make no pull request again, even where the merge was taken back.
    if (branch.seal === plan.changes && last?.state !== 'merged') return false;
    const { transforms, cut, subjectPrefix } = this.#options;
    const commit = await tree.commit(plan, transforms, cut, subjectPrefix);
    this.#step('committed', plan.group.name);
    await this.#write(`push ${plan.group.name} to ${branch.name}`, () => git.push(branch.name, commit, branch.commit));
    this.#step('pushed', plan.group.name);
    return true;
  }

  async #create(target: Target, branch: string, pushed: boolean): Promise<Outcome> {
    const { info, base, plan } = target;
    const { title, body } = this.#text(target);
    const { labels } = this.#options;
    this.#opened++;
    this.#step('creating', plan.group.name);
    try {
      const made = await this.#write(`open ${JSON.stringify(title)}`, () =>
        this.#forge.createPull(info.name, { branch, base, title, body, labels }),
      );
      this.#step('created', plan.group.name);
      return this.#outcome(plan.group.name, 'opened', { pull: made?.pull, notices: made?.notices ?? [] });
    } catch (error) {
      if (!(error instanceof ForgeError) || error.kind !== 'exists') throw error;
      // Another run was faster, or the list of pull requests was late.
      const open = (await this.#forge.pulls(info.name, branch)).find((each) => each.state === 'open');
      if (!open) throw error;
      return this.#update(target, open, pushed);
    }
  }

  async #update(target: Target, open: Pull, pushed: boolean): Promise<Outcome> {
    const { info, base, plan } = target;
    const { title, body } = this.#text(target);
    const { body: shown, mark } = readMarked(open.body);
    // Words that a person wrote stay.
    const ownsBody = mark !== undefined && mark.body === hashOf(shown);
    const ownsTitle = mark !== undefined && mark.title === hashOf(open.title);
    const change = {
      ...(open.base !== base && { base }),
      ...(ownsTitle && open.title !== title && { title }),
      ...(ownsBody && hashOf(readMarked(body).body) !== hashOf(shown) && { body }),
    };
    this.#step('updating', plan.group.name);
    if (Object.keys(change).length > 0) {
      await this.#write(`update #${open.number}`, () => this.#forge.updatePull(info.name, open.number, change));
    }
    const status = pushed || Object.keys(change).length > 0 ? 'updated' : 'unchanged';
    this.#step('updated', plan.group.name);
    return this.#outcome(plan.group.name, status, { pull: open });
  }

  async #paused({ info, plan }: Target, open: Pull | undefined): Promise<Outcome> {
    const { name } = plan.group;
    const detail = 'its branch has commits that the bot did not make';
    if (!open) return this.#outcome(name, plan.changes === undefined ? 'nothing' : 'paused', { detail });
    const text =
      'This branch has commits that are not mine, so I leave it as it is from now on. Take them away, or close this ' +
      'pull request and delete its branch, to have it looked after again.';
    await this.#commentOnce(info.name, open, pausedMark, text);
    return this.#outcome(name, 'paused', { pull: open, detail });
  }

  async #nothingLeft({ info, git, plan }: Target, branch: Branch, open: Pull | undefined): Promise<Outcome> {
    const { name } = plan.group;
    if (open) {
      const text = 'Nothing of this is left to do: the base branch has it, or no longer needs it.';
      await this.#commentOnce(info.name, open, emptyMark, text);
      this.#step('closing', name);
      const { body } = readMarked(open.body);
      const change = { close: true, body: marked(open.title, body, { group: name, fixes: 0, closed: true }) } as const;
      await this.#write(`close #${open.number}`, () => this.#forge.updatePull(info.name, open.number, change));
      this.#step('closed', name);
    }
    await this.#write(`delete ${branch.name}`, () => git.push(branch.name, undefined, branch.commit));
    this.#step('deleted', name);
    return this.#outcome(name, open ? 'closed' : 'nothing', { pull: open });
  }

  async #commentOnce(repository: string, pull: Pull, mark: string, text: string): Promise<void> {
    const comments = await this.#forge.comments(repository, pull.number);
    if (comments.some((each) => each.includes(mark))) return;
    await this.#write(`comment on #${pull.number}`, () =>
      this.#forge.comment(repository, pull.number, `${text}\n\n${mark}\n`),
    );
  }

  #text({ plan, updater, offer }: Target): { title: string; body: string } {
    const { limits } = this.#forge;
    const { subjectPrefix, toolVersion } = this.#options;
    const title = shortened(subject(subjectPrefix, plan.group.title), limits.title);
    const { files, notices } = plan.fixed;
    const facts = { group: plan.group, files, updater, offer, notices, toolVersion };
    const text = showMarks(bodyOf(facts, limits.body - 200));
    return { title, body: marked(title, text, { group: plan.group.name, fixes: plan.fixes }) };
  }

  /** Does what changes something elsewhere; a dry run only says that it would. */
  async #write<T>(words: string, action: () => Promise<T>): Promise<T | undefined> {
    if (this.#options.dryRun) {
      this.#options.listener.would(this.#name, words);
      return undefined;
    }
    return action();
  }

  #step(step: string, group?: string): void {
    this.#options.listener.step(this.#name, step, group);
  }

  #outcome(
    group: string,
    status: Status,
    rest: { pull?: Pull | undefined; detail?: string; kind?: string; notices?: readonly string[] } = {},
  ): Outcome {
    const { pull, detail, kind, notices = [] } = rest;
    return {
      repository: this.#name,
      group,
      status,
      notices,
      ...(pull && { number: pull.number, url: pull.url }),
      ...(detail !== undefined && { detail }),
      ...(kind !== undefined && { kind }),
    };
  }
}

interface Target {
  readonly info: RepositoryInfo;
  readonly git: Git;
  readonly tree: WorkTree;
  readonly base: string;
  readonly plan: Plan;
  readonly updater: UpdaterState;
  readonly offer: UpdaterEdit | undefined;
  readonly branch: string;
  readonly commit: string | undefined;
}

function problemOf(file: FileReport): Problem[] {
  return 'problem' in file ? [file.problem] : [];
}

function shortened(text: string, limit: number): string {
  return text.length <= limit ? text : `${text.slice(0, limit - 3)}...`;
}
