/** A path that a command writes, as it is written there. */
export interface CommandWrite {
  /** Undefined where it is worked out. */
  readonly path: string | undefined;
  readonly kind: 'file' | 'folder';
}

type Words = readonly (string | undefined)[];

/** Options of programs that name what they write, with the path behind `=` or as the next word. */
const inlineOption =
  /^--(?:pid|pidfile|pid-file|log-file|logfile|access-logfile|error-logfile|access-log|error-log|schedule|control-socket|data-dir|datadir|db|database|store|storage-path)=(.+)$/;
const option =
  /^--(?:pid|pidfile|pid-file|log-file|logfile|access-logfile|error-logfile|data-dir|datadir|db-path|storage-path)$/;

/**
 * What one command writes, as far as its words tell: files that it is redirected to, operands of the programs of a system,
 * and options that name logs, sockets and data. `words` are those behind the program; undefined for one that is worked out.
 */
export function commandWrites(program: string, words: Words, outputs: Words): CommandWrite[] {
  const found: CommandWrite[] = [];
  const write = (path: string | undefined, kind: CommandWrite['kind']): void => {
    if (path === undefined || !/^&\d|^\/dev\//.test(path)) found.push({ path, kind });
  };
  for (const output of outputs) write(output, 'file');
  const operands = words.filter((word) => !word?.startsWith('-'));
  if (program === 'mkdir') for (const word of operands) write(word, 'folder');
  if (/^(?:touch|tee|rm|rmdir)$/.test(program)) for (const word of operands) write(word, 'file');
  if (/^(?:cp|mv|install|ln|rsync)$/.test(program)) write(operands.at(-1), 'file');
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
