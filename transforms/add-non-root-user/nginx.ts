import { absolute, baseName, covers } from '../../src/transform/index.ts';
import { copySteps, globbed, placedFiles, textAt } from './image-files.ts';
import type { Setting } from './setting.ts';
import type { StartCommand } from './start.ts';

/** One directive of a configuration of nginx; `block` is what stands between its braces. */
export interface NginxDirective {
  readonly name: string;
  readonly words: readonly string[];
  readonly block: readonly NginxDirective[] | undefined;
}

/** A file of nginx's configuration that the image gets. */
export interface NginxFile {
  readonly path: string;
  readonly text: string;
  readonly directives: readonly NginxDirective[];
}

const files = new WeakMap<Setting, readonly NginxFile[]>();

/** The files of the configuration that COPY and ADD bring, the last one of each path; none where nginx is not started. */
export function nginxFiles(setting: Setting, commands: readonly StartCommand[]): readonly NginxFile[] {
  const servers = commands.filter(({ program }) => program === 'nginx');
  if (servers.length === 0) return [];
  const known = files.get(setting);
  if (known) return known;
  const named = servers.flatMap(({ words }) =>
    words.includes('-c') ? (absolute(words[words.indexOf('-c') + 1] ?? '', setting.workdir) ?? []) : [],
  );
  const texts = new Map<string, string>();
  const isRead = (path: string) => (covers('/etc/nginx', path) && !NOT_READ.test(path)) || named.includes(path);
  for (const step of copySteps(setting.file, setting.chain, setting.facts)) {
    for (const { path, file } of placedFiles(setting, step))
      if (file.type === 'file' && isRead(path)) texts.set(path, setting.context?.text(file.path) ?? '');
    const { destination, sources, instruction } = step;
    if (destination === undefined) continue;
    // What another stage has, and what the Dockerfile itself writes.
    const names = [...sources.map(baseName), ...instruction.heredocs.map(({ name }) => name)];
    for (const path of [destination, ...names.flatMap((name) => absolute(name, destination) ?? [])]) {
      const text = texts.has(path) || !isRead(path) ? undefined : textAt(setting, path);
      if (text !== undefined) texts.set(path, text);
    }
  }
  const found = [...texts].map(([path, text]) => ({ path, text, directives: directivesOf(text) }));
  files.set(setting, found);
  return found;
}

/** What lies where the official images read `*.conf`, or fill in `*.template`, and has another name. */
const NOT_READ = /^\/etc\/nginx\/(?:conf\.d\/(?!.*\.conf$)|templates\/(?!.*\.template$))/;

