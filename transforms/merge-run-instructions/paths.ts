import type { ShellWord } from '../../src/shell/index.ts';
import { bareText, hasOption, operands, type Step } from './steps.ts';

const any = '\u0000';

/** The text of a word with everything that is only known at run time, slashes included, as one mark. */
function marked(word: ShellWord): string {
  if (word.literal !== undefined) return word.literal;
  return word.text
    .replace(/\\(.)|["']/gs, '$1')
    .replace(/^~[^/]*/, any)
    .replace(/\$\(.*\)|`.*`|\$\{[^}]*\}|\$\w+|\$[^\w/]/gs, any)
    .replace(/\{[^{}]*\}/g, any);
}

/** What a path operand may stand for: a pattern over absolute paths; relative ones begin at `base`, or anywhere. */
export function pathPattern(word: ShellWord, base: string | undefined): RegExp {
  const text = marked(word);
  const body = text
    .replace(/\/+$/, '')
    .replace(/\/(?:\.?\/)+/g, '/')
    .replace(/^\.\//, '')
    .replace(/\/\.$/, '')
    .replace(/\[[^\]]*\]|[*?\u0000\\^$.|()+{}[\]]/g, (special) => {
      if (special === any) return '.*';
      if (special === '?') return '[^/]';
      return special === '*' || special.length > 1 ? '[^/]*' : `\\${special}`;
    });
  if (text.startsWith('/')) return new RegExp(`^${body || '/'}$`);
  if (text.startsWith(any)) return new RegExp(`^${body}$`);
  const from = base === undefined ? '(?:.*/)?' : `${base === '/' ? '' : base}/`.replace(/[\\^$.*+?|()[\]{}]/g, '\\$&');
  return new RegExp(`^${from}${body}$`);
}

/** Whether a path operand leads up, out of the directory that it starts in. */
export function leadsUp(word: ShellWord): boolean {
  return /(?:^|\/)\.\.(?:\/|$)/.test(bareText(word));
}

/** A directory and all those above it, the root included. */
export function selfAndAbove(directory: string): string[] {
  const parts = directory.split('/').filter((part) => part !== '');
  return ['/', ...parts.map((_, index) => `/${parts.slice(0, index + 1).join('/')}`)];
}

/** Commands that only read the files they name. */
const readers = new Set(
  (
    'cat grep egrep fgrep zgrep awk gawk mawk head tail ls test [ wc cut sort uniq stat diff cmp od hexdump xxd strings echo ' +
    'printf du df readlink realpath file which type command md5sum sha1sum sha256sum sha512sum true false : basename ' +
    'dirname tr jq less more nproc id whoami uname date sleep export getent ldd source .'
  ).split(' '),
);

/** The words that name what a command writes, replaces or removes, as far as its options tell. */
export function writtenOperands(step: Step): readonly ShellWord[] {
  const all = operands(step);
  const directory = step.args.findIndex((word) => word.text === '-t');
  switch (step.name) {
    case 'ln':
    case 'cp':
    case 'install':
      return directory === -1 ? all.slice(-1) : step.args.slice(directory + 1, directory + 2);
    case 'chmod':
    case 'chown':
    case 'chgrp':
      return all.slice(1);
    case 'sed':
      return hasOption(step, /i/, /^--in-place/) || step.args.some((word) => /^-i./.test(word.text))
        ? all.slice(hasOption(step, /[ef]/, /^--(?:expression|file)/) ? 0 : 1)
        : [];
    case 'find':
      return step.args.some((word) => /^-(?:delete|exec(?:dir)?|ok|fprint\w*)$/.test(word.text))
        ? step.args.slice(
            0,
            step.args.findIndex((word) => /^[-(!\\]/.test(word.text)),
          )
        : [];
    case undefined:
      return step.args;
    default:
      return readers.has(step.name) ? [] : step.args;
  }
}
