import { programsWithoutIndex } from '../../src/facts/index.ts';
import type { ShellAndOr, ShellCommand, ShellList, ShellScript, ShellTree, ShellWord } from '../../src/shell/index.ts';
import {
  type BareCommand,
  bareCommand,
  innerScript,
  type PackageCall,
  packageCall,
} from '../../src/transform/index.ts';

/** What a walk looks for: the package manager family's own rules of what reads, renews and empties the index. */
export interface IndexRules {
  readonly family: string;
  /** The call reads an index that an earlier step left. */
  reads(call: PackageCall): boolean;
  /** The call renews or empties the index, so that what an earlier step left is gone. */
  renews(call: PackageCall): boolean;
  /** A path whose removal empties the index. */
  readonly indexPath: RegExp;
  /** A word that names one of the family's programs. */
  readonly mention: RegExp;
}

/** A use of an earlier step's index: a call that reads it, or something that may do anything. */
export interface IndexUse {
  readonly certain: boolean;
  readonly text: string;
}

/**
 * Walks a script in the order of execution. `renewed` is whether the index was surely renewed or emptied before; the
 * answer is whether it surely is afterwards. Uses of the old index are collected.
 */
export class IndexFlow {
  readonly uses: IndexUse[] = [];
  readonly #rules: IndexRules;
  readonly #scriptOf: (program: string) => ShellScript | undefined;
  readonly #functions = new Map<string, ShellTree>();
  #depth = 0;

  /** Scripts that can be read are walked as well: `scriptOf` answers for the name or path of a program. */
  constructor(rules: IndexRules, scriptOf: (program: string) => ShellScript | undefined = () => undefined) {
    this.#rules = rules;
    this.#scriptOf = scriptOf;
  }

  script(script: ShellScript, renewed: boolean): boolean {
    // Text that is not read with certainty, and says nothing of packages, is as any unknown program.
    if (!script.tiled) {
      this.#use(renewed, this.#rules.mention.test(script.text), script.text);
      return renewed;
    }
    return this.#list(script, renewed);
  }

