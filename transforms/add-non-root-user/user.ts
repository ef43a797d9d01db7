import { baseUsers, type ImageUser, type UserTools, userTools } from '../../src/facts/index.ts';
import type { Setting } from './setting.ts';

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
export function chooseUser(setting: Setting, wanted: string): ChosenUser | 'user-from-variable' | undefined {
  const { base, image } = setting;
  const made = madeUsers(setting);
  const known = base === undefined ? undefined : baseUsers(base);
  const all = [...(image?.users ?? [...(known?.others ?? []), ...(known?.application ? [known.application] : [])])];
  if (wanted !== '') return asked(wanted, all, made, setting);
  // Who makes a user, or was one before, has chosen.
  const [own] = made;
  if (made.length === 1 && own) return ofFile(own);
  if (madeByVariable(setting)) return 'user-from-variable';
  const earlier = earlierUser(setting, all);
  if (earlier) return earlier;
  const application =
    image?.users && known?.application
      ? image.users.find(({ name }) => name === known.application!.name)
      : known?.application;
  if (application) return existing(application, 'the user of the base image');
  if (base === 'scratch')
    return bare(BARE, 'an image without a list of users takes a number, and the group has to be written');
  const nonroot = image?.users?.find(({ name }) => /^(?:nonroot|app|appuser)$/.test(name) && name !== 'root');
  if (nonroot) return existing(nonroot, 'the user of the base image');
  const tools = toolsOf(setting);
  if (tools === 'none')
    return bare(OPENSHIFT, 'the base image has no tools to make a user, and with group 0 it runs on OpenShift as well');
  return tools && created(tools, NAMES, all, mentioned(setting));
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

function existing(user: ImageUser, why: string): ChosenUser {
  const { name, uid, gid, home } = user;
  return { name, uid, gid, home, written: String(uid), owner: `${name}:${gid === uid ? name : gid}`, create: [], why };
}

function bare(ids: string, why: string): ChosenUser {
  const [uid, gid] = ids.split(':').map(Number);
  return { name: undefined, uid, gid, home: undefined, written: ids, owner: ids, create: [], why };
}

function ofFile(user: MadeUser): ChosenUser {
  const { name, uid, group, home } = user;
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
    if (there) return existing(there, why);
    return bare(wanted.includes(':') ? wanted : `${wanted}:${wanted}`, why);
  }
  const there = all.find(({ name }) => name === wanted);
  if (there) return existing(there, why);
  const own = made.find(({ name }) => name === wanted);
  if (own) return { ...ofFile(own), why };
  const tools = /^[a-z_][a-z0-9_-]*$/.test(wanted) ? toolsOf(setting) : undefined;
  const fresh = tools && created(tools, [wanted], all, mentioned(setting));
  return fresh && { ...fresh, why };
}

/** A user that a step of the file makes. */
export interface MadeUser {
  readonly name: string;
  readonly uid: number | undefined;
  readonly group: string | undefined;
  readonly home: string | undefined;
}

/** The users that RUN instructions make, where that can be read. */
export function madeUsers({ file, instructions }: Pick<Setting, 'file' | 'instructions'>): MadeUser[] {
  const users: MadeUser[] = [];
  for (const each of instructions) {
    if (each.keyword !== 'RUN' || each.opaque) continue;
    const text = file.source.slice(each.span.start, each.span.end).replace(/[\\`][ \t]*\r?\n/g, ' ');
    for (const match of text.matchAll(/(?:^|[;&|(\s])(useradd|adduser)[ \t]+([^;&|<>\n]+)/g)) {
      const user = madeUser(match[1]!, match[2]!.trim().split(/\s+/));
      if (user) users.push(user);
    }
  }
  return users;
}

const VALUED =
  /^(?:-[ugGdskcbefpKRhSZ]|--(?:uid|gid|groups|home-dir|home|shell|skel|comment|gecos|ingroup|base-dir|password|expiredate|inactive|key|root|firstuid))$/;

function madeUser(tool: string, words: readonly string[]): MadeUser | undefined {
  // A build argument may be another one in another build.
  const expand = (word: string): string | undefined => (word.includes('$') ? undefined : word);
  const options = new Map<string, string>();
  const operands: string[] = [];
  for (let at = 0; at < words.length; at++) {
    const word = words[at]!;
    const joined = /^(--[\w-]+)=(.*)$/.exec(word);
    // BusyBox's -S and -D, and the clusters of adduser, take no value.
    const isSwitch = tool === 'adduser' && /^-[SDHc]+$/.test(word);
    if (joined) options.set(joined[1]!, joined[2]!);
    else if (word.startsWith('-') && !isSwitch && (VALUED.test(word) || /^-[a-zA-Z]*[ugGdshk]$/.test(word)))
      options.set(`-${word.at(-1)}`.replace('-e', '--home'), words[++at] ?? '');
    else if (!word.startsWith('-')) operands.push(word);
  }
  const value = (...names: string[]) => {
    for (const [at, word] of words.entries()) if (names.includes(word)) return expand(unquoted(words[at + 1] ?? ''));
    for (const name of names) if (options.has(name)) return expand(unquoted(options.get(name)!));
    return undefined;
  };
  // `adduser user group` adds one to the other, and makes none.
  if (operands.length !== 1) return undefined;
  const name = expand(unquoted(operands[0]!));
  if (name === undefined || !/^[a-z_][\w.-]*$/i.test(name)) return undefined;
  const uid = value('-u', '--uid');
  const home = value('-d', '--home-dir', '--home', '-h');
  const hasHome =
    tool === 'adduser'
      ? !words.some((word) => /^-[SD]*H$|^--no-create-home$/.test(word))
      : words.some((word) => /^(?:-[a-z]*m[a-z]*|--create-home)$/.test(word));
  return {
    name,
    uid: uid !== undefined && /^\d+$/.test(uid) ? Number(uid) : undefined,
    group: tool === 'useradd' ? value('-g', '--gid') : value('-G', '--ingroup'),
    home: hasHome ? (home ?? `/home/${name}`) : undefined,
  };
}

const unquoted = (word: string): string => word.replace(/^(["'])(.*)\1$/, '$2');

/** A user that an earlier USER of the chain named, before root came back. */
function earlierUser({ file, instructions }: Setting, all: readonly ImageUser[]): ChosenUser | undefined {
  const names = instructions.flatMap((each) => {
    if (each.keyword !== 'USER' || each.opaque) return [];
    const expanded = file.expand(file.args(each).trim(), each);
    return expanded.ok ? expanded.value : [];
  });
  const last = names.findLast((name) => name !== '' && !isRoot(name));
  const user = last === undefined ? undefined : all.find(({ name, uid }) => name === last || String(uid) === last);
  return user && existing(user, 'the user that the file was before it went back to root');
}

/** Whether a USER is root's. */
export const isRoot = (user: string): boolean => /^(?:root|0+)?(?::.*)?$/.test(user.trim());
