import { type ChildCall, childCalls, nodeChildCalls } from '../facts/index.ts';
import { closing, splitAt } from './path-expressions.ts';
import { type SourceText, withoutComments } from './source-writes.ts';

/** Another program that a source runs: a text for a shell, or a program with its words. */
export interface ChildProcess {
  /** Where parts are not known, `$__` stands for them. */
  readonly shell: string | undefined;
  /** Undefined for what the source works out; empty for a program that it does not say. */
  readonly words: readonly (string | undefined)[];
  /** The source file relative to the context, its path in the image, and the 1-based line. */
  readonly source: string;
  readonly place: string | undefined;
  readonly line: number;
}

type Form = Pick<ChildCall, 'takes' | 'skip' | 'program'>;

/** Reads sources of an application for the programs that they run. */
export function childProcesses(texts: readonly SourceText[]): ChildProcess[] {
  return texts.flatMap((each) => {
    const text = withoutComments(each.text, each.path);
    const calls = [...callsOf(each.path, text)];
    return calls.flatMap(([at, form]) => read({ ...each, text }, at, form));
  });
}

/** The places after the names of calls, and what those take. */
function* callsOf(path: string, text: string): Generator<readonly [number, Form]> {
  for (const { languages, in: speaks, call, ...form } of childCalls) {
    if (!languages.test(path) || speaks?.test(text) === false) continue;
    for (const match of text.matchAll(call)) {
      // What is defined here is no call.
      const before = text.slice(Math.max(0, match.index - 12), match.index);
      if (!/\b(?:def|func|function|fn)\s+$/.test(before)) yield [match.index + match[0].length, form];
    }
  }
  if (/\.rb$|\.rake$|\.ru$/.test(path)) {
    for (const match of text.matchAll(/(?<=[=(,\s]\s*)(?=`[^`\n]+`)|(?<=%x)(?=[([{])/g))
      yield [match.index, { takes: 'shell' }];
  }
  if (!/\.(?:[cm]?[jt]s|[jt]sx)$/.test(path)) return;
  for (const [name, form] of nodeNames(text)) {
    for (const match of text.matchAll(new RegExp(`(?<![\\w.$])${name.replace(/[$.]/g, '\\$&')}\\s*(?=\\()`, 'g')))
      yield [match.index + match[0].length, form];
  }
}

/** The names by which a file of JavaScript calls `child_process`. */
function nodeNames(text: string): Map<string, Form> {
  const names = new Map<string, Form>();
  const module = `["'](?:node:)?child_process["']`;
  const lists = [
    ...text.matchAll(new RegExp(`\\bimport\\s*(?:\\w+\\s*,\\s*)?\\{([^}]*)\\}\\s*from\\s*${module}`, 'g')),
    ...text.matchAll(new RegExp(`\\{([^}]*)\\}\\s*=\\s*(?:await\\s+import|require)\\(\\s*${module}`, 'g')),
  ];
  for (const [, list] of lists) {
    for (const [, name, other] of list!.matchAll(/(\w+)(?:\s*(?:as|:)\s*(\w+))?/g)) {
      const form = nodeChildCalls[name!];
      if (form) names.set(other ?? name!, form);
    }
  }
  const modules = [
    ...text.matchAll(new RegExp(`\\bimport\\s*(?:\\*\\s*as\\s*)?(\\w+)[^;\\n{]*from\\s*${module}`, 'g')),
    ...text.matchAll(new RegExp(`(\\w+)\\s*=\\s*(?:await\\s+import|require)\\(\\s*${module}\\s*\\)(?!\\.)`, 'g')),
  ];
  for (const [, alias] of modules)
    for (const [name, form] of Object.entries(nodeChildCalls)) names.set(`${alias}.${name}`, form);
  for (const [, alias, name] of text.matchAll(
    new RegExp(`(\\w+)\\s*=\\s*require\\(\\s*${module}\\s*\\)\\.(\\w+)`, 'g'),
  )) {
    const form = nodeChildCalls[name!];
    if (form) names.set(alias!, form);
  }
  for (const [, alias, of] of text.matchAll(/(\w+)\s*=\s*(?:util\.)?promisify\(\s*([\w.]+)\s*\)/g)) {
    const form = names.get(of!);
    if (form) names.set(alias!, form);
  }
  return names;
}

function read(source: SourceText, at: number, { takes, skip = 0, program }: Form, depth = 0): ChildProcess[] {
  const { text } = source;
  const isCall = text[at] === '(';
  const end = isCall ? closing(text, at) : text.slice(at).search(/\n|$/) + at;
  const whole = text[at] === '`' || /^%x/.test(text.slice(at - 2, at));
  const inside = whole
    ? (/^(?:`[^`]*`|.[^)\]}]*.)/s.exec(text.slice(at))?.[0] ?? '')
    : text.slice(at + (isCall ? 1 : 0), end);
  const all = whole
    ? [`"${inside.slice(1, -1).replaceAll('"', '\\"')}"`]
    : splitAt(inside, [',']).map((each) => each.trim());
  const given = all.slice(skip).filter((each) => each !== '');
  const place = { source: source.path, place: source.place, line: text.slice(0, at).split('\n').length };
  // Hashes of the environment come first in Ruby and go unread.
  const args = /\.r[bu]$/.test(source.path) && /^\{/.test(given[0] ?? '') ? given.slice(1) : given;
  const [first, second] = args;
  if (first === undefined) return [];
  const list = listAt(first, text, at);
  if (list) return [{ ...place, shell: undefined, words: [...(program === undefined ? [] : [program]), ...list] }];
  const value = stringOf(first) ?? (isName(first) ? stringOf(assigned(text, first, at)) : undefined);
  if (value === undefined) {
    const callers = depth < 2 && isName(first) ? callersOf(text, at, first, second) : [];
    if (callers.length > 0)
      return callers.flatMap((each) =>
        read(source, each, { takes, ...(program === undefined ? {} : { program }) }, depth + 1),
      );
    const word = interpreterOf(first);
    return [{ ...place, shell: undefined, words: word === undefined ? [] : [word, ...restOf(args, text, at)] }];
  }
  const others = restOf(args, text, at);
  const isText =
    takes === 'shell' || (takes === 'either' && others.length === 0) || (/\s/.test(value) && others.length === 0);
  if (isText && program === undefined) return [{ ...place, shell: value, words: [] }];
  // What was worked out in a name of a program is not known at all.
  const named = value.includes('$__') ? undefined : value;
  return [{ ...place, shell: undefined, words: [...(program === undefined ? [] : [program]), named, ...others] }];
}

/** The words after a program: the elements of a list, or strings one by one. */
function restOf(args: readonly string[], text: string, at: number): (string | undefined)[] {
  const [, second, ...more] = args;
  if (second === undefined) return [];
  const list = listAt(second, text, at);
  if (list) return list;
  const plain = [second, ...more].filter((each) => !/^(?:\w+\s*=(?!=)|\{|\w+:\s)/.test(each));
  return plain.map((each) => wordOf(each));
}

const isName = (text: string): boolean => /^[$@]?[A-Za-z_]\w*$/.test(text);

/** What a name was given last before a place, which may be a list over several lines. */
function assigned(text: string, name: string, at: number): string {
  const pattern = new RegExp(
    `(?:^|[\\s;({,])${name.replace('$', '\\$')}(?:\\s*:\\s*[\\w<>&'\\[\\]]+)?\\s*(?::=|=(?![=>]))\\s*`,
    'gm',
  );
  const last = [...text.slice(0, at).matchAll(pattern)].at(-1);
  if (!last) return '';
  const start = last.index + last[0].length;
  const isOpen = /^(?:\[|\(|%w)/.test(text.slice(start));
  const end = isOpen ? closing(text, start + text.slice(start).search(/[[(]/)) + 1 : text.length;
  return (isOpen ? text.slice(start, end) : (splitAt(text.slice(start, start + 2000), ['\n', ';'])[0] ?? '')).trim();
}

/**
 * The list that an expression is: written out, by its name, or the first of several that are joined by `+`; a word that is
 * not known stands for each of the others that is not.
 */
function listAt(expression: string, text: string, at: number): (string | undefined)[] | undefined {
  const parts = splitAt(expression, ['+']).map((each) => each.trim());
  const lists = parts.map((each) => listOf(each) ?? (isName(each) ? listOf(assigned(text, each, at)) : undefined));
  return lists[0] && lists.flatMap((each) => each ?? [undefined]);
}

function listOf(text: string): (string | undefined)[] | undefined {
  const inner = /^(?:\[|\[\]string\{|\(|%w[[(])([\s\S]*)[\])}]$/.exec(text);
  if (!inner) return undefined;
  if (text.startsWith('%w')) return inner[1]!.trim().split(/\s+/);
  if (text.startsWith('(') && !/,/.test(text)) return undefined;
  return splitAt(withoutNotes(inner[1]!), [','])
    .map((each) => each.trim())
    .filter((each) => each !== '')
    .map((each) => wordOf(each));
}

/** A text without the comments at the ends of its lines. */
const withoutNotes = (text: string): string =>
  text.replace(/("(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|`[^`]*`)|(?:#|\/\/)[^\n]*/g, (_, quoted?: string) => quoted ?? '');

const wordOf = (text: string): string | undefined => {
  const value = stringOf(text);
  return value === undefined ? interpreterOf(text) : value.includes('$__') ? undefined : value;
};

/** The value of one string of some language; `$__` stands for what is put into it. */
function stringOf(text: string): string | undefined {
  const parts = splitAt(text, ['+', ' . ']).map((each) => each.trim());
  if (parts.length > 1) {
    const values = parts.map((each) => stringOf(each));
    return values[0] === undefined ? undefined : values.map((each) => each ?? '$__').join('');
  }
  const match = /^([frbuFRB@]{0,2})(["'`])([\s\S]*)\2$/.exec(text);
  if (!match || match[3]!.replace(/\\[\s\S]/g, '').includes(match[2]!)) return undefined;
  const body = match[3]!.replace(/\\(["'`$])/g, '$1').replace(/\\n/g, '\n');
  if (/f/i.test(match[1]!)) return body.replace(/\{[^{}]*\}/g, '$__');
  if (match[2] === '`') return body.replace(/\$\{[^{}]*\}|#\{[^{}]*\}/g, '$__');
  return match[2] === '"' ? body.replace(/#\{[^{}]*\}|%[sdv]/g, '$__') : body.replace(/%[sdv]/g, '$__');
}

/** The interpreter that runs the source itself, as programs name it. */
const interpreterOf = (text: string): string | undefined =>
  /^process\.(?:execPath|argv\[0\]|argv0)$/.test(text)
    ? 'node'
    : /^sys\.executable$/.test(text)
      ? 'python'
      : /^(?:RbConfig\.ruby|Gem\.ruby)$/.test(text)
        ? 'ruby'
        : /^PHP_BINARY$/.test(text)
          ? 'php'
          : undefined;

/** Where the function is called that a place stands in, if what it runs are its own first arguments. */
function callersOf(text: string, at: number, first: string, second: string | undefined): number[] {
  const definitions = [
    ...text
      .slice(0, at)
      .matchAll(
        /(?:\bfunction\s+(\w+)|\bdef\s+(?:self\.)?(\w+)|(\w+)\s*=\s*(?:async\s*)?(?:function\s*)?)\s*\(([^()]*)\)/g,
      ),
  ];
  const nearest = definitions.at(-1);
  if (!nearest) return [];
  const name = nearest[1] ?? nearest[2] ?? nearest[3]!;
  const names = nearest[4]!.split(',').map((each) => /\w+/.exec(each)?.[0]);
  if (names[0] !== first || (second !== undefined && isName(second) && names[1] !== second)) return [];
  const start = nearest.index + nearest[0].length;
  return [...text.matchAll(new RegExp(`(?<![\\w.])${name}\\s*(?=\\()`, 'g'))]
    .map((match) => match.index + match[0].length)
    .filter((place) => place < nearest.index || place > start);
}
