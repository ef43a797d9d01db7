import { createHash } from 'node:crypto';

/**
 * A trailer of the last commit of a branch that says: nobody but this program made it. It holds what the branch changes,
 * and a hash of the commit itself, which a person who amends, rebases or adds anything leaves behind.
 */
const trailer = 'Dockmend-Seal';

/** What a branch is known by when it is looked at again. */
export interface Sealed {
  /** The fingerprint of its changes. */
  readonly changes: string;
}

/** The fingerprint of what a branch changes. */
export function fingerprint(changes: string): string {
  return createHash('sha256').update(changes).digest('hex').slice(0, 16);
}

/** A commit message with its seal. `tree` and `parent` are those of the commit that it will have. */
export function sealed(message: string, changes: string, commit: CommitFacts): string {
  const text = message.trimEnd();
  return `${text}\n\n${trailer}: ${changes} ${hashOf(text, changes, commit)}\n`;
}

export interface CommitFacts {
  readonly tree: string;
  readonly parents: readonly string[];
  readonly email: string;
}

/** Reads the seal of a commit object as git keeps it; undefined where it has none, or where a person changed it. */
export function readSeal(object: string): Sealed | undefined {
  const end = object.indexOf('\n\n');
  if (end < 0) return undefined;
  const head = object.slice(0, end).split('\n');
  const values = (name: string): string[] =>
    head.filter((line) => line.startsWith(`${name} `)).map((line) => line.slice(name.length + 1));
  const email = (name: string): string | undefined => /<([^>]*)>/.exec(values(name)[0] ?? '')?.[1];
  const match = /^([\s\S]*)\n\nDockmend-Seal: ([0-9a-f]{16}) ([0-9a-f]{16})\n*$/.exec(object.slice(end + 2));
  const [, text, changes, hash] = match ?? [];
  const author = email('author');
  if (text === undefined || changes === undefined || author === undefined || author !== email('committer'))
    return undefined;
  const facts = { tree: values('tree')[0] ?? '', parents: values('parent'), email: author };
  return hash === hashOf(text, changes, facts) ? { changes } : undefined;
}

function hashOf(text: string, changes: string, { tree, parents, email }: CommitFacts): string {
  const facts = [text, changes, tree, parents.join(' '), email].join('\0');
  return createHash('sha256').update(facts).digest('hex').slice(0, 16);
}
