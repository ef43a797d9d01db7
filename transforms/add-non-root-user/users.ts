import { baseUsers, type ImageUser, systemUsers } from '../../src/facts/index.ts';
import type { Setting } from './setting.ts';

/** The users that the base image has, as far as they are known. */
export function usersOf({ base, image }: Setting): readonly ImageUser[] {
  if (image?.users) return image.users;
  const known = base === undefined ? undefined : baseUsers(base);
  const rows = [...(known?.others ?? []), ...(known?.application ? [known.application] : [])];
  return [...rows, ...systemUsers(image?.system).filter(({ name }) => !rows.some((row) => row.name === name))];
}

/** A user that a step of the file makes. */
export interface MadeUser {
  readonly name: string;
  readonly uid: number | undefined;
  readonly group: string | undefined;
  readonly home: string | undefined;
  /** The tool makes its group, with the number of the user unless another group has that. */
  readonly hasOwnGroup?: boolean;
  /** Debian's `adduser` makes it as a user of the system, since Debian 12 without a home. */
  readonly mayLackHome?: boolean;
  /** Another user may have its number already: useradd(8), `--non-unique`. */
  readonly mayShare?: boolean;
}

/** The users that RUN instructions make, where that can be read. */
export function madeUsers(setting: Pick<Setting, 'file' | 'instructions'>): MadeUser[] {
  return callsOf(setting, /^(?:useradd|adduser)$/).flatMap(({ tool, words, isSure }) => {
    const user = madeUser(tool, words);
    return user ? { ...user, hasOwnGroup: isSure && hasOwnGroup(tool, words, user.uid) } : [];
  });
}

/** The groups that RUN instructions make, where that can be read; without a number where none is given. */
export function madeGroups(setting: Pick<Setting, 'file' | 'instructions'>): { name: string; gid?: number }[] {
  return callsOf(setting, /^(?:groupadd|addgroup)$/).flatMap(({ words, isSure }) => {
    const at = words.findIndex((word) => /^(?:-[a-zA-Z]*g|--gid)(?:=|$)/.test(word));
    const isJoined = words[at]?.includes('=') === true;
    const number = unquoted(at === -1 ? '' : isJoined ? words[at]!.replace(/^.*?=/, '') : (words[at + 1] ?? ''));
    const operands = words.filter((word, each) => !word.startsWith('-') && (each !== at + 1 || at === -1 || isJoined));
    // `addgroup user group` adds one to the other, and makes none.
    if (operands.length !== 1) return [];
    // With `-f` a number that is taken gives way.
    const isKnown = isSure && /^\d+$/.test(number) && !words.some((word) => /^-[a-zA-Z]*f|^--force$/.test(word));
    return [{ name: unquoted(operands[0]!), ...(isKnown && { gid: Number(number) }) }];
  });
}

/** The calls of tools in RUN instructions, by their words; not `isSure` where one may be left out or fail. */
function callsOf(
  { file, instructions }: Pick<Setting, 'file' | 'instructions'>,
  tools: RegExp,
): { tool: string; words: string[]; isSure: boolean }[] {
  return instructions.flatMap((each) => {
    if (each.keyword !== 'RUN' || each.opaque) return [];
    const text = file.source.slice(each.span.start, each.span.end).replace(/[\\`][ \t]*\r?\n/g, ' ');
    return [...text.matchAll(/(?:^|[;&|(\s])((?:user|group)add|add(?:user|group))[ \t]+([^;&|<>\n]+)/g)]
      .map((match) => ({
        tool: match[1]!,
        words: match[2]!.trim().split(/\s+/),
        isSure:
          !/(?:\|\||\b(?:then|else|do))\s*$/.test(text.slice(0, match.index + 1)) &&
          !text.slice(match.index + match[0].length).startsWith('||'),
      }))
      .filter(({ tool }) => tools.test(tool));
  });
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
    mayLackHome: tool === 'adduser' && words.includes('--system') && home === undefined,
    mayShare: tool === 'useradd' && words.some((word) => /^(?:-[a-zA-Z]*o[a-zA-Z]*|--non-unique)$/.test(word)),
  };
}

/**
 * Whether a tool makes the user's group, with its number if that is free: by shadow's `useradd` (find_new_gid.c: within
 * the numbers that login.defs gives users, or those of the system), Debian's `adduser` and BusyBox's, which puts users
 * of the system into `nogroup`.
 */
function hasOwnGroup(tool: string, words: readonly string[], uid: number | undefined): boolean {
  const has = (pattern: RegExp) => words.some((word) => pattern.test(word));
  const number = uid ?? 0;
  const isUsual = number >= 1000 && number <= 60_000;
  if (tool === 'useradd') {
    if (has(/^-[a-zA-Z]*[gN]|^--(?:gid|no-user-group)\b/)) return false;
    return has(/^-[a-zA-Z]*r|^--system$/) ? number > 200 && number < 1000 : isUsual;
  }
  if (has(/^-[a-zA-Z]*G|^--(?:gid|ingroup)\b/) || has(/^-[DH]*S/)) return false;
  if (has(/^--system$/)) return has(/^--group$/);
  // BusyBox has GECOS where Red Hat's, which is `useradd`, has the group.
  return has(/^-[DH]*D/) || (isUsual && !has(/^-g/));
}

const unquoted = (word: string): string => word.replace(/^(["'])(.*)\1$/, '$2');