  #use(renewed: boolean, certain: boolean, text: string): void {
    if (!renewed) this.uses.push({ certain, text });
  }

  #list(list: ShellList, renewed: boolean): boolean {
    let state = renewed;
    for (const { tree, background } of list.statements) {
      const after = this.#tree(tree, state);
      if (!background) state = after;
    }
    return state;
  }

  #tree(tree: ShellTree, renewed: boolean): boolean {
    switch (tree.kind) {
      case 'command':
        return this.#command(tree, renewed);
      case 'pipeline':
        return tree.commands.reduce((state, each) => this.#tree(each, state), renewed);
      case 'and-or':
        return this.#chain(tree, renewed);
      case 'function':
        this.#functions.set(tree.name, tree.body);
        return renewed;
      case 'coproc':
        this.#use(renewed, false, 'coproc');
        return renewed;
      case 'compound': {
        this.#words(tree.words, renewed);
        const [first, ...rest] = tree.lists;
        if (!first) return renewed;
        const isPlain = tree.type === 'group' || tree.type === 'subshell';
        const isTested = tree.type === 'if' || tree.type === 'while' || tree.type === 'until';
        // The first list of a loop or a case may never run.
        const state = this.#list(first, renewed);
        for (const list of rest) this.#list(list, isTested ? state : renewed);
        return isPlain || isTested ? state : renewed;
      }
    }
  }

  /** What is left of `||` may have failed half-way; what is right of a test may not have run. */
  #chain(tree: ShellAndOr, renewed: boolean): boolean {
    let chain = this.#tree(tree.commands[0]!, renewed);
    const surely = chain;
    let isPlain = !isTest(tree.commands[0]!);
    tree.commands.slice(1).forEach((command, at) => {
      if (tree.operators[at] === '||') {
        const other = this.#tree(command, surely);
        chain = chain && other;
        isPlain = false;
      } else {
        chain = this.#tree(command, chain);
        if (isTest(command)) isPlain = false;
      }
    });
    return isPlain ? chain : surely;
  }

  #words(words: readonly ShellWord[], renewed: boolean): void {
    for (const word of words) for (const inner of word.substitutions) this.#list(inner, renewed);
  }

  #command(command: ShellCommand, renewed: boolean): boolean {
    this.#words(command.words, renewed);
    this.#words(
      command.assignments.flatMap((each) => each.value ?? []),
      renewed,
    );
    if (command.words.length === 0) return renewed;
    const text = command.words.map((word) => word.text).join(' ');
    const call = packageCall(command);
    if (call) return this.#call(call, renewed, text);
    const bare = bareCommand(command);
    if (!bare) {
      this.#use(renewed, false, text);
      return renewed;
    }
    // `sh -n` only reads.
    if (/^(?:ba|da)?sh$/.test(bare.name) && bare.words[0]?.literal === '-n') return renewed;
    const inner = innerScript(bare);
    const own = this.#scriptOf(inner === 'unreadable' || sources.test(bare.name) ? firstOperand(bare) : bare.name);
    if (own?.tiled && this.#depth < 8) return this.#nested(() => this.#list(own, renewed)) ?? renewed;
    if (inner === 'unreadable')
      this.#use(
        renewed,
        bare.words.some((word) => this.#rules.mention.test(word.text)),
        text,
      );
    else if (inner) return this.#nested(() => this.#list(inner, renewed)) ?? renewed;
    else if (this.#functions.has(bare.name)) {
      const body = this.#functions.get(bare.name)!;
      return this.#nested(() => this.#tree(body, renewed)) ?? renewed;
    } else if (/^(?:rm|find)$/.test(bare.name)) {
      return renewed || bare.words.some((word) => this.#rules.indexPath.test(word.text));
    } else {
      const names = bare.words.some((word) => this.#rules.mention.test(word.text)) && runsWords.test(bare.name);
      if (names || !isHarmless(bare.name, bare.words)) this.#use(renewed, names, text);
    }
    return renewed;
  }

  #call(call: PackageCall, renewed: boolean, text: string): boolean {
    if (call.manager.family !== this.#rules.family) {
      if (isInstallScript(call)) this.#use(renewed, false, text);
      return renewed;
    }
    if (this.#rules.renews(call)) return true;
    if (this.#rules.reads(call)) this.#use(renewed, true, text);
    return renewed;
  }

  #nested(walk: () => boolean): boolean | undefined {
    if (this.#depth >= 8) return undefined;
    this.#depth++;
    const state = walk();
    this.#depth--;
    return state;
  }
}

const sources = /^(?:\.|source|exec|tini|dumb-init)$/;

/** The first word that is no option: the script that a shell is given. */
function firstOperand({ words }: BareCommand): string {
  return words.find((word) => !word.text.startsWith('-'))?.literal ?? '';
}

/** Programs that run what their arguments name. */
const runsWords =
  /^(?:xargs|chroot|retry|parallel|watch|gosu|su-exec|runuser|setpriv|stdbuf|script|expect|find|eval|time|nohup|setsid)$/;

function isTest(tree: ShellTree): boolean {
  if (tree.kind === 'pipeline') return tree.negated || tree.commands.some(isTest);
  if (tree.kind !== 'command') return tree.kind === 'compound' && tree.type !== 'group' && tree.type !== 'subshell';
  const name = tree.words[0];
  if (!name) return tree.assignments.some((each) => (each.value?.substitutions.length ?? 0) > 0);
  return name.literal === undefined || tests.test(name.literal);
}

/** Programs that are run for their exit status. */
const tests =
  /^(?:\[|test|grep|egrep|fgrep|which|command|type|hash|dpkg|rpm|diff|cmp|ls|stat|id|getent|pgrep|expr|false|find|python\d?)$/;

/** Scripts that only configure a source tree. */
const configures = /(?:^|\/)(?:configure|Configure|config|autogen\.sh|buildconf|gradlew|mvnw)$/;
const systemProgram = /^\/(?:usr\/)?(?:local\/)?s?bin\//;

function isHarmless(name: string, words: readonly ShellWord[]): boolean {
  if (configures.test(name)) return true;
  const program = name.replace(systemProgram, '');
  if (/^(?:python[\d.]*|pip[\d.]*|node|ruby|perl|php|bundle|npx|yarn|npm|pnpm|bunx)$/.test(program)) {
    return !words.some((word) => installs.test(word.text));
  }
  if (program === '.' || program === 'source') return words.every((word) => sourced.test(word.text));
  return (
    programsWithoutIndex.has(program) || /^(?:python|gcc|g\+\+|clang|php|ruby|perl|clang\+\+)-?[\d.]+$/.test(program)
  );
}

/** Words that mark a script, or an option of one, which installs packages of the distribution. */
const installs =
  /with-deps|install-deps|(?:^|[/_-])(?:install|setup|bootstrap|provision|deps|dependencies|requirements|prereq\w*)(?:[._-][\w.-]*)?\.(?:py|js|rb|pl|php|sh)$|apt|ansible/i;
const sourced =
  /(?:activate|\.bashrc|\.profile|profile|nvm\.sh|env|cargo\/env|rvm|conda\.sh|emsdk_env\.sh|os-release|envvars|setup\.bash)$/;

function isInstallScript(call: PackageCall): boolean {
  if (call.manager.family !== 'npm' && call.manager.family !== 'yarn') return false;
  return [...call.operands, ...call.words].some((word) => installs.test(word.text));
}
