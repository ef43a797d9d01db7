import type { ShellNode } from './tree.ts';

/** What may stand between two nodes: an operator, list separators, the keywords of a compound, `&`, or blanks only. */
export type GapKind = '&&' | '||' | '|' | '|&' | 'list' | 'keywords' | 'background' | 'blank';

const patterns: Record<GapKind, RegExp> = {
  '&&': /^[ \t\r]*&&\s*$/,
  '||': /^[ \t\r]*\|\|\s*$/,
  '|': /^[ \t\r]*\|\s*$/,
  '|&': /^[ \t\r]*\|&\s*$/,
  background: /^[ \t\r]*&$/,
  list: /^[ \t\r]*;?\s*$/,
  keywords:
    /^(?!.*;\s+;(?![;&]))(?:\s|;|\(|\)|\||\b(?:if|then|elif|else|fi|for|in|do|done|while|until|case|esac|select)\b|;;&|;&)*$/s,
  blank: /^(?:[ \t\r]|\\\r?\n)*$/,
};

/**
 * Whether [start, end) of a shell text holds only what may stand there. Comments are taken out first and added to
 * `comments`; a comment needs a newline or the end of the text after it.
 */
export function gapFits(text: string, start: number, end: number, kind: GapKind, comments: ShellNode[]): boolean {
  if (start === end) return kind !== '&&' && kind !== '||' && kind !== '|' && kind !== '|&' && kind !== 'background';
  const gap = text.slice(start, end);
  if (!gap.includes('#') && !gap.includes('\\')) return patterns[kind].test(gap);
  let bare = '';
  for (let at = 0; at < gap.length; ) {
    if (gap[at] === '#' && (start + at === 0 || /[\s;&|()]/.test(text[start + at - 1]!))) {
      const newline = gap.indexOf('\n', at);
      const stop = newline === -1 ? gap.length : newline;
      comments.push({ start: start + at, end: start + stop });
      at = stop;
    } else if (gap[at] === '\\' && /^\\\r?\n/.test(gap.slice(at, at + 3))) at = gap.indexOf('\n', at) + 1;
    else bare += gap[at++];
  }
  return patterns[kind].test(bare);
}
