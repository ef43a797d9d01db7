import { type BuildReading, below, isRemote, isVariable, type Place, readPath } from './build-reading.ts';

const ENGINE =
  /(?:\b(docker|podman|buildah|nerdctl)|\$\$?[({]?\w*(?:DOCKER|PODMAN|CONTAINER|ENGINE|OCI)\w*[)}]?)\s+(?:(?:image|buildx|builder)\s+)?(?:build|bud)(?=\s|$)/gi;
/** What may stand before a command: the start, a separator, a keyword of the shell, a wrapper, assignments. */
const BEFORE =
  /(?:^|[;&|({!'"`@+]|(?:^|\s)(?:then|do|else|time|exec|env|command|run|retry|sh|-|[\w-]+:))\s*(?:\w+=\S*\s+)*(?:sudo\s+(?:-\S+\s+)*)?$/;
const CHANGE = /(?:^|[;&|({]|\b(?:then|do|else))\s*(cd|pushd|popd)(?=\s|$)(?:\s+--(?=\s))?/g;

/** Flags of `build` that stand alone, of docker, podman and buildah. All others take the next word. */
const SWITCHES = new Set(
  `--no-cache --pull --push --load --rm --force-rm -q --quiet --squash --squash-all --compress -D --debug --check
  --disable-content-trust --layers --tls-verify --no-hosts --inherit-labels --stdin --all-platforms --identity-label
  --omit-history --rewrite-timestamp --skip-unused-stages --no-hostname --pull-always --pull-never`
    .split(/\s+/)
    .filter((flag) => flag !== ''),
);

/** Longer lines are data: no one writes them. */
const LINE_CAP = 10_000;

/** Where the commands of a text run. */
export interface CommandPlace {
  /** The file, relative to the root, and the line of it at which the text begins. */
  readonly file: string;
  readonly line: number;
  /** The directories in which the text may run: each is tried. */
  readonly bases: readonly string[];
  /** The directory of the file. */
  readonly own: string;
  /** Whether each line has a shell of its own, as in a Makefile. */
  readonly shellPerLine?: boolean;
}

/** Finds the lines of a shell text that build an image: `docker build`, `docker buildx build`, `podman build`, buildah. */
export function readCommands(text: string, place: CommandPlace): BuildReading[] {
  const readings: BuildReading[] = [];
  let bases: readonly string[] = place.bases;
  for (const { text: line, number } of logicalLines(text)) {
    if (line.length > LINE_CAP || /^\s*(#|\/\/)/.test(line)) continue;
    const builds = [...line.matchAll(ENGINE)].map((match) => ({ at: match.index, match }));
    const changes = [...line.matchAll(CHANGE)].map((match) => ({ at: match.index, match }));
    const saved = bases;
    for (const { at, match } of [...builds, ...changes].sort((a, b) => a.at - b.at)) {
      if (changes.some((change) => change.match === match)) {
        const [directory] = splitWords(line.slice(at + match[0].length));
        bases = directory === undefined ? place.bases : changeTo(directory, bases, place);
        continue;
      }
      const before = line.slice(0, at);
      if (!BEFORE.test(before) || /\b(echo|printf)\b[^;&|]*$/.test(before)) continue;
      const words = splitWords(line.slice(at + match[0].length));
      const engine = /podman|buildah/i.test(match[0]) ? 'podman' : 'docker';
      for (const base of bases) {
        const from = { base, own: place.own };
        readings.push(
          ...readArguments(words, from, engine, { file: place.file, line: place.line + number, build: `${at}`, base }),
        );
      }
    }
    if (place.shellPerLine === true || changedInside(line)) bases = saved;
  }
  return readings;
}

/** Whether the directories that a line changes to hold only inside its parentheses. */
function changedInside(line: string): boolean {
  return /\([^()]*\b(cd|pushd)\s/.test(line) && !/\$\([^()]*\bcd\s/.test(line);
}

function changeTo(text: string, bases: readonly string[], place: CommandPlace): readonly string[] {
  const paths = bases.map((base) => readPath(text, { base, own: place.own }));
  const known = paths.filter((path) => path !== undefined && !path.includes('\0') && !path.startsWith('..'));
  return known.length === 0 ? place.bases : [...new Set(known as string[])];
}

/** The lines of a shell text with their continuations joined, and the 0-based number of the first of each. */
function* logicalLines(text: string): Generator<{ text: string; number: number }> {
  const lines = text.split(/\r?\n/);
  for (let i = 0; i < lines.length; i++) {
    const number = i;
    let line = lines[i]!;
    while (/(^|[^\\])\\$/.test(line) && i + 1 < lines.length) line = `${line.slice(0, -1)} ${lines[++i]!.trimStart()}`;
    yield { text: line, number };
  }
}

/** The words of one simple command up to its end; quotes go, and what runs in `$(...)` stays as it is. */
function splitWords(text: string): string[] {
  const words: string[] = [];
  let word: string | undefined;
  for (let at = 0; at < text.length; at++) {
    const c = text[at]!;
    if (c === '$' && (text[at + 1] === '(' || text[at + 1] === '{')) {
      const end = closing(text, at + 1);
      word = (word ?? '') + text.slice(at, end);
      at = end - 1;
    } else if (c === '"' || c === "'") {
      const end = text.indexOf(c, at + 1);
      if (end === -1) break;
      word = (word ?? '') + text.slice(at + 1, end);
      at = end;
    } else if (c === '\\' && at + 1 < text.length) {
      word = (word ?? '') + text[++at]!;
    } else if (/\s/.test(c)) {
      if (word !== undefined) words.push(word);
      word = undefined;
    } else if (';&|)<>`'.includes(c) || (c === '#' && word === undefined)) {
      break;
    } else word = (word ?? '') + c;
  }
  if (word !== undefined) words.push(word);
  return words;
}

function closing(text: string, open: number): number {
  const [opener, closer] = text[open] === '(' ? '()' : '{}';
  let depth = 0;
  for (let at = open; at < text.length; at++) {
    if (text[at] === opener) depth++;
    else if (text[at] === closer && --depth === 0) return at + 1;
  }
  return text.length;
}

/** Reads the words after `build`; nothing where it is no build of a directory (a file from standard input, help). */
function readArguments(
  words: readonly string[],
  place: Place,
  engine: BuildReading['engine'],
  at: Pick<BuildReading, 'file' | 'line' | 'build' | 'base'>,
): BuildReading[] {
  const args: Record<string, string | undefined> = {};
  const contexts: Record<string, string> = {};
  const names: string[] = [];
  const positional: string[] = [];
  let file: string | undefined;
  let target: string | undefined;
  for (let i = 0; i < words.length; i++) {
    const word = words[i]!;
    if (!word.startsWith('-') || word === '-') {
      positional.push(word);
      continue;
    }
    const [flag, inline] = splitFlag(word);
    if (SWITCHES.has(flag)) continue;
    const value = inline ?? words[++i];
    if (flag === '-f' || flag === '--file') file = value;
    else if (flag === '--target') target = value;
    else if ((flag === '-t' || flag === '--tag') && value !== undefined) names.push(value);
    else if (flag === '--build-arg' && value !== undefined) addArgument(args, value);
    else if (flag === '--build-context' && value !== undefined) {
      const equals = value.indexOf('=');
      if (equals > 0) contexts[value.slice(0, equals)] = value.slice(equals + 1);
    } else if (flag === '--help' || flag === '-h') return [];
  }
  // A word that is one variable may stand for flags: it is the context only where no other word is.
  const plain = positional.filter((word) => !/^\$\$?[({]?[\w.]+[)}]?$/.test(word));
  const candidates = plain.length > 0 ? plain : positional;
  const text = candidates.length === 1 ? candidates[0]! : undefined;
  if (text === '-' || file === '-') return [];
  const context = text === undefined ? undefined : isRemote(text) ? 'remote' : readPath(text, place);
  const local = context === 'remote' ? undefined : context;
  const files = dockerfilesOf(file, local, place, engine);
  return files.map((dockerfile) => ({
    ...at,
    how: 'command',
    engine,
    dockerfile,
    context,
    target,
    args,
    contexts,
    names,
  }));
}

/** Where each engine looks for its file: docker from where it runs, podman in the context too, and under two names. */
function dockerfilesOf(
  file: string | undefined,
  context: string | undefined,
  place: Place,
  engine: BuildReading['engine'],
): (string | undefined)[] {
  const inContext = (name: string) => (context === undefined ? undefined : below(context, name));
  if (file === undefined) {
    return engine === 'docker' ? [inContext('Dockerfile')] : [inContext('Containerfile'), inContext('Dockerfile')];
  }
  const here = readPath(file, place);
  const there = engine === 'podman' && !isVariable(file) ? inContext(file) : undefined;
  return there === undefined || there === here ? [here] : [here, there];
}

function splitFlag(word: string): [string, string | undefined] {
  const equals = word.indexOf('=');
  if (word.startsWith('--')) return equals === -1 ? [word, undefined] : [word.slice(0, equals), word.slice(equals + 1)];
  return word.length > 2 && /^-[ftmcov]/.test(word)
    ? [word.slice(0, 2), word.slice(2).replace(/^=/, '')]
    : [word, undefined];
}

/** Adds `NAME=value` or `NAME`, whose value is then taken from the environment. */
export function addArgument(args: Record<string, string | undefined>, text: string): void {
  const equals = text.indexOf('=');
  const name = equals === -1 ? text : text.slice(0, equals);
  const value = equals === -1 ? undefined : text.slice(equals + 1);
  if (/^\w+$/.test(name)) args[name] = value === undefined || isVariable(value) ? undefined : value;
}