/** The directives of a text, as far as its braces go: `ngx_conf_file.c` reads comments at the start of a word alone. */
function directivesOf(text: string): NginxDirective[] {
  const tokens = text.matchAll(
    /#[^\n]*|"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'|[{};]|(?:\$\{\w*\}|\\.|[^\s{};"'#\\])(?:\$\{\w*\}|\\.|[^\s{};\\])*/gs,
  );
  const top: NginxDirective[] = [];
  const open = [top];
  let words: string[] = [];
  for (const [token] of tokens) {
    if (token.startsWith('#')) continue;
    if (!/^[{};]$/.test(token)) {
      words.push(token.replace(/^(["'])(.*)\1$/s, '$2'));
      continue;
    }
    const [name, ...rest] = words;
    const block: NginxDirective[] | undefined = token === '{' ? [] : undefined;
    if (name !== undefined) open.at(-1)!.push({ name, words: rest, block });
    if (block) open.push(block);
    if (token === '}' && open.length > 1) open.pop();
    words = [];
  }
  return top;
}

/** The `server` blocks for HTTP; those of `stream` and `mail` have to say where they listen. */
function* serversOf(directives: readonly NginxDirective[]): Generator<readonly NginxDirective[]> {
  for (const { name, block } of directives) {
    if (!block || name === 'stream' || name === 'mail' || name === 'upstream') continue;
    if (name === 'server') yield block;
    else yield* serversOf(block);
  }
}

/** What directives say, with those of the files that they include. */
function* withIncluded(
  directives: readonly NginxDirective[],
  all: readonly NginxFile[],
  depth = 0,
): Generator<NginxDirective> {
  for (const each of directives) {
    yield each;
    if (each.name !== 'include' || depth > 4) continue;
    const pattern = absolute(each.words[0] ?? '', '/etc/nginx')!;
    for (const { path, directives: inside } of all)
      if (globbed(pattern).test(path)) yield* withIncluded(inside, all, depth + 1);
  }
}

/**
 * A file with a server that is not seen to listen anywhere: nginx's documentation of `listen` (ngx_http_core_module) says
 * that it listens on port 80 then as root, and on port 8000 as any other user.
 */
export function withoutListen(all: readonly NginxFile[]): NginxFile | undefined {
  return all.find(({ directives }) =>
    [...serversOf(directives)].some((server) => ![...withIncluded(server, all)].some(({ name }) => name === 'listen')),
  );
}

/** The ports that servers listen on; an address alone is one of port 80. */
export function listenPorts(all: readonly NginxFile[]): number[] {
  const listens = all.flatMap(({ directives }) =>
    [...serversOf(directives)].flatMap((server) =>
      [...withIncluded(server, all)].filter(({ name }) => name === 'listen'),
    ),
  );
  return listens.flatMap(({ words: [address = ''] }) => {
    if (/^unix:|\$/.test(address)) return [];
    return Number(
      /^(\d+)$|:(\d+)$/
        .exec(address.replace(/^\[[^\]]*\]/, ''))
        ?.slice(1)
        .find(Boolean) ?? 80,
    );
  });
}

/** A path that a directive makes nginx write. */
export interface NginxWrite {
  readonly file: NginxFile;
  readonly path: string;
  readonly isFolder: boolean;
}

/** What the files make nginx write, but for the logs of the official images, which are links to the container's output. */
export function nginxWrites(all: readonly NginxFile[]): NginxWrite[] {
  return all.flatMap((file) =>
    [
      ...file.text.matchAll(
        /^[^#\n]*?\b(pid|lock_file|error_log|access_log|\w+_temp_path|\w+_cache_path)\s+([^\s;]+)/gm,
      ),
    ].flatMap(([, directive, path]) =>
      !path!.startsWith('/') || /^\/var\/log\/nginx\/(?:access|error)\.log$/.test(path!)
        ? []
        : { file, path: path!.replace(/^\/var\/run\//, '/run/'), isFolder: /_path$/.test(directive!) },
    ),
  );
}

/** What nginx is for besides showing files: storing what is sent to it, and keys, passwords and sockets. */
const MORE = /_store$|^dav_methods$|^ssl_|^auth_basic_user_file$|_pass$|^server$/;

/** Whether the files have nginx show what is in a folder, and do nothing else with it. */
export function nginxShows(all: readonly NginxFile[], folder: string): boolean {
  const flat = (directives: readonly NginxDirective[]): NginxDirective[] =>
    directives.flatMap((each) => [each, ...flat(each.block ?? [])]);
  const directives = all.flatMap((file) => flat(file.directives));
  // `unix:/run/app.sock`, `http://unix:/run/app.sock:/`, `data:/keys/one`.
  const isInside = (word: string) => word.split(':').some((part) => covers(folder, part));
  const shown = directives.filter(({ name }) => name === 'root' || name === 'alias');
  const isShown = shown.some(({ words: [path = ''] }) => covers(folder, path) || covers(absolute(path, '/')!, folder));
  const isMore = directives.some(
    ({ name, words }) => MORE.test(name) && (/^dav|_store$/.test(name) ? !words.includes('off') : words.some(isInside)),
  );
  return (isShown || covers(PAGES, folder)) && !isMore && !nginxWrites(all).some(({ path }) => covers(folder, path));
}

/** Where the official images have the pages that they show. */
const PAGES = '/usr/share/nginx/html';
