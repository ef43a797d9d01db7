import { type ShellCommand, type ShellTree, type ShellWord, visitTrees } from '../../src/shell/index.ts';
import { bareCommand, type ShellBody } from '../../src/transform/index.ts';
import { mentions, variablesOf, variablesRead, wordsOf } from './reads.ts';

/** A place to which a step writes a secret. */
interface Kept {
  /** As the step writes it, quotes gone and the home directory as `~`. */
  readonly path: string;
  readonly at: number;
}

/** Commands that write what they are given to a file of their own; the file, with `~` for the home directory. */
const writers: readonly { readonly command: RegExp; readonly file: string; readonly undo?: RegExp }[] = [
  { command: /^(?:npm|pnpm) (?:config )?set /, file: '~/.npmrc', undo: /^(?:npm|pnpm) config (?:delete|rm|unset) / },
  { command: /^yarn config set /, file: '.yarnrc', undo: /^yarn config (?:delete|unset) / },
  {
    command: /^git config .*--global|^git config --global/,
    file: '~/.gitconfig',
    undo: /^git config (?:--global )?(?:--unset|--remove-section)|^git config --global (?:--unset|--remove-section)/,
  },
  { command: /^git config .*--system/, file: '/etc/gitconfig', undo: /^git config .*(?:--unset|--remove-section)/ },
  {
    command: /^git (?:config|remote (?:add|set-url)|submodule) /,
    file: '.git/config',
    undo: /^git (?:config .*(?:--unset|--remove-section)|remote (?:rm|remove|set-url) )/,
  },
  {
    command: /^composer (?:global )?config .*(?:--global|-g)/,
    file: '~/.composer/auth.json',
    undo: /^composer .*--unset/,
  },
  { command: /^composer config /, file: 'auth.json', undo: /^composer .*--unset/ },
  { command: /^bundle config /, file: '.bundle/config', undo: /^bundle config (?:unset|--delete) / },
  { command: /^poetry config /, file: '~/.config/pypoetry/auth.toml', undo: /^poetry config .*--unset/ },
  { command: /^pip[\d.]* config set /, file: '~/.config/pip/pip.conf', undo: /^pip[\d.]* config unset / },
  {
    command: /^(?:docker|podman|buildah|skopeo|crane|oras|helm|nerdctl)(?: registry| auth)? login/,
    file: '~/.docker/config.json',
    undo: /^(?:docker|podman|buildah|skopeo|crane|oras|helm|nerdctl)(?: registry| auth)? logout/,
  },
  { command: /^aws configure /, file: '~/.aws/credentials' },
  { command: /^gcloud auth /, file: '~/.config/gcloud', undo: /^gcloud auth revoke/ },
  { command: /^gh auth login/, file: '~/.config/gh/hosts.yml', undo: /^gh auth logout/ },
  { command: /^az login/, file: '~/.azure', undo: /^az logout/ },
  {
    command: /^(?:dotnet )?nuget (?:add|update|sources|setapikey) /,
    file: 'NuGet.Config',
    undo: /^(?:dotnet )?nuget (?:remove|sources remove) /,
  },
  { command: /^cargo login/, file: '~/.cargo/credentials.toml', undo: /^cargo logout/ },
  {
    command: /^(?:huggingface-cli|hf auth) login/,
    file: '~/.cache/huggingface/token',
    undo: /^(?:huggingface-cli|hf auth) logout/,
  },
  {
    command: /^(?:vault|sentry-cli|terraform|conan|wrangler|flyctl|heroku|twine|snyk) (?:login|auth|user)/,
    file: 'the login of the program',
  },
  { command: /^gpg .*--import/, file: '~/.gnupg' },
];

/**
 * The file, as a message names it, in which a step keeps what variables hold, where it does not remove it again; undefined where none is known.
 * What other programs do with what they are given is not known, and taken for nothing.
 */
export function keptIn(body: ShellBody, names: readonly string[]): string | undefined {
  const tainted = new Set(names);
  const commands = inOrder(body);
  const kept: Kept[] = [];
  for (const { command, fed } of commands) {
    const isGiven = fed || [...variablesOf(wordsOf(command))].some((name) => tainted.has(name));
    if (!isGiven) continue;
    for (const name of assigned(command, tainted)) tainted.add(name);
    kept.push(...writtenBy(command).map((path) => ({ path: normal(path), at: command.end })));
  }
  // A group whose output is redirected writes what any command in it prints.
  visitTrees(body.script, (tree) => {
    if (tree.kind !== 'compound' || ![...variablesRead(tree)].some((name) => tainted.has(name))) return;
    for (const { operator, target } of tree.redirects) {
      if (/^[>&]*>/.test(operator) && target && !isDevice(target))
        kept.push({ path: normal(target.text), at: tree.end });
    }
  });
  // The text of a shell inside the shell is not followed: what looks like writing there is taken for it.
  for (const { command } of commands) {
    const inner = command.words.find(({ text }) => text.startsWith("'") && mentions(text, tainted));
    if (inner && /(?<![\d&])>(?!&|\s*\/dev\/)|\btee\b|\bconfig\b|\bclone\b|\blogin\b|sed -i/.test(inner.text))
      return 'a file, in a shell of its own';
  }
  const staying = kept.find((each) => !isRemoved(each, commands));
  return staying && `\`${staying.path}\``;

  function inOrder({ script }: ShellBody): { command: ShellCommand; fed: boolean }[] {
    const found: { command: ShellCommand; fed: boolean }[] = [];
    const fedBy = new Set<ShellTree>();
    visitTrees(script, (tree) => {
      if (tree.kind === 'pipeline') {
        const first = tree.commands.findIndex((each) => [...variablesRead(each)].some((name) => tainted.has(name)));
        if (first !== -1) for (const each of tree.commands.slice(first + 1)) fedBy.add(each);
      }
      if (tree.kind === 'command') found.push({ command: tree, fed: fedBy.has(tree) });
    });
    return found.sort((a, b) => a.command.start - b.command.start);
  }
}

