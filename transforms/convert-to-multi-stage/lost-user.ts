import type { Instruction } from '../../src/dockerfile/index.ts';
import type { Plan } from './plan.ts';
import type { Subject } from './subject.ts';

/** Programs that are given the name of a user, or options and settings that hold one. */
const namesUsers =
  /\b(?:gosu|su-exec|setpriv|runuser|su|sudo|setuidgid|s6-setuidgid|chpst|start-stop-daemon|chown|chgrp|install|id|getent|usermod|gpasswd|user|uid|group|gid|username|owner)\b|\s-[ug]\b/i;
const settings = /\.(?:sh|bash|conf|ini|cfg|ya?ml|toml|xml|service)$|(?:^|\/)(?:crontab|[^/.]*entrypoint[^/.]*)$/;

/**
 * A user or group that a build step makes, and that a script or a setting of the container names. The final stage has
 * the users of its own base, and the one that the plan makes.
 */
export function lostUser(
  { commands, start, layout }: Subject,
  { user, runs = [] }: Plan,
): { readonly name: string; readonly by: string; readonly at: Instruction } | undefined {
  const remade = `${user.madeBy ?? ''} ${runs.flat().join(' ')}`.split(/\s+/);
  const made = new Map<string, Instruction>();
  for (const { name, words, instruction } of commands) {
    if (!/^(?:useradd|adduser|groupadd|addgroup)$/.test(name)) continue;
    for (const word of words) {
      if (word !== undefined && /^[a-z_][\w-]*$/i.test(word) && !remade.includes(word)) made.set(word, instruction);
    }
  }
  if (made.size === 0) return undefined;
  for (const [by, text] of textsOf(start, layout)) {
    for (const line of text.split('\n')) {
      if (!namesUsers.test(line)) continue;
      const name = line.split(/[^\w.-]+/).find((word) => made.has(word));
      if (name !== undefined) return { name, by, at: made.get(name)! };
    }
  }
  return undefined;
}

/** What starts the program, and the scripts and settings of the context that the image has. */
function* textsOf(start: Subject['start'], layout: Subject['layout']): Generator<[by: string, text: string]> {
  if (start?.argv) yield ['CMD', start.argv.join(' ')];
  if (start?.script) yield [start.scriptPath ?? 'CMD', start.script.text];
  for (const path of layout?.files() ?? []) {
    if (!settings.test(path) || layout!.imageOf(path) === undefined) continue;
    yield [path, layout!.context.text(path) ?? ''];
  }
}
