import { downloadsOf } from '../facts/index.ts';

/** A path that a command writes, as it is written there. */
export interface CommandWrite {
  /** Undefined where it is worked out. */
  readonly path: string | undefined;
  /** `into` is a folder that is there, or is named as one, and what it holds may be written anew. */
  readonly kind: 'file' | 'folder' | 'into';
  /** The name of the only file that comes into the folder, where that is known. */
  readonly entry?: string;
}

type Words = readonly (string | undefined)[];

/** Options of programs that name what they write, with the path behind `=` or as the next word. */
const inlineOption =
  /^--(?:pid|pidfile|pid-file|log-file|logfile|access-logfile|error-logfile|access-log|error-log|schedule|control-socket|data-dir|datadir|db|database|store|storage-path)=(.+)$/;
const option =
  /^--(?:pid|pidfile|pid-file|log-file|logfile|access-logfile|error-logfile|data-dir|datadir|db-path|storage-path)$/;

/** Options of programs that copy and make whose value is the next word, by their manual pages, December 2026. */
const valued: Readonly<Record<string, RegExp>> = {
  uniq: /^(?:-\w*[fsw]|--(?:skip-fields|skip-chars|check-chars))$/,
  mkdir: /^(?:-\w*m|--mode)$/,
  cp: /^(?:-\w*[St]|--suffix|--target-directory)$/,
  mv: /^(?:-\w*[St]|--suffix|--target-directory)$/,
  ln: /^(?:-\w*[St]|--suffix|--target-directory)$/,
  install: /^(?:-\w*[gmoSt]|--(?:group|mode|owner|strip-program|suffix|target-directory))$/,
  rsync:
    /^(?:-\w*[BefMT]|--(?:backup-dir|block-size|bwlimit|chmod|chown|compare-dest|copy-dest|exclude|exclude-from|files-from|filter|include|include-from|link-dest|log-file|max-size|min-size|out-format|partial-dir|password-file|port|rsh|rsync-path|suffix|temp-dir|timeout|usermap|groupmap))$/,
};

/**
 * What one command writes, as far as its words tell: files that it is redirected to, operands of the programs of a system,
 * and options that name logs, sockets and data. `words` are those behind the program; undefined for one that is worked out.
 * `isFolder` says of a path whether it is known as a folder where the command runs.
 */
