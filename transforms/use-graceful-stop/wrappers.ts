import { parseShell, type ShellTree } from '../../src/shell/index.ts';
import { bareCommand } from '../../src/transform/index.ts';

/** Programs that run until they are stopped. */
const servers =
  /^(?:node|python[\d.]*|java|gunicorn|uvicorn|hypercorn|daphne|celery|nginx|httpd|apache2|php-fpm[\d.]*|puma|rails|unicorn|dotnet|caddy|redis-server|postgres|mysqld|mongod|deno|bun|ruby|streamlit|flask|waitress-serve|supervisord|traefik|envoy)$/;

/** The server, or the arguments, that a script ends in and waits for as its child; undefined where there is none. */
export function lastCommandWithoutExec(text: string): { program: string; line: number } | undefined {
  if (!/^#!\s*\S*(?:sh|bash|dash|ash)\b|^#!\/usr\/bin\/env (?:ba|da|a)?sh\b/.test(text)) return undefined;
  const script = parseShell(text);
  if (!script.tiled || /\btrap\b|\bwait\b/.test(text)) return undefined;
  const last = script.statements.at(-1);
  if (!last || last.background) return undefined;
  const command = endOf(last.tree);
  const bare = command?.kind === 'command' ? bareCommand(command) : undefined;
  if (command?.kind !== 'command') return undefined;
  const first = command.words[0]?.text ?? '';
  const name = bare?.name.split('/').at(-1) ?? '';
  const isArguments = first === '"$@"' || first === '$@';
  if ((!isArguments && !servers.test(name)) || command.words[0]?.literal === 'exec') return undefined;
  if (bare?.prefix.some((word) => word.literal === 'exec')) return undefined;
  const line = text.slice(0, command.start).split('\n').length;
  return { program: isArguments ? '"$@"' : name, line };
}

function endOf(tree: ShellTree): ShellTree | undefined {
  if (tree.kind !== 'and-or') return tree;
  return tree.operators.every((operator) => operator === '&&') ? tree.commands.at(-1) : undefined;
}
