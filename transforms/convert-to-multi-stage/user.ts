import type { Runtime } from '../../src/facts/index.ts';
import { madeGroups, madeUsers } from '../add-non-root-user/users.ts';
import type { RunUser } from './plan.ts';
import { lastOfBuild, type Subject } from './subject.ts';

/** A number that no distribution gives away by itself. */
const made = 10001;
/** Users of every Debian: base-passwd, passwd.master. */
const ofDebian: Readonly<Record<string, number>> = { nobody: 65534, 'www-data': 33, daemon: 1 };

const byNumber = (name: string): string => `${name}, by the number: Kubernetes cannot check a name`;

/** The user that the last USER names, where a step of the file makes it with a number. */
function authorUser({ file, stage }: Subject): { name: string; uid: number; gid: number } | undefined {
  const written = stage.instructions.findLast((each) => each.keyword === 'USER');
  if (!written) return undefined;
  const [user, group] = file.args(written).trim().split(':');
  const made = { file, instructions: stage.instructions.filter(({ index }) => index < written.index) };
  const own = madeUsers(made).find(({ name, uid }) => name === user || (uid !== undefined && String(uid) === user));
  if (own?.uid === undefined || own.uid < 100 || own.mayShare || !/^[a-z_][\w-]*$/.test(own.name)) return undefined;
  const primary = own.group ?? own.name;
  const known = /^\d+$/.test(primary) ? Number(primary) : madeGroups(made).find(({ name }) => name === primary)?.gid;
  // The tools give a group of its own the number of the user.
  const gid = known ?? (own.group === undefined ? own.uid : undefined);
  const isPrimary = group === undefined || group === primary || group === String(gid);
  return gid !== undefined && isPrimary ? { name: own.name, uid: own.uid, gid } : undefined;
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
