import { rootCalls } from '../../src/facts/index.ts';
import { absolute, baseName } from '../../src/transform/index.ts';
import { textAt } from './image-files.ts';
import { nginxFiles, withoutListen } from './nginx.ts';
import { type Refusal, refusal } from './refusals.ts';
import type { Setting } from './setting.ts';
import { readSources } from './sources.ts';
import type { Start, StartCommand } from './start.ts';

/** What the sources of the application, or the settings of its server, need root for. */
export function needsRefusal(setting: Setting, start: Start): Refusal | undefined {
  const commands = start.kind === 'known' ? start.commands : [];
  for (const command of commands) {
    const named = settingsOf(setting, command).find(({ text, names }) => names.test(text));
    if (named)
      return refusal('start-drops-privileges', `\`${baseName(named.path)}\` names the user of \`${command.program}\``);
  }
  const unheard = withoutListen(nginxFiles(setting, commands));
  if (unheard) {
    const name = `\`${baseName(unheard.path)}\``;
    return refusal('start-needs-root', `a server in ${name} has no \`listen\`, and is on port 80 as root alone`);
  }
  for (const { text, path } of readSources(setting).texts) {
    const found = rootCalls.find(({ call, unless }) => call.test(text) && !unless?.test(text));
    if (found)
      return refusal(
        found.needs === 'needs-root' ? 'start-needs-root' : 'start-drops-privileges',
        `\`${baseName(path)}\` asks for ${found.what}`,
      );
  }
  return undefined;
}

/** How the settings of servers name the user that they become, by their documentation of November 2026. */
const servers: readonly { readonly program: RegExp; readonly names: RegExp; readonly always?: string }[] = [
  { program: /^uwsgi$/, names: /^[ \t]*(?:immediate-)?[ug]id\s*[=:]\s*[^\s$#]/m },
  { program: /^circusd$/, names: /^[ \t]*[ug]id\s*=\s*\S/m },
  { program: /^gunicorn$/, names: /^(?:user|group)\s*=\s*(?!None\b|os\.get)/m, always: 'gunicorn.conf.py' },
];

function settingsOf(
  setting: Setting,
  { program, words, directory }: StartCommand,
): { readonly path: string; readonly text: string; readonly names: RegExp }[] {
  const server = servers.find((each) => each.program.test(program));
  if (server === undefined) return [];
  const files = words.flatMap(
    (word) => /(?:^|[=:])([^\s=:]+\.(?:ini|conf|cfg|ya?ml|toml|xml|py))$/.exec(word ?? '')?.[1] ?? [],
  );
  return [...files, ...(server.always === undefined ? [] : [server.always])].flatMap((file) => {
    const path = absolute(file, directory);
    const text = path === undefined ? undefined : textAt(setting, path);
    return path === undefined || text === undefined ? [] : { path, text, names: server.names };
  });
}
