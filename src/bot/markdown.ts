/** Keeps a forge from seeing a mention, an issue or a commit where a text only looks like one. */
const breaker = '\u200b';

/**
 * A text of ours that may hold words of a repository, for a Markdown page: its code spans stay code, and nothing outside
 * of them names a person, an issue, a commit or a place, or is markup.
 */
export function inert(text: string): string {
  // The texts of transforms mark code by single backticks.
  return text
    .split(/(`[^`\n]+`)/)
    .map((part, index) => (index % 2 === 1 ? code(part.slice(1, -1)) : plain(part)))
    .join('');
}

function plain(text: string): string {
  return text
    .replace(/[\r\n\t]+/g, ' ')
    .replace(/[\\`*_[\]<>|~]/g, (char) => `\\${char}`)
    .replace(/[@#!&$%](?=[\w-])/g, (char) => `${char}${breaker}`)
    .replace(/\b(GH|gh)-(?=\d)/g, `$1${breaker}-`)
    .replace(/:\/\/(?=\S)/g, `:${breaker}//`)
    .replace(/\bwww\.(?=\S)/gi, (www) => www.replace('.', `${breaker}.`))
    .replace(/\b([0-9a-f]{7})(?=[0-9a-f]{0,33}\b)/g, `$1${breaker}`);
}

/** A code span that holds any text: the fence is longer than all its backticks. */
export function code(text: string): string {
  const line = text.replace(/[\r\n]+/g, ' ');
  const longest = Math.max(0, ...(line.match(/`+/g) ?? []).map((run) => run.length));
  const fence = '`'.repeat(longest + 1);
  const gap = /^`|`$|^ .* $|^$/.test(line) ? ' ' : '';
  return `${fence}${gap}${line}${gap}${fence}`;
}

/** A code span for a cell of a table, where a bar would end the cell even inside of code. */
export function cell(text: string): string {
  return code(text).replaceAll('|', '\\|');
}

/** A code block that holds any text. */
export function block(text: string, language = ''): string {
  const longest = Math.max(2, ...(text.match(/^\s*`{3,}/gm) ?? []).map((run) => run.trim().length));
  const fence = '`'.repeat(longest + 1);
  return `${fence}${language}\n${text.trimEnd()}\n${fence}`;
}

/**
 * A text for a commit message, which forges show as plain text but search for mentions and issues, and for words such as
 * `fixes #1` that close them.
 */
export function inertPlain(text: string): string {
  return text
    .replace(/[\r\n\t]+/g, ' ')
    .replace(/(^|[^\w])([@#!])(?=[\w-])/g, `$1$2${breaker}`)
    .replace(/\b(GH)-(?=\d)/gi, `$1${breaker}-`);
}