export function commandWrites(
  program: string,
  words: Words,
  outputs: Words,
  isFolder: (path: string) => boolean = () => false,
): CommandWrite[] {
  const found: CommandWrite[] = [];
  const write = (path: string | undefined, kind: CommandWrite['kind']): void => {
    if (path === undefined || !/^&\d|^\/dev\//.test(path)) found.push({ path, kind });
  };
  for (const output of outputs) write(output, 'file');
  const operands = operandsOf(program, words);
  const makes = program === 'mkdir' || (program === 'install' && has(words, 'd', 'directory'));
  if (makes) for (const word of operands) write(word, 'folder');
  else if (/^(?:cp|mv|install|ln|rsync)$/.test(program)) found.push(...copyWrites(program, words, operands, isFolder));
  if (program === 'curl' || program === 'wget') {
    const downloads = downloadsOf(program, words) ?? [{ path: undefined, isFolder: false }];
    for (const { path, isFolder: isUnnamed } of downloads) write(path, isUnnamed ? 'into' : 'file');
  }
  if (program === 'openssl') for (const path of opensslWrites(words)) write(path, 'file');
  if (program === 'sort') for (const path of sortWrites(words)) write(path, 'file');
  if (program === 'uniq' && operands.length > 1) write(operands[1], 'file');
  if (/^[gm]?awk$/.test(program)) for (const path of awkWrites(words)) write(path, 'file');
  if (/^(?:touch|tee|rm|rmdir)$/.test(program)) for (const word of operands) write(word, 'file');
  if (program === 'sed' && words.some((word) => /^-\w*i|^--in-place/.test(word ?? '')))
    for (const word of operands.slice(1)) write(word, 'file');
  for (const [at, word] of words.entries()) {
    const inline = inlineOption.exec(word ?? '')?.[1];
    const next = option.test(word ?? '') ? words[at + 1] : undefined;
    for (const path of [inline, next]) {
      if (path === undefined || path === '-' || /^\w+:\/\//.test(path)) continue;
      write(path, /dir|storage/.test(word!) ? 'folder' : 'file');
    }
  }
  return found;
}

/** The words that are no options, nor values of those. */
function operandsOf(program: string, words: Words): Words {
  const takes = valued[program];
  return words.filter((word, at) => !word?.startsWith('-') && !takes?.test(words[at - 1] ?? ''));
}

/** Whether one of the options is given, by its letter or its name. */
function has(words: Words, letters: string, ...names: readonly string[]): boolean {
  const short = new RegExp(`^-\\w*[${letters}]`);
  return words.some((word) => short.test(word ?? '') || names.includes(/^--([\w-]+)/.exec(word ?? '')?.[1] ?? ''));
}

/** Where programs put what they copy, move or link: a file by its own name, or a folder that it comes into. */
function copyWrites(
  program: string,
  words: Words,
  operands: Words,
  isFolder: (path: string) => boolean,
): CommandWrite[] {
  const isSync = program === 'rsync';
  const given = isSync ? undefined : targetOption(words);
  const target = given ? given.path : operands.at(-1);
  const sources = given ? operands : operands.slice(0, -1);
  // A link of one word comes into the working directory.
  if (program === 'ln' && !given && operands.length === 1)
    return [{ path: operands[0] && entryOf(operands[0]), kind: 'file' }];
  // Another host is none of this image.
  if (target === undefined) return [{ path: undefined, kind: 'file' }];
  if (/^\/dev\//.test(target) || (isSync && /^[^/]*:/.test(target))) return [];
  const isWhole = !isSync && has(words, 'T', 'no-target-directory');
  const keepsLink = program === 'ln' && has(words, 'n', 'no-dereference');
  const isDeep = /^(?:cp|rsync)$/.test(program) && has(words, 'aRr', 'archive', 'recursive');
  const [source] = sources;
  const isOne = sources.length < 2 && (source === undefined || !/[*?[]/.test(source));
  const mayBeFolder = isDeep || (program === 'mv' && !/\.\w+$/.test(source ?? ''));
  // A copy of a folder makes one that is not there, and goes into one that is.
  const isMade =
    isOne && mayBeFolder && /\/$/.test(target) && !isFolder(target) && !(isSync && /\/$/.test(source ?? ''));
  const isNamed = given !== undefined || /(?:^|\/)\.{0,2}$/.test(target);
  const comesInto = !isWhole && !isMade && (isNamed || !isOne || (!keepsLink && isFolder(target)));
  if (!comesInto)
    return [{ path: target.replace(/(?<=.)\/+$/, ''), kind: isWhole && isFolder(target) ? 'into' : 'file' }];
  const entry = isOne && !isDeep && source !== undefined ? entryOf(source) : undefined;
  return [{ path: target, kind: 'into', ...(entry !== undefined && { entry }) }];
}

/** The folder that an option names as the target; undefined without that option. */
function targetOption(words: Words): { readonly path: string | undefined } | undefined {
  for (const [at, word] of words.entries()) {
    const inline = /^(?:--target-directory=|-t(?=.))(.+)$/.exec(word ?? '')?.[1];
    if (inline !== undefined) return { path: inline };
    if (/^(?:-\w*t|--target-directory)$/.test(word ?? '')) return { path: words[at + 1] };
  }
  return undefined;
}

/** The name that a path has in a folder; undefined where that is what the path holds. */
const entryOf = (path: string): string | undefined =>
  /([^/]+)\/*$/.exec(path)?.[1]?.replace(/^\.{1,2}$/, '') || undefined;

/** The keys, certificates and other output that openssl(1) writes, version 3.5. */
function opensslWrites(words: Words): Words {
  const after = (option: string): Words => words.filter((_, at) => words[at - 1] === option);
  const written = [...after('-out'), ...after('-keyout')];
  // The number of the next certificate is kept beside that of the authority.
  if (words.includes('-CAcreateserial')) {
    const named = after('-CAserial');
    written.push(...(named.length > 0 ? named : after('-CA').map((path) => path?.replace(/(?:\.[^./]*)?$/, '.srl'))));
  }
  const makesKey = words[0] === 'req' && words.some((word) => /^-(?:new|newkey|x509)$/.test(word ?? ''));
  // The configuration of the system names it so.
  if (makesKey && !words.some((word) => /^-(?:key|keyout)$/.test(word ?? '')))
    written.push(words.includes('-config') ? undefined : 'privkey.pem');
  return written;
}

function sortWrites(words: Words): Words {
  return words.flatMap((word, at) => {
    const match = /^(?:--output(?:=(.*))?|-[bcCdfghimMnRrsuVz]*o(.*))$/.exec(word ?? '');
    return match ? [match[1] || match[2] || words[at + 1]] : [];
  });
}

/** The files that a program of awk prints to, where one is named by a string. */
function awkWrites(words: Words): Words {
  if (words.some((word, at) => word === 'inplace' && words[at - 1] === '-i')) return [undefined];
  return words.flatMap((word) =>
    [
      ...(word ?? '').matchAll(
        /\bprintf?\b(?:[^;}()"\n>]|"(?:\\.|[^"\\])*")*>>?\s*(?:"([^"]*)"(?=\s*(?:[;}\n]|$))|\S)/g,
      ),
    ].map((match) => match[1]),
  );
}
