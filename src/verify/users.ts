import { escaped } from './globs.ts';
import type { Image } from './image.ts';

/** The databases of users and groups whose entries are compared: passwd(5), group(5), shadow(5). */
const databases = ['etc/passwd', 'etc/group', 'etc/shadow'];

/** Whether a path, without its leading slash, is one of them. */
export function isUserDatabase(path: string): boolean {
  return databases.includes(path);
}

/**
 * Whether a database of users differs in nothing but what packages have to do with that are gone: users and groups that
 * their scripts name, and the numbers that others were given in their stead, from 100 to 999 (Debian Policy, 9.2.2).
 */
export function hasSameUsers(before: Image, after: Image, path: string, scripts: string): boolean {
  const [was, is] = [entriesOf(before, path), entriesOf(after, path)];
  const isNamed = (name: string): boolean => new RegExp(`(?<![\\w-])${escaped(name)}(?![\\w-])`).test(scripts);
  const gone = new Set([...was.keys()].filter((name) => !is.has(name)));
  for (const name of gone) if (!isNamed(name)) return false;
  return [...is].every(([name, fields]) => {
    const old = was.get(name);
    return old !== undefined && meaningOf(path, old, gone) === meaningOf(path, fields, gone);
  });
}

function entriesOf({ files }: Image, path: string): Map<string, readonly string[]> {
  const lines = (files.get(path)?.text ?? '').split('\n').filter((line) => line !== '');
  return new Map(lines.map((line) => line.split(':')).map((fields) => [fields[0]!, fields]));
}

function meaningOf(path: string, fields: readonly string[], gone: ReadonlySet<string>): string {
  // The day of the password.
  if (path === 'etc/shadow') return fields.filter((_, index) => index !== 2).join(':');
  const numbered = fields.map((field, index) => (index >= 2 && /^[1-9]\d\d$/.test(field) ? '#' : field));
  if (path !== 'etc/group') return numbered.join(':');
  const members = (numbered[3] ?? '').split(',').filter((name) => !gone.has(name));
  return [...numbered.slice(0, 3), members.join(',')].join(':');
}
