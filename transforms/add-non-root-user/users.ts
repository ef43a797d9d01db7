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
