import { posix } from 'node:path';
import { frameworks, startObstacle, writingServers } from '../../src/facts/index.ts';
import { visitCommands } from '../../src/shell/index.ts';
import { requirementNames } from './requirements.ts';
import type { Written } from './sources.ts';
import type { Subject } from './subject.ts';

/** The commands that a container starts, each as its words. */
function startedCommands({ start }: Subject): string[][] {
  if (!start) return [];
  const found = start.argv ? [[...start.argv]] : [];
  if (start.script) {
    visitCommands(start.script, (command) => {
      found.push(command.words.map((word) => word.literal ?? word.text));
    });
  }
  return found.map((words) => (/^(?:exec|env)$/.test(words[0] ?? '') ? words.slice(1) : words));
}

/** The program of those that are started which needs the rights of root, or folders that root alone may write. */
export function needsRoot(subject: Subject): string | undefined {
  for (const words of startedCommands(subject)) {
    const path = words[0] ?? '';
    if (startObstacle(path, words.slice(1)) !== undefined) return posix.basename(path);
    // Servers are started by wrappers as well: `bundle exec passenger`.
    const server = words.find((word) => writingServers.test(posix.basename(word)));
    if (server !== undefined) return server;
  }
  return undefined;
}

/** What frameworks write without a word of it in the sources; undefined for a folder that is made when they start. */
export function frameworkWrites(subject: Subject): Written[] {
  const { directory, layout } = subject;
  const texts = startedCommands(subject).map((words) => words.join(' '));
  const has = {
    npm: requirementNames(subject, 'node'),
    python: requirementNames(subject, 'python'),
    gems: requirementNames(subject, 'ruby'),
  };
  return frameworks.flatMap(({ sign, start, writes, severity }) => {
    const isHere = (['npm', 'python', 'gems'] as const).some((kind) => sign[kind]?.some((name) => has[kind].has(name)));
    if (!isHere || severity !== 'fatal' || !texts.some((text) => start.test(text))) return [];
    return writes.map((path) => {
      const image = posix.resolve(directory ?? '/', path);
      const context = layout?.contextOf(image);
      const isThere = context !== undefined && layout?.hasBelow(context);
      return { path: isThere ? image : undefined, open: false, isFolder: true };
    });
  });
}
