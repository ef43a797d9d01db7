import { argsScript, type Dockerfile, type Instruction, quotedWords, TextMemo } from '../dockerfile/index.ts';
import { parseShell } from '../shell/index.ts';
import type { Span } from '../text/index.ts';
import { type CommandCredential, credentialsInCommands } from './commands.ts';
import { type SecretFile, secretFile } from './files.ts';
import { type NameVerdict, secretName } from './names.ts';
import { keyHeadersIn, tokensIn, urlPasswordsIn } from './tokens.ts';
import { isKeyFingerprint, judgeValue, unquoted } from './values.ts';

/** A secret of a Dockerfile, by its place; its text is in no field. */
export interface Secret {
  readonly instruction: Instruction;
  /**
   * `argument` and `environment`: ARG and ENV of a secret's name; `label`; `command`: the text of a RUN, CMD, ENTRYPOINT
   * or HEALTHCHECK, or of a heredoc; `file`: COPY or ADD takes a file that holds one; `text`: elsewhere.
   */
  readonly place: 'argument' | 'environment' | 'label' | 'command' | 'file' | 'text';
  /** What it is, as a finding names it: `GitHub token`, `password`, `npm credentials`. */
  readonly kind: string;
  /** The variable that is named as one; the path for a file; undefined otherwise. */
  readonly name: string | undefined;
  /** Its value stands in the Dockerfile. */
  readonly literal: boolean;
  /** Nothing else looks like this; else it may be one. */
  readonly certain: boolean;
  /** A value where it is literal, else what declares it or the whole of a path. */
  readonly span: Span;
}

/** One `name=value` of ARG, ENV or LABEL; offsets are logical. */
export interface Setting {
  readonly name: string;
  /** Raw, with quotes; undefined for an ARG without a default. */
  readonly value: string | undefined;
  readonly start: number;
  readonly end: number;
  readonly valueStart: number;
}

/** The settings of an ARG, ENV or LABEL in all their forms, with their places. */
export function settingsOf(file: Dockerfile, instruction: Instruction): readonly Setting[] {
  return settings.of(instruction, () => readSettings(file, instruction));
}

const settings = new TextMemo<readonly Setting[]>();

function readSettings(file: Dockerfile, instruction: Instruction): Setting[] {
  const { argsStart, argsEnd, logical, keyword } = instruction;
  const words = quotedWords(logical.text, argsStart, argsEnd, file.escape);
  const first = words[0];
  if (keyword !== 'ARG' && first && !first.text.includes('=')) {
    const match = /^[^\t\v\f\r ]+[\t\v\f\r ]+/.exec(file.args(instruction));
    if (!match) return [];
    const valueStart = argsStart + match[0].length;
    return [
      { name: first.text, value: logical.text.slice(valueStart, argsEnd), start: argsStart, end: argsEnd, valueStart },
    ];
  }
  return words.map(({ text, start, end }) => {
    const equals = text.indexOf('=');
    if (equals === -1) return { name: text, value: undefined, start, end, valueStart: end };
    return { name: text.slice(0, equals), value: text.slice(equals + 1), start, end, valueStart: start + equals + 1 };
  });
}

const places: Readonly<Record<string, Secret['place']>> = {
  ARG: 'argument',
  ENV: 'environment',
  LABEL: 'label',
  RUN: 'command',
  CMD: 'command',
  ENTRYPOINT: 'command',
  HEALTHCHECK: 'command',
};

/**
 * Every secret of a Dockerfile, in source order: values that stand in it, ARG and ENV that are named as secrets and so
 * get their values from the build, and files that hold secrets which COPY or ADD takes from the context.
 */
export function findSecrets(file: Dockerfile): readonly Secret[] {
  const known = memo.get(file);
  if (known) return known;
  const found: Secret[] = [];
  for (const instruction of file.instructions) {
    const own: Secret[] = [...declared(file, instruction), ...copied(file, instruction)];
    for (const each of literals(file, instruction)) {
      if (!own.some(({ literal, span }) => literal && span.start <= each.span.start && each.span.end <= span.end)) {
        own.push(each);
      }
    }
    found.push(...own.sort((a, b) => a.span.start - b.span.start));
  }
  memo.set(file, found);
  return found;
}

/** What a transform needs and what it finds both ask. */
const memo = new WeakMap<Dockerfile, readonly Secret[]>();

/** ARG, ENV and LABEL whose name or value says so. */
function* declared(file: Dockerfile, instruction: Instruction): Generator<Secret> {
  const { keyword, logical } = instruction;
  if (keyword !== 'ARG' && keyword !== 'ENV' && keyword !== 'LABEL') return;
  for (const { name, value, start, end, valueStart } of settingsOf(file, instruction)) {
    const verdict = secretName(name);
    if (verdict === undefined) continue;
    const place = places[keyword]!;
    const judged = value === undefined ? 'absent' : judgeValue(unquoted(value));
    if (judged === 'absent') {
      // A label without a value tells nothing; an ENV that empties a variable neither.
      if (keyword === 'LABEL' || (keyword === 'ENV' && !value?.includes('$'))) continue;
      const span = logical.span(start, end);
      yield { instruction, place, kind: kindOf(name), name, literal: false, certain: verdict === 'secret', span };
    } else if (judged === 'literal' || judged === 'weak') {
      if (!mayBeValue(verdict, unquoted(value!), judged)) continue;
      const span = logical.span(valueStart, end);
      const certain = verdict === 'secret' && judged === 'literal';
      yield { instruction, place, kind: kindOf(name), name, literal: true, certain, span };
    }
  }
}

