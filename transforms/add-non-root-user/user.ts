import { baseUsers, type ImageUser, type UserTools, userTools } from '../../src/facts/index.ts';
import { ownersOfFiles } from './author-owner.ts';
import type { Setting } from './setting.ts';
import { type MadeUser, madeUsers, usersOf } from './users.ts';

/** The user that the image gets. */
export interface ChosenUser {
  /** Undefined for a number without an entry in the list of users. */
  readonly name: string | undefined;
  /** Undefined where the file makes the user without an id. */
  readonly uid: number | undefined;
  readonly gid: number | undefined;
  /** Undefined where it has none, or none that is known. */
  readonly home: string | undefined;
  /** What USER says. */
  readonly written: string;
  /** What is given to `chown`. */
  readonly owner: string;
  /** The shell commands that make it; empty for one that is there. */
  readonly create: readonly string[];
  /** A phrase that says where it comes from. */
  readonly why: string;
}

/** The first of these names and ids that is free is taken for a new user. */
const NAMES = ['app', 'appuser', 'web', 'service'];
const IDS = [10001, 10002, 10003, 10004];

/** What USER says where nothing but numbers can be written: the one of distroless images, and that of OpenShift's. */
const BARE = '65532:65532';
const OPENSHIFT = '1001:0';

/** Chooses the user; undefined where the tools and users of the base image are not known. */
export function chooseUser(
  setting: Setting,
  wanted: string,
  insisted: ImageUser | undefined,
): ChosenUser | 'user-from-variable' | undefined {
  const { base, image } = setting;
  const made = madeUsers(setting);
  const known = base === undefined ? undefined : baseUsers(base);
  const all = usersOf(setting);
  if (wanted !== '') return asked(wanted, all, made, setting);
  if (insisted) return existing(setting, insisted, 'the user that its server insists on');
  // Who makes a user, or was one before, has chosen.
  const [own] = made;
  if (made.length === 1 && own) return ofFile(own);
  if (madeByVariable(setting)) return 'user-from-variable';
  const earlier = earlierUser(setting, all);
  if (earlier) return earlier;
  const owner = ownerOfFiles(setting, all, made);
  if (owner) return owner;
  const application =
    image?.users && known?.application
      ? image.users.find(({ name }) => name === known.application!.name)
      : known?.application;
  if (application) return existing(setting, application, 'the user of the base image');
  if (base === 'scratch')
    return bare(BARE, 'an image without a list of users takes a number, and the group has to be written');
  const nonroot = image?.users?.find(({ name }) => /^(?:nonroot|app|appuser)$/.test(name) && name !== 'root');
  if (nonroot) return existing(setting, nonroot, 'the user of the base image');
  const tools = toolsOf(setting);
  if (tools === 'none')
    return bare(OPENSHIFT, 'the base image has no tools to make a user, and with group 0 it runs on OpenShift as well');
  return tools && created(tools, NAMES, all, mentioned(setting));
}

/** The user whom the author gives the files of the application to, where that is one, and it is there. */
function ownerOfFiles(setting: Setting, all: readonly ImageUser[], made: readonly MadeUser[]): ChosenUser | undefined {
  const owners = ownersOfFiles(setting);
  const [owner] = owners;
  if (owner === undefined || owners.length > 1) return undefined;
  const why = 'the user that the file gives the application to';
  const own = made.find(({ name, uid }) => name === owner || String(uid) === owner);
  if (own) return { ...ofFile(own), why };
  const there = all.find(({ name, uid }) => name === owner || String(uid) === owner);
  return there && existing(setting, there, why);
}

