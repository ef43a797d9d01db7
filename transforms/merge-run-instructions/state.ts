import type { System } from '../../src/facts/index.ts';
import type { ShellCommand, ShellScript, ShellTree, ShellWord } from '../../src/shell/index.ts';
import { bareText, type Step, stepsOf } from './steps.ts';

/** Builtins that change the shell that runs them (or end it), and so what a command after them meets. */
const changing = new Set(
  (
    'cd pushd popd export readonly declare typeset local read readarray mapfile getopts unset shift set shopt enable hash ' +
    'trap umask ulimit exec exit return . source eval alias unalias let complete compopt bind logout'
  ).split(' '),
);

/** Before these, POSIX keeps a prefix assignment; those of them that are not in `changing`. */
const specialBuiltins = new Set([':', 'break', 'continue', 'times']);

/** The state of a process that a script would hand to what is joined to it. */
export interface ProcessState {
  /** What changes the process, named for a person, without the options below. */
  readonly changes: readonly string[];
  /** Options that a first plain `set -…` turns on, as letters and long names; undefined without one. */
  readonly options: ReadonlySet<string> | undefined;
}

/** What a script leaves in the process that runs it: nothing inside of subshells, substitutions and pipelines counts. */
export function processState(script: ShellScript, dialect: string): ProcessState {
  const changes: string[] = [];
  const first = firstCommand(script);
  const options = first && setOptions(first);
  const functions = new Set<string>();
  const words = (each: readonly ShellWord[]): void => {
    for (const word of each) for (const name of word.assigns) changes.push(`\`${name}\` is assigned`);
  };
  const command = (each: ShellCommand): void => {
    words([...each.words, ...each.assignments.flatMap((assignment) => assignment.value ?? [])]);
    words(each.redirects.flatMap((redirect) => redirect.target ?? []));
    if (each.redirects.some((redirect) => redirect.setsVariable)) changes.push('a redirection sets a variable');
    const [head, ...rest] = each.words;
    if (!head) {
      for (const { name } of each.assignments) changes.push(`\`${name}\` is assigned`);
      return;
    }
    if (options && each === first) return;
    const name = plainName(each);
    if (name === undefined) {
      if (!isPath(head)) changes.push(`\`${head.text}\` may be any command`);
      return;
    }
    // It fails the build with or without a second part.
    const isFailure = name === 'exit' && /^(?:[1-9]\d?|1\d\d)$/.test(rest[0]?.literal ?? '');
    const isOnlyTrace = name === 'set' && rest.every((word) => /^[-+][xv]+$/.test(word.text));
    if (changing.has(name) && !isOnlyTrace && !isFailure)
      changes.push(`\`${[name, ...rest.map((word) => word.text)].join(' ')}\``);
    else if (functions.has(name)) changes.push(`the function \`${name}\``);
    else if (each.assignments.length > 0 && specialBuiltins.has(name))
      changes.push(`\`${each.assignments[0]!.name}\` is assigned`);
    else if (name === 'printf' && rest[0]?.text === '-v') changes.push('`printf -v`');
    else if (name === 'wait') changes.push('`$!` of a background job');
  };
  const walk = (tree: ShellTree): void => {
    switch (tree.kind) {
      case 'command':
        command(tree);
        return;
      case 'pipeline':
        if (tree.commands.length === 1) walk(tree.commands[0]!);
        return;
      case 'and-or':
        for (const each of tree.commands) walk(each);
        return;
      case 'compound':
        words([...tree.words, ...tree.redirects.flatMap((redirect) => redirect.target ?? [])]);
        if (tree.redirects.some((redirect) => redirect.setsVariable)) changes.push('a redirection sets a variable');
        if (tree.type === 'subshell') return;
        for (const name of tree.assigns) changes.push(`\`${name}\` is assigned`);
        if (tree.type === 'test' && /=~/.test(script.text.slice(tree.start, tree.end)))
          changes.push('`BASH_REMATCH` is assigned');
        for (const list of tree.lists) for (const statement of list.statements) walk(statement.tree);
        return;
      case 'function':
        functions.add(tree.name);
        changes.push(`the function \`${tree.name}\``);
        return;
      case 'coproc':
        changes.push('a coprocess');
    }
  };
  for (const statement of script.statements) walk(statement.tree);
  // The old spelling of arithmetic, which the parser takes for a word; it may assign.
  if (dialect !== 'dash' && /\$\[/.test(script.text)) changes.push('`$[…]` may assign');
  return { changes, options };
}

/** The name of a command with `command` and `builtin` taken off. */
function plainName(command: ShellCommand): string | undefined {
  let at = 0;
  while (/^(?:command|builtin)$/.test(command.words[at]?.literal ?? '')) {
    at++;
    if (/^-[vV]+$/.test(command.words[at]?.text ?? '')) return 'command';
    while (command.words[at]?.text.startsWith('-')) at++;
  }
  return at > 0 && !command.words[at] ? 'command' : command.words[at]?.literal;
}

/** `$HOME/bin/x` is a program, whatever the variable holds. */
function isPath(word: ShellWord): boolean {
  return /^"?(?:\$\w+|\$\{\w+\}|~)?\/[^\s$`]/.test(word.text) || /^"[^"]*\/[^"]*"$/.test(word.text);
}

function firstCommand(script: ShellScript): ShellCommand | undefined {
  const tree = script.statements[0]?.tree;
  const first = tree?.kind === 'and-or' && tree.operators[0] === '&&' ? tree.commands[0] : tree;
  return first?.kind === 'command' ? first : undefined;
}

/** What a plain `set -eux -o pipefail` turns on; undefined for any other command. */
export function setOptions(command: ShellCommand): ReadonlySet<string> | undefined {
  const [name, ...words] = command.words;
  if (name?.literal !== 'set' || words.length === 0) return undefined;
  if (command.redirects.length > 0 || command.assignments.length > 0) return undefined;
  const found = new Set<string>();
  for (let at = 0; at < words.length; at++) {
    const text = words[at]!.literal;
    if (text === undefined || !/^-[A-Za-z]+$/.test(text)) return undefined;
    for (const letter of text.slice(1)) {
      if (letter !== 'o') found.add(letter);
      else {
        const long = words[++at]?.literal;
        if (long === undefined || !/^[a-z]+$/.test(long)) return undefined;
        found.add(longNames[long] ?? long);
      }
    }
  }
  return found;
}

const longNames: Readonly<Record<string, string>> = { errexit: 'e', nounset: 'u', xtrace: 'x', verbose: 'v' };

/** The options that a script turns on before anything else. */
export function leadingOptions(script: ShellScript): ReadonlySet<string> {
  const first = firstCommand(script);
  return (first && setOptions(first)) ?? new Set();
}

const systemPackageManagers = new Set([
  'apt',
  'apt-get',
  'aptitude',
  'dpkg',
  'apk',
  'yum',
  'dnf',
  'microdnf',
  'tdnf',
  'zypper',
  'pacman',
]);

/** Always in the same directory on Debian and Ubuntu: an essential package owns them (Debian policy 3.8, 10.1). */
const debianEssential = new Set(
  (
    'apt apt-get dpkg rm mkdir rmdir chmod chown chgrp ln cp mv cat ls touch sed grep tar gzip find xargs echo printf test true ' +
    'false sleep date head tail tee cut sort uniq wc tr install mktemp dirname basename id env dpkg-reconfigure update-alternatives'
  ).split(' '),
);

/** Commands that put no program anywhere. */
const harmless = new Set(
  (
    'echo printf test [ true false : cd pwd export set unset umask ulimit exit cat grep egrep fgrep awk head tail wc cut sort uniq ' +
    'tr date id whoami uname sleep mkdir rmdir touch sed chown chgrp useradd adduser usermod groupadd addgroup groupmod chpasswd ' +
    'passwd locale-gen localedef dpkg-reconfigure debconf-set-selections ls stat du df basename dirname readlink env which ' +
    'command type mktemp tee read shift trap wait for getent nproc sha256sum sha1sum md5sum sha512sum gpg openssl ' +
    'update-ca-certificates update-ca-trust update-locale ldconfig fc-cache'
  ).split(' '),
);

/** Builtins of every shell, which no command hash is about. */
const builtins = new Set(
  (
    ': . [ alias bg break builtin cd command continue declare dirs echo eval exec exit export false fg getopts hash jobs kill let ' +
    'local printf popd pushd pwd read readonly return set shift shopt source test times trap true type typeset ulimit umask unalias unset wait'
  ).split(' '),
);

/**
 * A command that both scripts run by name, and that the first may give another place on PATH. The shell remembers
 * where it found it: joined, the second would run the old one.
 */
export function hashedCommand(a: ShellScript, b: ShellScript, system: System | undefined): string | undefined {
  const first = stepsOf(a);
  const before = new Set(first.flatMap(hashedNames));
  const shared = [...new Set(stepsOf(b).flatMap(hashedNames))].filter((name) => before.has(name));
  return shared.find((name) => first.some((step) => mayMove(step, name, system)));
}

function hashedNames(step: Step): string[] {
  const head = step.command.words[0]?.literal;
  const asked =
    /^(?:type|hash)$/.test(head ?? '') || step.wrappers[0] === 'command'
      ? step.command.words.slice(1).flatMap((word) => word.literal ?? [])
      : [];
  return [...(head === undefined ? [] : [head]), ...asked].filter((name) => !/^-|\//.test(name) && !builtins.has(name));
}

function mayMove(step: Step, name: string, system: System | undefined): boolean {
  const tool = step.name;
  if (tool === undefined) return true;
  const targets = step.command.redirects.flatMap(({ operator, target }) =>
    operator.includes('>') && target ? [bareText(target)] : [],
  );
  if (targets.some((text) => isNamed(text, name) && !isData([text]))) return true;
  const isDebian = system === 'debian' || system === 'ubuntu';
  if (systemPackageManagers.has(tool)) {
    const texts = step.args.map(bareText);
    if (isDebian && /^apt(?:-get|itude)?$|^dpkg$/.test(tool) && debianEssential.has(name)) return false;
    // A package manager stays where it is unless it is told to replace itself.
    const replacesItself = texts.some(
      (text) =>
        /upgrade|^(?:-u|dup|-Syu+)$/.test(text) || /^(?:apk-tools|dnf\d?|yum|microdnf|apt|dpkg|zypper)/.test(text),
    );
    return !systemPackageManagers.has(name) || replacesItself;
  }
  if (tool === 'find')
    return (
      step.args.some((word) => /^-(?:delete|exec(?:dir)?)$/.test(word.text)) &&
      !step.args.some((word) => /^-i?name$/.test(word.text))
    );
  if (harmless.has(tool)) return false;
  // A local install puts its programs into node_modules.
  if (
    /^(?:npm|yarn|pnpm)$/.test(tool) &&
    !step.args.some((word) => /^(?:-g|--global|global|link|exec|run|-.*prefix.*)$/.test(word.text))
  ) {
    return step.args.some((word) => bareText(word).startsWith(name) || word.literal === undefined);
  }
  const texts = step.args.map(bareText).filter((text) => !text.startsWith('-'));
  const mentions = texts.some((text) => isNamed(text, name));
  if (tool === 'chmod' || tool === 'ln')
    return mentions || step.args.some((word) => /^-[a-zA-Z]*[nTR]/.test(word.text) && !isData(texts));
  if (tool === 'rm') return !isData(texts) && (mentions || step.args.some((word) => /^-[a-zA-Z]*[rR]/.test(word.text)));
  return true;
}

/** Whether a path may end in a name. */
function isNamed(path: string, name: string): boolean {
  const last = path.replace(/\/+$/, '').split('/').at(-1)!;
  return last === name || /[$`*?[{]/.test(last);
}

/** Directories that are on nobody's PATH. */
function isData(texts: readonly string[]): boolean {
  return texts.every((text) =>
    /^\/(?:var|tmp|etc|usr\/(?:share|src|include)|root\/\.(?:cache|npm|gnupg))\b/.test(text),
  );
}

/** Variables whose value tells a merged script from two: the history of the shell that runs it. */
export function namesHistory(script: ShellScript): string | undefined {
  return /\$\{?(BASHPID|BASH_SUBSHELL|BASH_COMMAND|BASH_REMATCH|PIPESTATUS|SECONDS|_(?!\w))/.exec(script.text)?.[1];
}
