import { posix } from 'node:path';
import { frameworks, rootCalls, startObstacle, writingServers } from '../../src/facts/index.ts';
import { parseShell, type ShellScript, type ShellWord } from '../../src/shell/index.ts';
import {
  absolute,
  commandWrites,
  expandedByEnv,
  hostLibrary,
  hostNeed,
  type Place,
  visitPlaces,
} from '../../src/transform/index.ts';
import { type Refusal, refuse } from './plan.ts';
import { requirementNames } from './requirements.ts';
import type { SourceReading, Written } from './sources.ts';
import { lastOfBuild, type Subject } from './subject.ts';

/** A command that a container starts; undefined for what is worked out when it starts. */
interface Started {
  readonly words: readonly (string | undefined)[];
  /** The same as they are written. */
  readonly texts: readonly string[];
  /** Files that it is redirected to. */
  readonly outputs: readonly (string | undefined)[];
  /** The directory that it runs in; undefined where it cannot be told. */
  readonly directory: string | undefined;
}

/** The commands that a container starts, through the shells that are given one as text. */
function startedCommands(subject: Subject): Started[] {
  const { start, file, stage, directory = '/' } = subject;
  if (!start) return [];
  const end = stage.instructions.at(-1)!;
  const valueAt = (word: ShellWord): string | undefined =>
    word.literal ??
    (word.substitutions.length > 0 || /[`'*?[\\]/.test(word.text)
      ? undefined
      : expandedByEnv(file, end, word.text.replace(/^"(.*)"$/s, '$1')));
  const found: Started[] = [];
  const visit = (script: ShellScript, depth: number, at: string | undefined): void => {
    const place: Place = { directory: at };
    visitPlaces(script, place, valueAt, ({ words, redirects }) => {
      const outputs = redirects.filter(({ operator }) => /^(?:>>?|>\||&>>?)$/.test(operator));
      add(
        words.map(valueAt),
        words.map((word) => word.literal ?? word.text),
        outputs.map(({ target }) => target && valueAt(target)),
        depth,
        place.directory,
      );
    });
  };
  const add = (
    words: Started['words'],
    texts: readonly string[],
    outputs: Started['outputs'],
    depth: number,
    at: string | undefined,
  ): void => {
    const skipped = /^(?:exec|env)$/.test(texts[0] ?? '') ? 1 : 0;
    found.push({ words: words.slice(skipped), texts: texts.slice(skipped), outputs, directory: at });
    const option = texts.findIndex((text) => /^-\w*c$/.test(text));
    const given = /^(?:.*\/)?(?:ba|da|a)?sh$/.test(texts[skipped] ?? '') && option > 0 ? words[option + 1] : undefined;
    const inner = given === undefined || depth > 3 ? undefined : parseShell(given);
    if (inner?.tiled) visit(inner, depth + 1, at);
  };
  if (start.argv) add(start.argv, start.argv, [], 0, directory);
  if (start.script) visit(start.script, 0, directory);
  return found;
}

/** The program of those that are started which needs the rights of root, or folders that root alone may write. */
export function needsRoot(subject: Subject): string | undefined {
  for (const { texts } of startedCommands(subject)) {
    const path = texts[0] ?? '';
    if (startObstacle(path, texts.slice(1)) !== undefined) return posix.basename(path);
    // Servers are started by wrappers as well: `bundle exec passenger`.
    const server = texts.find((word) => writingServers.test(posix.basename(word)));
    if (server !== undefined) return server;
  }
  return undefined;
}

/** Why the program has to stay root: it works on the host, or the file goes back to root for the start alone. */
export function rootNeed({ file, facts, stage, context, layout }: Subject): Refusal | undefined {
  const host =
    hostNeed(file, stage.instructions, facts.usage()) ??
    hostLibrary(context?.manifests ?? [], ({ path }) => layout?.imageOf(path) !== undefined);
  if (host !== undefined) return refuse('run-needs-host', host);
  const user = stage.instructions.findLast((each) => each.keyword === 'USER');
  const isLast = user !== undefined && user.index > lastOfBuild(stage).index;
  return isLast && isRoot(file.args(user))
    ? refuse('root-on-purpose', `\`USER ${file.args(user).trim()}\``)
    : undefined;
}

/** Whether the stage runs as root as it is: language images do where nothing else is said. */
export function runsAsRoot({ file, stage }: Subject): boolean {
  const user = stage.instructions.findLast((each) => each.keyword === 'USER');
  return user === undefined || isRoot(file.args(user));
}

const isRoot = (user: string): boolean => /^(?:root|0)(?::|$)/.test(user.trim());

/** What the sources ask for that root alone is given. */
export function rootCall({ texts }: SourceReading): Refusal | undefined {
  for (const [path, text] of texts) {
    const found = rootCalls.find(({ call, unless }) => call.test(text) && !unless?.test(text));
    const reason = found?.needs === 'needs-root' ? 'start-needs-root' : 'start-drops-privileges';
    if (found) return refuse(reason, `\`${posix.basename(path)}\` asks for ${found.what}`);
  }
  return undefined;
}

/** What the start writes itself: what it is redirected to, and what the programs of a system and options name. */
export function startWrites(subject: Subject): Written[] {
  const { directory: home = '/', layout } = subject;
  return startedCommands(subject).flatMap(({ words: [program, ...words], texts, outputs, directory }) => {
    const whole = (path: string | undefined): string | undefined =>
      path === undefined || path.startsWith('~') ? path : absolute(path, directory);
    const isFolder = (path: string): boolean => {
      const place = whole(path);
      return place === home || layout?.hasBelow(layout.contextOf(place ?? '\0') ?? '\0') === true;
    };
    const name = posix.basename(program ?? texts[0] ?? '');
    return commandWrites(name, words, outputs, isFolder).map(({ path, kind, entry }) => {
      const place = whole(path);
      return {
        // In the working directory only the file is written.
        path: entry !== undefined && place === home ? posix.join(place, entry) : place,
        open: kind === 'file',
        isFolder: kind !== 'file',
      };
    });
  });
}

/** What frameworks write without a word of it in the sources; undefined for a folder that is made when they start. */
export function frameworkWrites(subject: Subject): Written[] {
  const { directory, layout } = subject;
  const started = startedCommands(subject).map(({ texts }) => texts.join(' '));
  const has = {
    npm: requirementNames(subject, 'node'),
    python: requirementNames(subject, 'python'),
    gems: requirementNames(subject, 'ruby'),
  };
  return frameworks.flatMap(({ sign, start, writes, severity }) => {
    const isHere = (['npm', 'python', 'gems'] as const).some((kind) => sign[kind]?.some((name) => has[kind].has(name)));
    if (!isHere || severity !== 'fatal' || !started.some((text) => start.test(text))) return [];
    return writes.map((path) => {
      const image = posix.resolve(directory ?? '/', path);
      const context = layout?.contextOf(image);
      const isThere = context !== undefined && layout?.hasBelow(context);
      return { path: isThere ? image : undefined, open: false, isFolder: true };
    });
  });
}
