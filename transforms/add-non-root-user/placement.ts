import type { Instruction } from '../../src/dockerfile/index.ts';
import { indentAt, keywordLike, type TextEdit } from '../../src/edit/index.ts';
import { type Changes, type ConfigField, covers, shellInForce } from '../../src/transform/index.ts';
import { folderSince, isFilledAfter, madeFolders } from './made.ts';
import type { Owned } from './owned.ts';
import type { Setting } from './setting.ts';
import { type ChosenUser, isRoot } from './user.ts';

/** The edits of a plan and what they name; a reason where there is no place for them. */
export type Placed =
  | { readonly edits: readonly TextEdit[]; readonly changes: Changes }
  | 'no-shell-in-image'
  | 'shell-unknown';

interface Addition {
  readonly before: number;
  readonly keyword: string;
  readonly lines: readonly string[];
}

/** Writes a plan into the stage: the user before the first copy, ownership after the last, USER before what it is for. */
export function place(setting: Setting, user: ChosenUser, owned: readonly Owned[]): Placed {
  const { file, stage, environment } = setting;
  const { instructions } = stage;
  const end = instructions.at(-1)!.index + 1;
  const like = (keyword: string) => keywordLike(keywordOf(setting, stage.from), keyword);
  const lastStep = instructions.findLast(({ keyword }) =>
    /^(?:RUN|COPY|ADD|WORKDIR|USER|SHELL|VOLUME|FROM|ONBUILD)$/.test(keyword),
  )!;
  const userAt =
    instructions.find(
      ({ keyword, index }) => index > lastStep.index && /^(?:CMD|ENTRYPOINT|HEALTHCHECK)$/.test(keyword),
    )?.index ?? end;
  const userNow = userIn(setting, lastStep.index + 1);
  const isUserRoot = userNow === undefined || isRoot(userNow);
  if (!isUserRoot) return 'shell-unknown';

  const volumes = instructions.filter(({ keyword }) => keyword === 'VOLUME');
  const volumeText = volumes
    .map((each) => each.json?.join(' ') ?? file.args(each))
    .join(' ')
    .split(/\s+/);
  const isVolume = (path: string) =>
    volumeText.some((volume) => volume.startsWith('/') && (covers(volume, path) || covers(path, volume)));
  const volumeAt = volumes[0]?.index;
  const isMadeLater = (path: string) => {
    const since = folderSince(setting, path);
    const isEarly = since !== undefined && since < volumeAt!;
    return !isEarly && madeFolders(setting).some((each) => each.index > volumeAt! && covers(each.path, path));
  };
  // A folder that is there would make a later `mkdir` fail.
  const early =
    volumeAt === undefined || !isRootAt(setting, volumeAt)
      ? []
      : owned.filter(({ path }) => isVolume(path) && !isMadeLater(path));
  const late = owned.flatMap((each) => {
    if (!early.includes(each)) return each;
    return isFilledAfter(setting, each.path, volumeAt!) ? { ...each, since: volumeAt } : [];
  });

  const firstCopy = instructions.find(
    ({ keyword, index }) =>
      /^(?:COPY|ADD|VOLUME)$/.test(keyword) && index <= lastStep.index && isRootAt(setting, index),
  );
  // A stage that only installs has its user at the end of that.
  const createAt = firstCopy?.index ?? userAt;
  const createBefore = early.length === 0 ? createAt : Math.min(createAt, volumeAt!);

  const additions: Addition[] = [];
  // Where nothing stands between the two, they are one step.
  const isOne = createBefore === userAt;
  const opens = isOne || volumeAt === undefined ? [] : ownership(early, user, volumeAt);
  const isOpening = opens.length > 0 && createBefore === volumeAt;
  const makes = [...user.create, ...(isOne ? ownership(owned, user, userAt) : isOpening ? opens : [])];
  const gives = isOne ? [] : ownership(late, user, userAt);
  const needsShell = makes.length > 0 || opens.length > 0 || gives.length > 0;
  if (needsShell && !hasShell(setting)) return 'no-shell-in-image';
  if (
    needsShell &&
    shellInForce(file, file.instructions[userAt] ?? instructions.at(-1)!, setting.facts).kind !== 'plain'
  )
    return 'shell-unknown';
  if (makes.length > 0)
    additions.push({ before: createBefore, keyword: 'RUN', lines: run(setting, like('RUN'), makes) });
  if (opens.length > 0 && !isOpening)
    additions.push({ before: volumeAt!, keyword: 'RUN', lines: run(setting, like('RUN'), opens) });
  if (gives.length > 0) additions.push({ before: userAt, keyword: 'RUN', lines: run(setting, like('RUN'), gives) });
  const home = environment.get('HOME');
  const movesHome = home !== undefined && covers('/root', home) && user.home !== undefined;
  if (movesHome) {
    additions.push({ before: userAt, keyword: 'ENV', lines: [`${like('ENV')} HOME=${user.home}`] });
  }
  const comment =
    user.name !== undefined && user.written !== user.name
      ? [`# ${user.name}, by the number: Kubernetes cannot check a name`]
      : [];
  additions.push({ before: userAt, keyword: 'USER', lines: [...comment, `${like('USER')} ${user.written}`] });
  const paths = [...(user.create.length > 0 ? accountPaths(user) : []), ...owned.flatMap(madePaths)];
  const config: readonly ConfigField[] = ['User', ...(movesHome ? (['Env.HOME'] as const) : [])];
  return written(setting, additions, { config, paths: [...new Set(paths)], owners: ['/**'] });
}

