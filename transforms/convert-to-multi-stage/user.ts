import type { Runtime } from '../../src/facts/index.ts';
import type { RunUser } from './plan.ts';
import { lastOfBuild, type Subject } from './subject.ts';

/** A number that no distribution gives away by itself. */
const made = 10001;
/** Users of every Debian: base-passwd, passwd.master. */
const ofDebian: Readonly<Record<string, number>> = { nobody: 65534, 'www-data': 33, daemon: 1 };

const byNumber = (name: string): string => `${name}, by the number: Kubernetes cannot check a name`;

/** The user that the stage runs as already, or its name where the runtime lacks it. */
export function sameUser({ file, stage }: Subject, { spareUser }: Runtime): RunUser | { readonly lacks: string } {
  const end = lastOfBuild(stage);
  const written = stage.instructions.findLast((each) => each.keyword === 'USER');
  if (!written) return { number: undefined, ids: '0:0' };
  const text = file.args(written).trim();
  const isThere = text
    .split(':')
    .every((each) => /^(?:\d+|root)$/.test(each) || Object.hasOwn(ofDebian, each) || each === spareUser?.name);
  if (!isThere) return { lacks: text };
  return { number: written.index > end.index ? undefined : text, ids: text };
}

/** Whom the final stage runs as: the runtime's own user, one that it has, or one that is made. */
export function userFor({ file, stage }: Subject, runtime: Runtime): RunUser {
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
  if (isLater && (/^[1-9]\d*$/.test(name) || (spare && name === spare.name))) {
    const uid = spare && name === spare.name ? spare.uid : Number(name);
    return { number: undefined, ids: `${uid}:${spare && uid === spare.uid ? spare.gid : uid}` };
  }
  if (spare) return { number: String(spare.uid), comment: byNumber(spare.name), ids: `${spare.uid}:${spare.gid}` };
  const own = /^[a-z_][a-z0-9_-]*$/.test(name) && name !== 'root' ? name : 'app';
  return {
    number: String(made),
    comment: byNumber(own),
    madeBy: `groupadd --gid ${made} ${own} && useradd --uid ${made} --gid ${own} --create-home --home-dir /home/${own} --shell /usr/sbin/nologin ${own}`,
    ids: `${made}:${made}`,
  };
}
