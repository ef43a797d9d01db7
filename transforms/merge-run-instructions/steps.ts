import { parseShell, type ShellCommand, type ShellList, type ShellWord, visitCommands } from '../../src/shell/index.ts';

/** One command as it runs in the end: wrappers such as `sudo` and `env` taken off. */
export interface Step {
  /** The last part of its path; undefined where it is not a plain word. */
  readonly name: string | undefined;
  /** The command word as written. */
  readonly path: string;
  readonly args: readonly ShellWord[];
  /** The wrappers that were taken off, outermost first. */
  readonly wrappers: readonly string[];
  readonly command: ShellCommand;
}

/** Wrappers by name, with their options that take a value as a word of its own, and how many words follow those. */
const wrappers = new Map<string, { readonly valued: RegExp; readonly skip: number }>([
  ['sudo', { valued: /^(?:-[ugpCDRTh]|--(?:user|group))$/, skip: 0 }],
  ['doas', { valued: /^-[uC]$/, skip: 0 }],
  ['env', { valued: /^(?:-[uC]|--unset|--chdir)$/, skip: 0 }],
  ['command', { valued: /^$/, skip: 0 }],
  ['builtin', { valued: /^$/, skip: 0 }],
  ['exec', { valued: /^-a$/, skip: 0 }],
  ['time', { valued: /^-[of]$/, skip: 0 }],
  ['nice', { valued: /^-n$/, skip: 0 }],
  ['ionice', { valued: /^-[cn]$/, skip: 0 }],
  ['eatmydata', { valued: /^$/, skip: 0 }],
  ['busybox', { valued: /^$/, skip: 0 }],
  ['xargs', { valued: /^-[IiLlnPsdaE]$/, skip: 0 }],
  ['timeout', { valued: /^-[ks]$/, skip: 1 }],
  ['gosu', { valued: /^$/, skip: 1 }],
  ['su-exec', { valued: /^$/, skip: 1 }],
  ['chroot', { valued: /^$/, skip: 1 }],
  ['nohup', { valued: /^$/, skip: 0 }],
  ['setsid', { valued: /^$/, skip: 0 }],
]);

const shells = /^(?:ba|da|a|z|k|mk)?sh$/;

/** A word as the command sees it, as far as that can be read: quotes and escapes removed, expansions left as written. */
export function bareText(word: ShellWord): string {
  return word.literal ?? word.text.replace(/\\(.)|["']/gs, '$1');
}

/** All commands of a script, those in substitutions and in literal `sh -c '…'` and `eval '…'` texts included. */
export function stepsOf(list: ShellList, depth = 0): Step[] {
  const steps: Step[] = [];
  visitCommands(list, (command) => {
    const step = unwrap(command);
    if (!step) return;
    steps.push(step);
    const inner = depth < 4 ? innerScript(step) : undefined;
    if (inner !== undefined) steps.push(...stepsOf(parseShell(inner), depth + 1));
  });
  return steps;
}

/** The text that a shell started by this command reads, as far as it is written there. */
export function innerScript(step: Step): string | undefined {
  if (step.name === 'eval') return step.args.map(bareText).join(' ');
  const isShell = step.name !== undefined && (shells.test(step.name) || step.name === 'su' || step.name === 'runuser');
  if (!isShell) return undefined;
  const at = step.args.findIndex((word) => /^-[a-z]*c$/.test(word.text));
  const text = at === -1 ? undefined : step.args[at + 1];
  if (!text) return undefined;
  return text.literal ?? text.text.replace(/^"([\s\S]*)"$/, '$1').replace(/\\(["$`\\])/g, '$1');
}

function unwrap(command: ShellCommand): Step | undefined {
  let words = command.words;
  if (words.length === 0) return undefined;
  const taken: string[] = [];
  for (;;) {
    const [first, ...rest] = words;
    const name = first!.literal?.split('/').at(-1);
    const wrapper = name === undefined ? undefined : wrappers.get(name);
    const next = wrapper && wrapped(rest, wrapper);
    if (name === undefined || !next || next.length === 0) {
      return { name, path: bareText(first!), args: rest, wrappers: taken, command };
    }
    taken.push(name);
    words = next;
  }
}

function wrapped(rest: readonly ShellWord[], wrapper: { valued: RegExp; skip: number }): readonly ShellWord[] {
  let at = 0;
  while (at < rest.length) {
    const text = rest[at]!.text;
    if (wrapper.valued.test(text)) at += 2;
    else if (text.startsWith('-') || /^\w+=/.test(text)) at++;
    else break;
  }
  return rest.slice(at + wrapper.skip);
}

/** Whether a command has an option: by its long name, or its letter in a cluster of short ones. */
export function hasOption(step: Step, letters: RegExp, long?: RegExp): boolean {
  return step.args.some(({ text }) =>
    text.startsWith('--') ? long?.test(text) === true : /^-[A-Za-z]+$/.test(text) && letters.test(text.slice(1)),
  );
}

/** The words that are no options. */
export function operands(step: Step): ShellWord[] {
  const end = step.args.findIndex((word) => word.text === '--');
  return step.args.filter((word, index) => (end !== -1 && index > end) || !word.text.startsWith('-'));
}