/** Variables that a command sets from those that hold a secret. */
function assigned(command: ShellCommand, tainted: ReadonlySet<string>): string[] {
  const own = command.assignments.flatMap(({ name, value }) =>
    value && [...variablesOf([value])].some((each) => tainted.has(each)) ? [name] : [],
  );
  const exported = /^(?:export|local|declare|readonly)$/.test(command.words[0]?.literal ?? '')
    ? command.words.slice(1).flatMap((word) => /^([A-Za-z_]\w*)=/.exec(word.text)?.[1] ?? [])
    : [];
  return [...own, ...exported];
}

function isDevice(word: ShellWord): boolean {
  return /^(?:\/dev\/(?:null|std\w+|tty|fd\/\d)|&?\d|-|\/tmp\/null)$/.test(word.text.replace(/^["']|["']$/g, ''));
}

/** Programs that print what they are given; what others print is what they fetched or made. */
const printers =
  /^(?:echo|printf|cat|envsubst|sed|awk|tr|cut|base64|base32|xxd|jq|yq|env|printenv|set|export|declare|openssl|gpg|fold|head|tail|sort|tee)$/;

/** The files that a command with a secret among its words or on its input writes. */
function writtenBy(command: ShellCommand): string[] {
  const prints = printers.test((command.words[0]?.literal ?? '').split('/').at(-1)!);
  const files = (prints ? command.redirects : []).flatMap(({ operator, target }) =>
    /^[>&]*>/.test(operator) && target && !isDevice(target) ? [target.text] : [],
  );
  const bare = bareCommand(command);
  if (!bare) return files;
  const name = bare.name.split('/').at(-1)!;
  const words = bare.words.map((word) => word.text);
  const operands = words.filter((word) => !word.startsWith('-'));
  if (name === 'tee') return [...files, ...operands];
  if (name === 'sed' && words.some((word) => /^(?:-[a-zA-Z]*i|--in-place)/.test(word)))
    return [...files, words.at(-1)!];
  if (name === 'openssl' && words.includes('-out')) return [...files, words[words.indexOf('-out') + 1] ?? ''];
  if (name === 'git') return [...files, ...writtenByGit(words)];
  const line = `${name} ${words.join(' ')}`;
  const writer = writers.find((each) => each.command.test(line));
  return writer && !writer.undo?.test(line) ? [...files, writer.file] : files;
}

function writtenByGit(words: readonly string[]): string[] {
  let at = 0;
  while (words[at]?.startsWith('-')) at += /^-[cC]$/.test(words[at]!) ? 2 : 1;
  const rest = words.slice(at);
  if (rest[0] === 'clone') {
    const operands = rest
      .slice(1)
      .filter(
        (word, index, all) =>
          !word.startsWith('-') &&
          !/^-(?:b|o|c|j)$|^--(?:branch|depth|origin|config|jobs|filter)$/.test(all[index - 1] ?? ''),
      );
    const [url = '', directory] = operands;
    // A secret in an option of clone is not written with the address.
    if (!url.includes('$')) return [];
    const name = url
      .replace(/["']/g, '')
      .replace(/\/$/, '')
      .split('/')
      .at(-1)!
      .replace(/\.git$/, '');
    return [`${(directory ?? name).replace(/\/$/, '')}/.git`];
  }
  const line = `git ${rest.join(' ')} `;
  const writer = writers.find((each) => each.command.test(line));
  return writer && !writer.undo?.test(line) ? [writer.file] : [];
}

/** A path without quotes, with `~` for the home directory of root. */
function normal(path: string): string {
  return path
    .replace(/["']/g, '')
    .replace(/^(?:\$\{?HOME\}?|\/root)(?=\/|$)/, '~')
    .replace(/^\.\//, '');
}

/** Whether a later command of the step removes the file, or undoes what wrote it. */
function isRemoved({ path, at }: Kept, commands: readonly { readonly command: ShellCommand }[]): boolean {
  const undo = writers.filter((each) => each.file === path).flatMap((each) => each.undo ?? []);
  return commands.some(({ command }) => {
    if (command.start < at) return false;
    const bare = bareCommand(command);
    if (!bare) return false;
    const words = bare.words.map((word) => word.text);
    if (undo.some((pattern) => pattern.test(`${bare.name} ${words.join(' ')} `))) return true;
    if (!/^(?:rm|shred|unlink)$/.test(bare.name)) return false;
    return words.some((word) => {
      const removed = normal(word).replace(/\/$/, '');
      return !word.startsWith('-') && (removed === path || path.startsWith(`${removed}/`));
    });
  });
}