/** What the tools that make a user write (useradd(8), BusyBox's adduser). */
function accountPaths({ name, home }: ChosenUser): string[] {
  return [
    '/etc/{passwd,group,shadow,gshadow,subuid,subgid,.pwd.lock}',
    ...(home === undefined ? [] : [...parentsOf(home), `${home}/**`]),
    ...(name === undefined ? [] : [`/home/${name}/**`, `/var/{mail,spool/mail}/${name}`]),
  ];
}

/** What `mkdir -p` and `touch` make, also where the system's links lead (Filesystem Hierarchy Standard 3.0, 5.13). */
function madePaths({ path }: Owned): string[] {
  const real = path.replace(/^\/var\/run(?=\/|$)/, '/run').replace(/^\/var\/lock(?=\/|$)/, '/run/lock');
  return [...new Set([path, real])].flatMap((each) => [...parentsOf(each), `${each}/**`]);
}

function parentsOf(path: string): string[] {
  const parts = path.split('/').slice(1, -1);
  return parts.map((_, index) => `/${parts.slice(0, index + 1).join('/')}`);
}

/** The value of the last USER before an index, of the stage or its parents; undefined where there is none. */
export function userIn({ file, instructions }: Setting, before: number): string | undefined {
  const last = instructions.findLast(({ keyword, index }) => keyword === 'USER' && index < before);
  if (last === undefined) return undefined;
  const expanded = file.expand(file.args(last).trim(), last);
  return expanded.ok ? expanded.value.trim() : file.args(last).trim();
}

function isRootAt(setting: Setting, index: number): boolean {
  const user = userIn(setting, index);
  return user === undefined ? isRoot(setting.image?.user ?? '') : isRoot(user);
}

function hasShell({ base, image }: Setting): boolean {
  if (base === 'scratch' || image?.system === 'distroless' || image?.sh === 'none') return false;
  return image?.programs === undefined || image.programs.some((path) => path.endsWith('/sh'));
}

