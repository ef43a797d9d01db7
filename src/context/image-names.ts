import { posix } from 'node:path';
import { imageFacts } from '../facts/index.ts';

const VARIABLE = /\$\{\{[^}]*\}\}|\{\{[^}]*\}\}|\$\$?\{[^}]*\}|\$\$?\([^()]*\)|`[^`]*`|\$\$?\w+/g;

/** Whether two references may name one image: the same but for tag, digest, and variables before the last slash. */
export function sameImage(a: string, b: string): boolean {
  const [one, other] = [nameOf(a), nameOf(b)];
  if (one === undefined || other === undefined) return false;
  if (one === other) return true;
  return posix.basename(one) === posix.basename(other) && (one.includes('*') || other.includes('*'));
}

/** A reference without tag, digest and Docker Hub's own prefix, `*` for variables; undefined where its name holds one. */
function nameOf(reference: string): string | undefined {
  const marked = reference.replace(VARIABLE, '*').replace(/@.*$/, '').toLowerCase();
  const slash = marked.lastIndexOf('/') + 1;
  const name = marked.slice(slash).replace(/:.*$/, '');
  const before = marked.slice(0, slash).replace(/^(?:(?:index\.)?docker\.io\/)?(?:library\/)?/, '');
  return /^[a-z0-9][\w.-]*$/.test(name) ? before + name : undefined;
}

/** Whether a reference names an image after a folder of the repository, and none that everyone knows by that name. */
export function isNamedAfter(folder: string, reference: string): boolean {
  const name = nameOf(reference);
  const last = name === undefined ? undefined : posix.basename(name);
  return last === folder.toLowerCase() && imageFacts(last) === undefined && imageFacts(name!) === undefined;
}

/**
 * What a name may be once the variables in it have the values that the same file gives them: assignments of a Makefile or
 * a shell, mappings of YAML, and what the action `docker/metadata-action` makes. `read` gives files beside it.
 */
export function namesSpelled(name: string, text: string, read: (path: string) => string | undefined): string[] {
  const metadata = /steps\.([\w-]+)\.outputs\.tags/.exec(name)?.[1];
  if (metadata !== undefined) return imagesOfMetadata(text, metadata).flatMap((each) => namesSpelled(each, text, read));
  let value = name;
  for (let depth = 0; depth < 4 && VARIABLE.test(value); depth++) {
    VARIABLE.lastIndex = 0;
    value = value.replace(VARIABLE, (variable) => assignedTo(variable, text, read) ?? variable);
  }
  VARIABLE.lastIndex = 0;
  return value === name ? [name] : [name, value];
}

function assignedTo(variable: string, text: string, read: (path: string) => string | undefined): string | undefined {
  const file = /^\$\$?\((?:shell\s+)?(?:cat|<)\s+([\w./-]+)\)$/.exec(variable)?.[1];
  if (file !== undefined) return read(file)?.trim().split(/\s/, 1)[0];
  const match = /^\$\$?[{(]?(?:\{\s*(?:env|vars|inputs)\.)?(\w+)(?::?-([^})]*))?\s*[)}]{0,2}$/.exec(variable);
  if (!match) return undefined;
  const [, name, fallback] = match;
  const set = new RegExp(
    `^[ \\t]*(?:(?:export|override|readonly|local|declare|-)[ \\t]+)?["']?${name}["']?[ \\t]*(?:\\?=|::?=|=|:[ \\t])[ \\t]*["']?([^"'\\n#]+?)["']?[ \\t]*(?:#.*)?$`,
    'm',
  ).exec(text)?.[1];
  return set ?? fallback;
}

/** The images of a step of `docker/metadata-action`, by its id. */
function imagesOfMetadata(text: string, id: string): string[] {
  const steps = text.split(/^(?=\s*-\s+(?:name|uses|id|if):)/m).filter((step) => /docker\/metadata-action@/.test(step));
  const own = steps.find((step) => new RegExp(`^[-\\s]*id:\\s*["']?${id}["']?\\s*$`, 'm').test(step));
  const given = /^(\s*)images:[ \t]*(?:[|>][-+]?[ \t]*\n((?:\1[ \t]+\S.*\n?)+)|(\S.*))$/m.exec(own ?? '');
  return (given?.[2] ?? given?.[3] ?? '')
    .split(/[\n,]/)
    .map((line) =>
      line
        .trim()
        .replace(/^name=([^,]*).*$/, '$1')
        .replace(/^["']|["']$/g, ''),
    )
    .filter((line) => line !== '');
}

/** The values that a text of builds gives a build argument, as written. */
export function argumentValues(name: string, text: string): string[] {
  const given = new RegExp(
    `(?:--build-arg[= ]+["']?|^[ \\t]*(?:-[ \\t]+)?["']?)${name}["']?[ \\t]*[=:][ \\t]*["']?([^"'\\s\\\\,]+)`,
    'gm',
  );
  return [...text.matchAll(given)].map((match) => match[1]!);
}