/** Whether a step makes a user whose name a variable holds. */
function madeByVariable({ file, instructions }: Setting): boolean {
  return instructions.some(
    (each) =>
      each.keyword === 'RUN' &&
      /\b(?:useradd|adduser)\s(?:[^;&|]*\s)?["']?\$\{?\w+\}?["']?\s*(?:$|[;&|])/.test(file.args(each)),
  );
}

/** Every word near a tool for users: a name or an id among them may be taken, whether or not the call can be read. */
function mentioned({ file, instructions }: Setting): MadeUser[] {
  const texts = instructions
    .filter(({ keyword }) => keyword === 'RUN')
    .map((each) => file.source.slice(each.span.start, each.span.end));
  const words = texts
    .filter((text) => /\b(?:useradd|adduser|groupadd|addgroup|\/etc\/passwd|\/etc\/group)\b/.test(text))
    .flatMap((text) => text.split(/[^\w.-]+/));
  return [...new Set(words)].map((word) => ({
    name: word,
    uid: /^\d+$/.test(word) ? Number(word) : undefined,
    group: undefined,
    home: undefined,
  }));
}

/** The tools for users in the final image; undefined where they are not known. */
export function toolsOf(setting: Setting): UserTools | undefined {
  const { base, image, instructions, file } = setting;
  if (base === 'scratch') return 'none';
  const programs = image?.programs?.map((path) => path.slice(path.lastIndexOf('/') + 1));
  if (programs) {
    if (programs.includes('useradd') && programs.includes('groupadd')) return 'shadow';
    if (programs.includes('adduser') && programs.includes('addgroup') && !programs.includes('dpkg')) return 'busybox';
    if (!programs.includes('sh')) return 'none';
  }
  const brought = instructions.some(
    (each) =>
      each.keyword === 'RUN' &&
      /\bshadow(?:-utils)?\b/.test(file.args(each)) &&
      /\b(?:install|add)\b/.test(file.args(each)),
  );
  if (brought) return image?.system === 'alpine' ? 'busybox' : 'shadow';
  if (programs) return 'none';
  return base === undefined || image?.system === undefined ? undefined : userTools(base, image.system);
}

function existing({ image }: Setting, { name, uid, gid, home }: ImageUser, why: string): ChosenUser {
  // The group of Debian's `nobody` has another name than Alpine's.
  const group =
    image?.groups?.find((each) => each.gid === gid)?.name ?? (gid === uid && name !== 'nobody' ? name : gid);
  return {
    name,
    uid,
    gid,
    home: home === '/' || home === '/nonexistent' ? undefined : home,
    written: String(uid),
    owner: `${name}:${group}`,
    create: [],
    why,
  };
}

function bare(ids: string, why: string): ChosenUser {
  const [uid, gid] = ids.split(':').map(Number);
  return { name: undefined, uid, gid, home: undefined, written: ids, owner: ids, create: [], why };
}

function ofFile(user: MadeUser): ChosenUser {
  const { name, group, home } = user;
  // By a number that others may have, it would be the first of them.
  const uid = user.mayShare ? undefined : user.uid;
  const written = uid === undefined ? name : String(uid);
  return {
    name,
    uid,
    gid: undefined,
    home,
    written,
    owner: `${name}:${group ?? ''}`,
    create: [],
    why: 'the user that the file makes and never uses',
  };
}

function created(
  tools: UserTools,
  names: readonly string[],
  all: readonly ImageUser[],
  made: readonly MadeUser[],
  id?: number,
): ChosenUser | undefined {
  if (tools === 'none') return undefined;
  const name = names.find((each) => ![...all, ...made].some((user) => user.name === each));
  const uid = (id === undefined ? IDS : [id]).find((each) => ![...all, ...made].some((user) => user.uid === each));
  if (name === undefined || uid === undefined) return undefined;
  const home = `/home/${name}`;
  const create =
    tools === 'shadow'
      ? [
          `groupadd --gid ${uid} ${name}`,
          `useradd --uid ${uid} --gid ${name} --create-home --home-dir ${home} --shell /usr/sbin/nologin ${name}`,
        ]
      : [`addgroup -g ${uid} ${name}`, `adduser -D -u ${uid} -G ${name} -h ${home} -s /sbin/nologin ${name}`];
  return {
    name,
    uid,
    gid: uid,
    home,
    written: String(uid),
    owner: `${name}:${name}`,
    create,
    why: 'a new user, as the base image has none for applications',
  };
}

/** A user that a person asked for: one that is there, a number, or a new name. */
function asked(
  wanted: string,
  all: readonly ImageUser[],
  made: readonly MadeUser[],
  setting: Setting,
): ChosenUser | undefined {
  const why = 'the user that was asked for';
  if (/^\d+(?::\d+)?$/.test(wanted)) {
    const there = all.find(({ uid }) => String(uid) === wanted);
    if (there) return existing(setting, there, why);
    return bare(wanted.includes(':') ? wanted : `${wanted}:${wanted}`, why);
  }
  const there = all.find(({ name }) => name === wanted);
  if (there) return existing(setting, there, why);
  const own = made.find(({ name }) => name === wanted);
  if (own) return { ...ofFile(own), why };
  const tools = /^[a-z_][a-z0-9_-]*$/.test(wanted) ? toolsOf(setting) : undefined;
  const fresh = tools && created(tools, [wanted], all, mentioned(setting));
  return fresh && { ...fresh, why };
}

/** A user that an earlier USER of the chain named, before root came back. */
function earlierUser(setting: Setting, all: readonly ImageUser[]): ChosenUser | undefined {
  const { file, instructions } = setting;
  const names = instructions.flatMap((each) => {
    if (each.keyword !== 'USER' || each.opaque) return [];
    const expanded = file.expand(file.args(each).trim(), each);
    return expanded.ok ? expanded.value : [];
  });
  const last = names.findLast((name) => name !== '' && !isRoot(name));
  const user = last === undefined ? undefined : all.find(({ name, uid }) => name === last || String(uid) === last);
  return user && existing(setting, user, 'the user that the file was before it went back to root');
}

/** Whether a USER is root's. */
export const isRoot = (user: string): boolean => /^(?:root|0+)?(?::.*)?$/.test(user.trim());