/** Whether a literal is worth the word: text with a variable in it, a fingerprint or an ordinary word often is not. */
function mayBeValue(verdict: NameVerdict, value: string, judged: 'literal' | 'weak'): boolean {
  if (verdict === 'secret') return !isKeyFingerprint(value) || value.length > 20;
  return judged === 'literal' && value.length >= 16 && !isKeyFingerprint(value) && isMixed(value);
}

/** Letters and digits mixed, without blanks, as made by a machine. */
function isMixed(value: string): boolean {
  return /^[\w+/=.~-]+$/.test(value) && /\d/.test(value) && /[A-Za-z]/.test(value) && !/^v?\d+\.\d+/.test(value);
}

/** What a name says that it is. */
function kindOf(name: string): string {
  const lower = name.toLowerCase();
  if (/pass(?!port)|pwd|pswd/.test(lower)) return 'password';
  if (/token|_pat$/.test(lower)) return 'token';
  if (/cred|auth/.test(lower)) return 'credentials';
  return /key/.test(lower) ? 'key' : 'secret';
}

/** Files of the context that hold secrets, by their names. */
function* copied(file: Dockerfile, instruction: Instruction): Generator<Secret> {
  for (const { path, found, start, end } of secretSources(file, instruction)) {
    const span = instruction.logical.span(start, end);
    yield { instruction, place: 'file', kind: found.kind, name: path, literal: false, certain: found.certain, span };
  }
}

/** One source of a COPY or ADD that is named as a file with a secret; offsets are logical. */
export interface SecretSource {
  readonly path: string;
  readonly found: SecretFile;
  readonly start: number;
  readonly end: number;
}

/** The sources of a COPY or ADD from the context that are named as files with secrets. */
export function secretSources(file: Dockerfile, instruction: Instruction): readonly SecretSource[] {
  if (instruction.keyword !== 'COPY' && instruction.keyword !== 'ADD') return [];
  return sources.of(instruction, () => readSources(file, instruction));
}

const sources = new TextMemo<readonly SecretSource[]>();

function readSources(file: Dockerfile, instruction: Instruction): SecretSource[] {
  if (instruction.flags.some((flag) => flag.name === 'from') || instruction.json) return [];
  const words = file.words(instruction);
  return words.slice(0, -1).flatMap(({ text, start, end }) => {
    if (/[$*?[]|^<<|:\/\//.test(text)) return [];
    const found = secretFile(text);
    return found ? [{ path: text, found, start, end }] : [];
  });
}

/** Values that stand in the text, whatever the instruction: known tokens, URLs with passwords, keys, options of commands. */
function* literals(file: Dockerfile, instruction: Instruction): Generator<Secret> {
  const { logical, keyword, heredocs } = instruction;
  const found = written.of(instruction, () => readLiterals(file, instruction));
  const place = places[keyword] ?? 'text';
  const base = { instruction, place, name: undefined, literal: true } as const;
  for (const { kind, certain, start, end } of found.inText) {
    yield { ...base, kind, certain, span: logical.span(start, end) };
  }
  for (const [index, { content }] of heredocs.entries()) {
    for (const { kind, certain, start, end } of found.inHeredocs[index]!) {
      const span = { start: content.start + start, end: content.start + end };
      yield { ...base, place: 'command', kind, certain, span };
    }
  }
  const { argsStart } = instruction.onbuild ?? instruction;
  for (const { kind, start, end } of found.inCommands) {
    yield { ...base, kind, certain: true, span: logical.span(argsStart + start, argsStart + end) };
  }
}

/** What one instruction holds, by offsets into its logical text, into each heredoc, and into its arguments. */
interface Literals {
  readonly inText: ReturnType<typeof textSecrets>;
  readonly inHeredocs: readonly ReturnType<typeof textSecrets>[];
  readonly inCommands: readonly CommandCredential[];
}

const written = new TextMemo<Literals>();

function readLiterals(file: Dockerfile, instruction: Instruction): Literals {
  const { logical, heredocs } = instruction;
  const { keyword, json, argsStart, argsEnd } = instruction.onbuild ?? instruction;
  const parse = instruction.onbuild ? parseShell : () => argsScript(instruction);
  const isCommand = keyword === 'RUN' || ((keyword === 'CMD' || keyword === 'ENTRYPOINT') && !json);
  return {
    inText: textSecrets(logical.text),
    inHeredocs: heredocs.map(({ content }) => textSecrets(file.source.slice(content.start, content.end))),
    inCommands: isCommand ? credentialsInCommands(logical.text.slice(argsStart, argsEnd), parse) : [],
  };
}

/** Tokens, passwords of URLs and headers of private keys in any text. */
export function textSecrets(text: string): { kind: string; certain: boolean; start: number; end: number }[] {
  const urls = urlPasswordsIn(text).map((each) => ({ ...each, kind: 'password in a URL' }));
  const tokens = tokensIn(text).map((each) => ({ ...each, certain: true }));
  const keys = keyHeadersIn(text).map((each) => ({ ...each, kind: 'private key', certain: true }));
  return [...tokens, ...urls.filter((url) => !tokens.some((token) => overlap(token, url))), ...keys];
}

function overlap(a: Span, b: Span): boolean {
  return a.start < b.end && b.start < a.end;
}
