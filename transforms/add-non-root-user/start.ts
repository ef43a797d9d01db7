import type { Instruction } from '../../src/dockerfile/index.ts';
import { dropsPrivileges, passesThrough } from '../../src/facts/index.ts';
import { parseShell, type ShellCommand, type ShellWord } from '../../src/shell/index.ts';
import {
  absolute,
  baseName,
  type ChildProcess,
  commandWrites,
  entrypointInForce,
  type Place,
  parentOf,
  shellInForce,
  visitPlaces,
} from '../../src/transform/index.ts';
import { fileAt } from './image-files.ts';
import type { Setting } from './setting.ts';

/** One command that runs when a container starts. */
export interface StartCommand {
  /** Its base name. */
  readonly program: string;
  /** The program as written, and its other words; undefined for one that is not known before it runs. */
  readonly path: string;
  readonly words: readonly (string | undefined)[];
  /** A script becomes it by `exec`. */
  readonly isReplacing?: boolean;
  /** A COPY or ADD brings the program. */
  readonly isBrought?: boolean;
  /** `CMD`, `ENTRYPOINT`, or the path of the script that holds it. */
  readonly from: string;
  /** Files that it is redirected to; undefined for one that is not known. */
  readonly outputs: readonly (string | undefined)[];
  /** The directory that it is started in; undefined where it cannot be told. */
  readonly directory: string | undefined;
}

/** The directory that a command works in, which some are told by an option (gunicorn, uWSGI, Celery). */
export function workedIn({ program, words, directory }: StartCommand): string | undefined {
  const option = /^(?:gunicorn|uwsgi)$/.test(program) ? '--chdir' : program === 'celery' ? '--workdir' : undefined;
  for (const [at, word] of words.entries()) {
    if (option === undefined || !word?.startsWith(option)) continue;
    const path = word === option ? words[at + 1] : word.startsWith(`${option}=`) ? word.slice(option.length + 1) : '.';
    return path === undefined ? undefined : absolute(path, directory);
  }
  return directory;
}

/** What a container of the image starts. */
export type Start =
  | { readonly kind: 'known'; readonly commands: readonly StartCommand[] }
  /** Nothing, or no more than a shell, a prompt or a pause. */
  | { readonly kind: 'nothing' }
  /** The base image's own entrypoint leaves root for this command. */
  | { readonly kind: 'drops' }
  | { readonly kind: 'unreadable'; readonly what: string }
  /** The base image may start anything. */
  | { readonly kind: 'unknown' };

/** The instruction whose CMD is in force: an ENTRYPOINT empties one that comes from a parent stage or the base image. */
export function commandInForce({ chain }: Setting): Instruction | 'base' | undefined {
  for (const stage of [...chain].reverse()) {
    const command = stage.instructions.findLast(({ keyword }) => keyword === 'CMD');
    if (command) return command;
    if (stage.instructions.some(({ keyword }) => keyword === 'ENTRYPOINT')) return undefined;
  }
  return 'base';
}

