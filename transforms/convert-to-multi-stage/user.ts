import type { Runtime } from '../../src/facts/index.ts';
import type { StageCommand } from '../../src/transform/index.ts';
import type { RunUser } from './plan.ts';
import { lastOfBuild, type Subject } from './subject.ts';

/** A number that no distribution gives away by itself. */
const made = 10001;
/** Users of every Debian: base-passwd, passwd.master. */
const ofDebian: Readonly<Record<string, number>> = { nobody: 65534, 'www-data': 33, daemon: 1 };

const byNumber = (name: string): string => `${name}, by the number: Kubernetes cannot check a name`;

/** Options of useradd, adduser and groupadd that take a word: their manual pages, of Debian and of BusyBox. */
const takesWord =
  /^(?:-[bcdefgGhkKpsuR]|--(?:base-dir|comment|home-dir|home|expiredate|inactive|gid|groups|skel|key|password|shell|uid|gecos|ingroup|firstuid|lastuid))$/;

/** The name that a command gives a user or group, and the value of one of its options. */
function readAdd({ words }: StageCommand, ...options: string[]): { readonly name?: string; readonly value?: string } {
  const operands: string[] = [];
  let value: string | undefined;
  for (let at = 0; at < words.length; at++) {
    const word = words[at];
    if (word === undefined) return {};
    const [option = '', inline] = word.split(/=(.*)/s);
    const isOption = word.startsWith('-');
    const next = isOption && inline === undefined && takesWord.test(option) ? words[++at] : inline;
    if (options.includes(option)) value = next;
    if (!isOption) operands.push(word);
  }
  return { ...(operands[0] !== undefined && { name: operands[0] }), ...(value !== undefined && { value }) };
}

/** The user that the last USER names, where a step of the file makes it with a number. */
function authorUser({ file, stage, commands }: Subject): { name: string; uid: number; gid: number } | undefined {
  const written = stage.instructions.findLast((each) => each.keyword === 'USER');
  const [user, group] = written ? file.args(written).trim().split(':') : [];
  const adds = commands.filter((each) => !each.conditional);
  for (const add of adds.filter((each) => /^(?:useradd|adduser)$/.test(each.name))) {
    const { name, value } = readAdd(add, '-u', '--uid');
    if (name === undefined || !/^[a-z_][a-z0-9_-]*$/.test(name) || !/^\d+$/.test(value ?? '')) continue;
    const uid = Number(value);
    if ((user !== name && user !== value) || uid < 100) continue;
    const primary = readAdd(add, ...(add.name === 'useradd' ? ['-g', '--gid'] : ['-G', '--ingroup', '--gid'])).value;
    const groups = adds.filter((each) => /^(?:groupadd|addgroup)$/.test(each.name));
    const own = groups.map((each) => readAdd(each, '-g', '--gid')).find((each) => each.name === (primary ?? name));
    const gid = [primary, own?.value, value].find((each) => /^\d+$/.test(each ?? ''));
    return group === undefined || group === gid || group === own?.name ? { name, uid, gid: Number(gid) } : undefined;
  }
  return undefined;
}

const madeBy = (name: string, uid: number, gid: number): string =>
  `groupadd --gid ${gid} ${name} && useradd --uid ${uid} --gid ${name} --create-home --home-dir /home/${name} --shell /usr/sbin/nologin ${name}`;

/** The user that the stage runs as already, or its name where the runtime lacks it. */
export function sameUser(subject: Subject, { spareUser }: Runtime): RunUser | { readonly lacks: string } {
  const { file, stage } = subject;
  const end = lastOfBuild(stage);
  const written = stage.instructions.findLast((each) => each.keyword === 'USER');
  if (!written) return { number: undefined, ids: '0:0' };
  const text = file.args(written).trim();
  const isThere = text
    .split(':')
    .every((each) => /^(?:\d+|root)$/.test(each) || Object.hasOwn(ofDebian, each) || each === spareUser?.name);
  const own = authorUser(subject);
  const number = written.index > end.index ? undefined : text;
  if (own && own.uid !== spareUser?.uid)
    return { number, ids: `${own.uid}:${own.gid}`, madeBy: madeBy(own.name, own.uid, own.gid) };
  return isThere ? { number, ids: text } : { lacks: text };
}

/** Whom the final stage runs as: the runtime's own user, one that it has, or one that is made. */
export function userFor(subject: Subject, runtime: Runtime): RunUser {
  const { file, stage } = subject;
  if (runtime.user) return { number: undefined, ids: `${runtime.user.uid}:${runtime.user.gid}` };
  if (runtime.family === 'scratch') return { number: '65534:65534', comment: byNumber('nobody'), ids: '65534:65534' };
  const end = lastOfBuild(stage);
  const users = stage.instructions.filter((each) => each.keyword === 'USER');
  const written = users.at(-1);
  const [name = ''] = written ? file.args(written).trim().split(':') : [];
  const spare = runtime.spareUser;
  const isLater = written !== undefined && written.index > end.index;
  if (isLater && Object.hasOwn(ofDebian, name))
    return { number: undefined, ids: `${ofDebian[name]}:${ofDebian[name]}` };
  const author = authorUser(subject);
  if (author && author.uid !== spare?.uid) {
    const { uid, gid } = author;
    const user = { madeBy: madeBy(author.name, uid, gid), ids: `${uid}:${gid}` };
    if (isLater && name === String(uid)) return { ...user, number: undefined };
    return { ...user, number: String(uid), comment: byNumber(author.name) };
  }
  if (isLater && (/^[1-9]\d*$/.test(name) || (spare && name === spare.name))) {
    const uid = spare && name === spare.name ? spare.uid : Number(name);
    return { number: undefined, ids: `${uid}:${spare && uid === spare.uid ? spare.gid : uid}` };
  }
  if (spare) return { number: String(spare.uid), comment: byNumber(spare.name), ids: `${spare.uid}:${spare.gid}` };
  const own = /^[a-z_][a-z0-9_-]*$/.test(name) && name !== 'root' ? name : 'app';
  return {
    number: String(made),
    comment: byNumber(own),
    madeBy: madeBy(own, made, made),
    ids: `${made}:${made}`,
  };
}