/** The commands that give paths away before an instruction, and make those folders and files that are not there yet. */
function ownership(owned: readonly Owned[], { owner, written }: ChosenUser, before: number): string[] {
  if (owned.length === 0) return [];
  const isThere = ({ since }: Owned) => since !== undefined && since < before;
  const missing = owned.filter((each) => !each.perhaps && !isThere(each));
  const folders = missing.filter(({ kind }) => kind === 'folder').map(({ path }) => quoted(path));
  const files = missing.filter(({ kind }) => kind === 'file').map(({ path }) => quoted(path));
  const deep = owned.filter((each) => each.deep).map(({ path }) => quoted(path));
  const flat = owned.filter((each) => !each.deep && !each.perhaps).map(({ path }) => quoted(path));
  const perhaps = owned.filter((each) => each.perhaps).map(({ path }) => path);
  const isOpenShift = /:0$/.test(written);
  const give = (path: string) => `chown ${owner} ${path}${isOpenShift ? ` && chmod g=u ${path}` : ''}`;
  return [
    ...(folders.length > 0 ? [`mkdir -p ${folders.join(' ')}`] : []),
    ...(files.length > 0 ? [`touch ${files.join(' ')}`] : []),
    ...(deep.length > 0 ? [`chown -R ${owner} ${deep.join(' ')}`] : []),
    ...(flat.length > 0 ? [`chown ${owner} ${flat.join(' ')}`] : []),
    ...perhaps.map((path) => `if [ -e ${quoted(path)} ]; then ${give(quoted(path))}; fi`),
    // OpenShift takes another number and keeps the group.
    ...(isOpenShift ? [`chmod -R g=u ${[...deep, ...flat].join(' ')}`] : []),
  ];
}

const quoted = (path: string): string => (/^[\w./@%+,:-]+$/.test(path) ? path : `'${path.replaceAll("'", "'\\''")}'`);

/** One RUN, a command a line, joined as the file joins its own. */
function run({ file }: Setting, keyword: string, commands: readonly string[]): string[] {
  const texts = file.instructions
    .filter((each) => each.keyword === 'RUN')
    .map((each) => file.source.slice(each.span.start, each.span.end));
  const trailing = texts.filter((text) => /&&[ \t]*[\\`]\r?\n/.test(text)).length;
  const leading = texts.filter((text) => /\n[ \t]*&&/.test(text)).length;
  const indent =
    texts.map((text) => /[\\`]\r?\n([ \t]+)\S/.exec(text)?.[1]).find((found) => found !== undefined) ?? '    ';
  return commands.map((command, at) => {
    const isLast = at === commands.length - 1;
    const joinsAfter = trailing > leading;
    const head = at === 0 ? `${keyword} ` : joinsAfter ? indent : `${indent}&& `;
    const tail = isLast ? '' : joinsAfter ? ` && ${file.escape}` : ` ${file.escape}`;
    return head + command + tail;
  });
}

function keywordOf({ file }: Setting, { logical, start, keywordEnd }: Instruction): string {
  const span = logical.span(start, keywordEnd);
  return file.source.slice(span.start, span.end);
}

function written(
  { file, stage }: Setting,
  additions: readonly Addition[],
  differs: Pick<Changes, 'config' | 'paths' | 'owners'>,
): Placed {
  const edits: TextEdit[] = [];
  const places = [...new Set(additions.map(({ before }) => before))];
  for (const before of places) {
    const lines = additions.filter((each) => each.before === before).flatMap((each) => each.lines);
    const next = file.instructions[before];
    if (next !== undefined && next.stage === stage) {
      // Above the comments that speak of the instruction, which stay with it.
      const first = next.leading[0];
      const at = first === undefined ? next.extent.start : file.lines.lineStart(file.lines.lineAt(first.start));
      const indent = indentAt(file, next.span.start);
      // A paragraph that begins with a comment stays one.
      const parts = first !== undefined && /\n[ \t]*\r?\n$/.test(file.source.slice(0, at));
      const text = lines.map((line) => indent + line + file.eol).join('') + (parts ? file.eol : '');
      edits.push({ start: at, end: at, text });
      continue;
    }
    const last = stage.instructions.at(-1)!;
    const at = last.extent.end;
    edits.push({ start: at, end: at, text: lines.map((line) => file.eol + line).join('') });
  }
  const adds = [...additions].sort((a, b) => a.before - b.before).map(({ before, keyword }) => ({ before, keyword }));
  return { edits, changes: { edits: [], adds, ...differs } };
}