/** Follows ENTRYPOINT and CMD to the commands that run, through the scripts that can be read. */
export function startOf(setting: Setting): Start {
  const { file, stage, facts, base, image } = setting;
  const entrypoint = entrypointInForce(file, stage, facts);
  const command = commandInForce(setting);
  const reader = new Reader(setting);
  for (const each of [command, entrypoint.kind === 'shell' ? entrypoint.setBy : undefined]) {
    // What was meant as a list, and is no JSON, is given to the shell as it stands.
    if (typeof each === 'object' && !each.json && /^\s*\[/.test(file.args(each)))
      return { kind: 'unreadable', what: `\`${each.keyword}\`, a list that is no JSON` };
  }
  if (entrypoint.kind === 'shell') return reader.shell(file.args(entrypoint.setBy), 'ENTRYPOINT').result();
  const own = typeof command === 'object' ? (command.json ?? [...shellOf(setting, command), file.args(command)]) : [];
  const words = command === 'base' ? (image?.cmd ?? []) : own;
  if (entrypoint.kind === 'unknown') {
    return {
      kind: base === undefined || (command === 'base' && image?.cmd === undefined) ? 'unknown' : 'unreadable',
      what: 'the entrypoint of the base image',
    };
  }
  if (entrypoint.kind === 'exec' && entrypoint.setBy === undefined) {
    const [program = ''] = entrypoint.argv;
    if (dropsPrivileges(base!, words)) return { kind: 'drops' };
    const plain = passesThrough(base!, program);
    const isProgram = /^\/(?:nodejs|usr)\/bin\/(?:node|java|python3?)$/.test(program);
    if (!plain && !isProgram) return { kind: 'unreadable', what: `\`${program}\` of the base image` };
    return reader.run(plain ? words : [...entrypoint.argv, ...words], 'CMD').result();
  }
  if (command === 'base' && image?.cmd === undefined && entrypoint.kind === 'none' && base !== 'scratch')
    return { kind: 'unknown' };
  if (entrypoint.kind === 'exec') return reader.run(entrypoint.argv, 'ENTRYPOINT', words).result();
  return reader.run(words, 'CMD').result();
}

function shellOf({ file, facts }: Setting, at: Instruction): string[] {
  const shell = shellInForce(file, at, facts);
  return shell.kind === 'plain' ? [shell.dialect === 'bash' ? 'bash' : 'sh', '-c'] : ['?shell', '-c'];
}

/** The commands that a program of the application runs; undefined where it works out which. */
export function commandsOfChild(setting: Setting, { shell, words, source, place }: ChildProcess) {
  const from = place ?? `/${source}`;
  const reader = new Reader(setting);
  const { kind, ...start } = (shell === undefined ? reader.run(words, from) : reader.shell(shell, from)).result();
  const isKnown = shell !== undefined || words.length > 0;
  return isKnown && kind !== 'unreadable' ? ('commands' in start ? start.commands : []) : undefined;
}

/** Programs that only wait, or that a person types into. */
const IDLE = /^(?:sleep|tail|true|cat|bash|sh|ash|dash|zsh|fish|irb|jshell|iex|erl|ghci|julia|screen|tmux)$/;
const PROMPTS = /^(?:python[\d.]*|node|perl|php|R|lua|sqlite3|psql)$/;
const WRAPPERS =
  /^(?:exec|env|nice|nohup|time|timeout|stdbuf|tini|dumb-init|catatonit|command|ionice|setsid|xvfb-run|dotenv|dotenvx|doppler|aws-vault|wait-for-it(?:\.sh)?|wait-for(?:\.sh)?|dockerize|ddtrace-run|opentelemetry-instrument|newrelic-admin|run-program)$/;
const SHELLS = /^(?:sh|bash|ash|dash)$/;
const SCRIPT_NAME = /\.(?:sh|bash|ash)$|entry-?point|^start$|^run$|^start[-_]|^init$/i;
const PATH_FOLDERS = '/usr/local/sbin /usr/local/bin /usr/sbin /usr/bin /sbin /bin'.split(' ');
const DEPTH = 8;

type Words = readonly (string | undefined)[];

class Reader {
  readonly #setting: Setting;
  readonly #commands: StartCommand[] = [];
  readonly #place: Place;
  readonly #environment: Map<string, string | undefined>;
  readonly #seen = new Set<string>();
  /** Where the scripts are, by the names that they are called by. */
  readonly #scripts = new Map<string, string>();
  #unreadable: string | undefined;
  /** How many commands came before a script passed on to a command that is not there, or that only waits. */
  #passedOn: number | undefined;

  constructor(setting: Setting) {
    this.#setting = setting;
    this.#place = { directory: setting.workdir };
    this.#environment = new Map(setting.environment);
  }

  result(): Start {
    if (this.#unreadable !== undefined) return { kind: 'unreadable', what: this.#unreadable };
    const idle = ({ program, words }: StartCommand) =>
      IDLE.test(program) ||
      (words.length === 1 && /^(?:--?)?(?:version|help|V|v|h)$/.test(words[0] ?? '')) ||
      isPrompt(program, words);
    const passed = this.#passedOn;
    const isPassed =
      passed !== undefined && !this.#commands.some((each, at) => !idle(each) && (each.isReplacing || at >= passed));
    if (isPassed || (this.#commands.every(idle) && this.#seen.size === 0)) return { kind: 'nothing' };
    return { kind: 'known', commands: this.#commands };
  }

  /** Reads one command; `rest` is what stands for `"$@"` in a script. */
  run(words: Words, from: string, rest: Words = [], depth = 0, outputs: Words = []): this {
    const [first, ...others] = words;
    if (first === undefined) {
      // A variable at the place of the program: whatever it is, it is not one that is known to be harmless.
      if (words.length > 0) this.#unreadable ??= `a command of ${spoken(from)} that a variable names`;
      else if (rest.length > 0) this.run(rest, 'CMD', [], depth);
      return this;
    }
    const program = baseName(first);
    if (program === '?shell') this.#unreadable ??= 'the shell form of `CMD`';
    if (depth > DEPTH || program === '') return this;
    if (program === 'eval' && others.length > 0 && others.every((word) => word !== undefined))
      return this.shell(others.join(' '), from, rest, depth + 1);
    const before = this.#commands.length;
    if (WRAPPERS.test(program)) this.#unwrap(others, from, rest, depth, outputs);
    if (program === 'exec')
      this.#commands.push(...this.#commands.splice(before).map((each) => ({ ...each, isReplacing: true })));
    if (WRAPPERS.test(program)) return this;
    if (SHELLS.test(program)) return this.#shellCall(first, others, from, rest, depth, outputs);
    if (/^(?:npm|pnpm|yarn|bun)$/.test(program) && this.#packageScript(program, others, from, depth)) return this;
    const script = first === '/init' ? undefined : this.#scriptAt(first, from);
    if (script) return this.#inside(() => this.script(script.text, script.path, [...others, ...rest], depth));
    this.#commands.push({
      program,
      path: first,
      words: [...others, ...(from === 'ENTRYPOINT' ? rest : [])],
      isBrought: this.#placesOf(first).some((place) => fileAt(this.#setting, place).kind !== 'unknown'),
      from,
      outputs,
      directory: this.#place.directory,
    });
    return this;
  }

  /** Reads a shell text. */
  shell(text: string, from: string, rest: Words = [], depth = 0): this {
    const script = parseShell(text);
    if (!script.tiled) {
      this.#unreadable ??= spoken(from);
      return this;
    }
    const functions = new Set([...text.matchAll(/^\s*(?:function\s+)?([\w-]+)\s*\(\)/gm)].map((match) => match[1]!));
    const value = (word: ShellWord) => this.#ownFolder(word, from) ?? this.#value(word);
    visitPlaces(script, this.#place, value, (command) => {
      for (const { name, value } of command.assignments) {
        if (command.words.length === 0) this.#environment.set(name, value === undefined ? '' : this.#value(value));
      }
      this.#shellCommand(command, from, rest, depth, functions);
    });
    return this;
  }

  /** Another shell leaves the directory of this one. */
  #inside(read: () => this): this {
    const { directory } = this.#place;
    read();
    this.#place.directory = directory;
    return this;
  }

  /** `$(dirname "$0")` in a script, and what is below it. */
  #ownFolder({ text }: ShellWord, from: string): string | undefined {
    const own = OWN_FOLDER.exec(text);
    const script = own ? this.#scripts.get(from) : undefined;
    return script === undefined ? undefined : parentOf(script) + (own![1] ?? '');
  }

  script(text: string, path: string, rest: Words, depth: number): this {
    if (this.#seen.has(path)) return rest.length > 0 ? this.run(rest, 'CMD', [], depth + 1) : this;
    this.#seen.add(path);
    return this.shell(text, path, rest, depth + 1);
  }

  #shellCommand(command: ShellCommand, from: string, rest: Words, depth: number, functions: ReadonlySet<string>): void {
    const { directory } = this.#place;
    const outputs = command.redirects
      .filter(({ operator, target }) => /^(?:>>?|>\||&>>?)$/.test(operator) && target !== undefined)
      .map(({ target }) => this.#value(target!));
    const words: (string | undefined)[] = [];
    const first = command.words.findIndex(
      ({ text }) => !/^(?:exec|eval|tini|dumb-init|--|\/\S*\/(?:tini|dumb-init))$/.test(text),
    );
    if (first !== -1 && ARGUMENTS.test(command.words[first]!.text) && isIdle(rest))
      this.#passedOn = this.#commands.length;
    for (const word of command.words) {
      if (ARGUMENTS.test(word.text)) words.push(...rest);
      else words.push(this.#value(word));
    }
    const [name] = words;
    if (command.words.length === 0 || (words.length === 0 && rest.length === 0)) {
      if (outputs.length > 0) this.#commands.push({ program: ':', path: ':', words: [], from, outputs, directory });
      return;
    }
    // What `find` and `xargs` run is a command too, on files that are not known but for the folder.
    if (name === 'find' && words.includes('-delete')) this.run(['rm', ...rootsOf(words.slice(1))], from, [], depth + 1);
    const runs = name === 'find' ? words.findIndex((word) => /^-(?:exec|execdir|ok|okdir)$/.test(word ?? '')) : -1;
    if (runs !== -1) {
      const below = (word: string | undefined) => (word === '{}' ? rootsOf(words.slice(1)) : [word]);
      const end = words.findIndex((word, at) => at > runs && (word === ';' || word === '+'));
      this.run(words.slice(runs + 1, end === -1 ? undefined : end).flatMap(below), from, [], depth + 1, outputs);
      return;
    }
    if (name === 'xargs') {
      const start = words.findIndex((word, at) => at > 0 && (word === undefined || !/^-|^\d+$|^\{\}$/.test(word)));
      if (start !== -1) this.run([...words.slice(start), undefined], from, [], depth + 1, outputs);
      return;
    }
    if (name !== undefined && (functions.has(name) || BUILTINS.test(name))) {
      if (name === 'export' || name === 'declare' || name === 'local') this.#exports(words);
      const sourced = name === '.' || name === 'source' ? words[1] : undefined;
      if (sourced !== undefined) {
        const found = this.#scriptAt(sourced, from);
        if (found !== undefined && found !== '') this.script(found.text, found.path, rest, depth);
      }
      const others = words.slice(1);
      if (outputs.length > 0 || (MAY_WRITE.test(name) && commandWrites(name, others, []).length > 0))
        this.#commands.push({ program: name, path: name, words: others, from, outputs, directory });
      return;
    }
    this.run(words, from, [], depth, outputs);
  }

  #exports(words: Words): void {
    for (const word of words.slice(1)) {
      const match = /^(\w+)=(.*)$/s.exec(word ?? '');
      if (match) this.#environment.set(match[1]!, match[2]);
    }
  }

  #unwrap(words: Words, from: string, rest: Words, depth: number, outputs: Words): this {
    const dashes = words.indexOf('--');
    const after = dashes === -1 ? words : words.slice(dashes + 1);
    // The words of the wrapper itself: options, assignments, and the number that timeout and nice take.
    const start = after.findIndex((word) => word === undefined || !/^(?:-.*|\w+=.*|[\d.]+[smhd]?|run)$/s.test(word));
    if (start !== -1) return this.run(after.slice(start), from, rest, depth + 1, outputs);
    return rest.length > 0 ? this.run(rest, 'CMD', [], depth + 1, outputs) : this;
  }

  #shellCall(path: string, words: Words, from: string, rest: Words, depth: number, outputs: Words): this {
    const at = words.findIndex((word) => word === undefined || !/^[-+]/.test(word));
    const isText = words.slice(0, at === -1 ? words.length : at).some((word) => /^-[a-z]*c$/.test(word ?? ''));
    const word = at === -1 ? undefined : words[at];
    if (at === -1) {
      if (rest.length > 0) return this.run([path, ...rest], 'CMD', [], depth + 1, outputs);
      this.#commands.push({ program: baseName(path), path, words, from, outputs, directory: this.#place.directory });
      return this;
    }
    if (word === undefined) {
      this.#unreadable ??= spoken(from);
      return this;
    }
    if (isText) return this.#inside(() => this.shell(word, from, [...words.slice(at + 2), ...rest], depth + 1));
    const script = this.#scriptAt(word, from, true);
    if (script === undefined || script === '') this.#unreadable ??= `\`${word}\``;
    else this.#inside(() => this.script(script.text, script.path, [...words.slice(at + 1), ...rest], depth));
    return this;
  }

  /** `npm start` and its like: the script of the package in the working directory. True where it was followed. */
  #packageScript(program: string, words: Words, from: string, depth: number): boolean {
    const plain = words.filter((word) => !word?.startsWith('-'));
    const name = plain[0] === 'run' || plain[0] === 'run-script' ? plain[1] : plain[0];
    if (name === undefined) return false;
    const { context } = this.#setting;
    const { directory } = this.#place;
    const place = directory === undefined ? undefined : fileAt(this.#setting, absolute('package.json', directory)!);
    const manifests = context?.manifests.filter(({ kind }) => kind === 'package.json') ?? [];
    const manifest = place?.kind === 'context' ? manifests.find(({ path }) => path === place.file.path) : undefined;
    const scripts = manifest?.kind === 'package.json' && manifest.facts.ok ? manifest.facts.value.scripts : undefined;
    const script = scripts?.[name];
    if (script === undefined) {
      if (/^(?:start|run|dev|serve|preview|prod|production|server)/.test(plain.join(' ')))
        this.#unreadable ??= `the script \`${name}\` of package.json`;
      return false;
    }
    const key = `${program} ${name}`;
    if (this.#seen.has(key)) return true;
    this.#seen.add(key);
    for (const each of [scripts?.[`pre${name}`], script, scripts?.[`post${name}`]]) {
      if (each !== undefined)
        this.#inside(() => this.shell(each, `the script \`${name}\` of package.json`, [], depth + 1));
    }
    this.#commands.push({ program, path: program, words: ['run-script'], from, outputs: [], directory });
    return true;
  }

  /** A script of the context by its path; empty for a file that is no shell script, undefined for one that is not known. */
  #scriptAt(path: string, from: string, byShell = false): { text: string; path: string } | '' | undefined {
    const { context } = this.#setting;
    for (const place of this.#placesOf(path, byShell)) {
      const found = fileAt(this.#setting, place);
      if (found.kind === 'unknown') continue;
      if (found.kind === 'built') {
        if (SCRIPT_NAME.test(baseName(path)) && /\.(?:sh|bash|ash)$|entry-?point/i.test(path))
          this.#unreadable ??= `\`${path}\``;
        return '';
      }
      this.#scripts.set(path, place);
      const text = found.kind === 'text' ? found.text : context?.text(found.file.path);
      if (text === undefined) {
        // A program that is no text can be read all the same, but for its meaning.
        const isFile = found.kind === 'context' && context?.head(found.file.path, 4) !== undefined;
        if (byShell || !isFile) this.#unreadable ??= `\`${path}\``;
        return undefined;
      }
      const shell = interpreterOf(text);
      if (byShell || (shell === undefined ? SCRIPT_NAME.test(path) : SHELLS.test(shell))) return { text, path };
      return undefined;
    }
    // What no COPY brings is a program of the system, or comes from elsewhere.
    const own = path.includes('/') && !/^\/(?:usr\/)?s?bin\//.test(path);
    const looksLikeScript = /\.(?:sh|bash|ash)$/.test(path) || (own && SCRIPT_NAME.test(baseName(path)));
    if (looksLikeScript || (byShell && from !== '')) this.#unreadable ??= `\`${path}\``;
    return undefined;
  }

  /** The absolute paths that a program may be at. */
  #placesOf(path: string, byShell = false): string[] {
    if (!path.includes('/') && !byShell) return PATH_FOLDERS.map((folder) => `${folder}/${path}`);
    return [absolute(path, this.#place.directory)].flatMap((place) => place ?? []);
  }

  #value(word: ShellWord): string | undefined {
    if (word.literal !== undefined) return word.literal;
    if (word.substitutions.length > 0) return undefined;
    let known = true;
    const text = word.text
      .replace(/^"([\s\S]*)"$/, '$1')
      .replace(/\$\{(\w+)(?::?-([^}]*))?\}|\$(\w+)/g, (_, braced?: string, fallback?: string, bare?: string) => {
        const value = this.#environment.get(braced ?? bare!);
        if (value === undefined && fallback === undefined) known = false;
        return (value || fallback) ?? value ?? '';
      });
    return known && !/[$`"']/.test(text) ? text : undefined;
  }
}

/** The program that a script names in its first line, behind wrappers such as env(1) and an init; undefined without such a line. */
function interpreterOf(text: string): string | undefined {
  const line = /^#!\s*(\S.*)/.exec(text)?.[1];
  const words = line?.trim().split(/\s+/).map(baseName);
  return words?.find((word) => !WRAPPERS.test(word) && !/^-|=|^with-contenv$/.test(word)) ?? words?.[0];
}

/** The folders that `find` looks in, as patterns of all that is in them. */
function rootsOf(words: Words): Words {
  const end = words.findIndex((word) => word !== undefined && /^[-(!]/.test(word));
  const roots = words.slice(0, end === -1 ? undefined : end);
  return (roots.length === 0 ? ['.'] : roots).map((root) => (root === undefined ? undefined : `${root}/*`));
}

const OWN_FOLDER =
  /^"?\$(?:\{0%\/\*\}|\(dirname\s+(?:--\s+)?"?\$(?:0|\{0\}|BASH_SOURCE|\{BASH_SOURCE(?:\[0\])?\})"?\))"?((?:\/[\w.-]+)*)\/?"?$/;

/** All the arguments of a script, or the rest of them. */
const ARGUMENTS = /^"?\$(?:@|\*|\{[@*](?::\d+)?\})"?$/;

/** Whether what a script is given only waits, or is nothing. */
const isIdle = ([first, ...others]: Words): boolean =>
  first === undefined
    ? others.length === 0
    : (IDLE.test(baseName(first)) && !others.some((word) => /^-\w*c$/.test(word ?? ''))) ||
      isPrompt(baseName(first), others);

/** Whether an interpreter is given no program, and asks a person for one. */
const isPrompt = (program: string, words: Words): boolean =>
  PROMPTS.test(program) && words.every((word) => word?.startsWith('-') === true && !/^-[cemp]/.test(word));

/** Builtins, and programs that read or print, most of them alone. */
const BUILTINS =
  /^(?:\.|source|:|\[|\[\[|test|cd|echo|printf|exit|export|local|declare|readonly|read|return|set|shift|shopt|trap|true|false|umask|unset|wait|if|ulimit|type|hash|let|getopts|break|continue|date|cat|grep|egrep|awk|head|tail|sleep|ls|id|whoami|uname|hostname|tr|cut|sort|uniq|wc|basename|dirname|readlink|realpath|nc|ping|jq|seq|xargs|find|expr|command|which|env|printenv|pwd|nproc|getent|stat|od|base64|md5sum|sha256sum|kill|ps|pidof|pgrep|envsubst|openssl|nslookup|dig|ps|free|df|du|diff|cmp|file|test)$/;

/** Those of them that write a file where they are told to. */
const MAY_WRITE = /^(?:openssl|sort|uniq|awk)$/;

const spoken = (from: string): string => (/^(?:CMD|ENTRYPOINT)$|^\//.test(from) ? `\`${from}\`` : from);
