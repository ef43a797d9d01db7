import { type ShellCommand, type ShellScript, type ShellWord, visitCommands, visitTrees } from '../shell/index.ts';
import { secretName } from './names.ts';
import { judgeValue, unquoted } from './values.ts';

/** A literal credential in a shell text; offsets are those of the text. */
export interface CommandCredential {
  readonly kind: string;
  readonly start: number;
  readonly end: number;
}

/** Options whose value is a credential in every program that has them. */
const secretOption =
  /^--(?:[a-z]+-)?(?:password|passwd|passphrase|token|auth-token|access-token|api-key|apikey|api-token|secret|secret-key|client-secret|private-token)$/;

/** Credentials that are written out in a shell text: assignments, options of commands, what goes to `chpasswd`. */
export function credentialsInCommands(text: string, parse: (text: string) => ShellScript): CommandCredential[] {
  if (!/pass|pwd|secret|token|key|auth|cred|-u|--user|-p/i.test(text)) return [];
  const script = parse(text);
  if (!script.tiled) return [];
  const found: CommandCredential[] = [];
  const add = (kind: string, value: string, start: number, end: number): void => {
    // A variable in it puts it together from elsewhere, and what a step needs to run is often a word like `secret`.
    if (judgeValue(unquoted(value)) === 'literal' && !/\$|`/.test(value)) found.push({ kind, start, end });
  };
  visitCommands(script, (command) => {
    for (const { name, value } of command.assignments) {
      if (value && secretName(name) === 'secret') add('secret', value.text, value.start, value.end);
    }
    readWords(command, add);
  });
  visitTrees(script, (tree) => {
    if (tree.kind !== 'pipeline') return;
    const last = tree.commands.at(-1);
    const first = tree.commands[0];
    if (last?.kind !== 'command' || first?.kind !== 'command') return;
    if (!/^(?:sudo )?chpasswd\b/.test(last.words.map((word) => word.text).join(' '))) return;
    for (const word of first.words.slice(1)) readUserAndPassword(word, add);
  });
  return found;
}

type Add = (kind: string, value: string, start: number, end: number) => void;

function readWords({ words }: ShellCommand, add: Add): void {
  const program = (words[0]?.literal ?? '').split('/').at(-1)!;
  // What a program prints or looks for is not what it is given.
  if (/^(?:echo|printf|grep|sed|awk|test|\[)$/.test(program)) return;
  for (const [at, word] of words.entries()) {
    if (at === 0) continue;
    const { text, start, end } = word;
    const assigned = /^(?:-e)?([A-Za-z_]\w*)=(.+)$/s.exec(text);
    if (
      assigned &&
      /^(?:export|env|declare|local|readonly|set)$/.test(program) &&
      secretName(assigned[1]!) === 'secret'
    ) {
      add('secret', assigned[2]!, end - assigned[2]!.length, end);
    }
    const equals = text.indexOf('=');
    if (equals !== -1 && secretOption.test(text.slice(0, equals))) {
      add('secret', text.slice(equals + 1), start + equals + 1, end);
    }
    const next = words[at + 1];
    if (next && secretOption.test(text) && !next.text.startsWith('-')) add('secret', next.text, next.start, next.end);
    if (next && /^(?:curl|wget)$/.test(program) && /^(?:-u|--user)$/.test(text)) readUserAndPassword(next, add);
    if (next && program === 'sshpass' && text === '-p') add('password', next.text, next.start, next.end);
    if (next && program === 'docker' && text === '-p' && words[1]?.literal === 'login') {
      add('password', next.text, next.start, next.end);
    }
    const header =
      /^["']?(?:Authorization:\s*(?:Bearer|Basic|token)\s+|(?:X-Api-Key|Private-Token|X-Auth-Token):\s*)([\w.~+/=-]{8,})["']?$/i.exec(
        text,
      );
    if (header && /^(?:curl|wget|http)$/.test(program)) {
      const from = start + text.lastIndexOf(header[1]!);
      add('token', header[1]!, from, from + header[1]!.length);
    }
  }
}

/** `name:password` in one word. */
function readUserAndPassword(word: ShellWord, add: Add): void {
  const match = /^["']?[\w.@-]+:([^"'\s]+)["']?$/.exec(word.text);
  if (!match) return;
  const from = word.start + word.text.indexOf(':') + 1;
  add('password', match[1]!, from, from + match[1]!.length);
}
