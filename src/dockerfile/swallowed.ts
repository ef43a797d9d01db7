import type { ScannedInstruction } from './scan.ts';

/** What looks like an instruction and is text of the one above it. */
export interface Swallowed {
  readonly keyword: string;
  /** Where it stands in the source. */
  readonly start: number;
}

/** Upper case alone: `add`, `env` and `user` are words of the shell as well. */
const keyword =
  /^[ \t]*(FROM|RUN|CMD|LABEL|MAINTAINER|EXPOSE|ENV|ADD|COPY|ENTRYPOINT|VOLUME|USER|WORKDIR|ARG|ONBUILD|STOPSIGNAL|HEALTHCHECK|SHELL)[ \t]+\S/;

/**
 * The first line of an instruction that begins with a keyword, outside of quotes: the escape at the end of the line above
 * makes it a part of that instruction. `HEALTHCHECK` and `ONBUILD` have an instruction in them; of a `FROM` with one no
 * builder makes anything.
 */
export function swallowedIn({ keyword: own, logical, onbuild, argsStart }: ScannedInstruction): Swallowed | undefined {
  const { text, segments } = logical;
  if (segments.length < 2 || own === 'FROM') return undefined;
  for (const [index, segment] of segments.entries()) {
    const start = segment.logical;
    if (index === 0 || (onbuild && start <= onbuild.start)) continue;
    const found = keyword.exec(text.slice(start, start + segment.length + 1));
    if (!found) continue;
    const isInner = (own === 'HEALTHCHECK' || onbuild?.keyword === 'HEALTHCHECK') && found[1] === 'CMD';
    if (isInner || isQuoted(text, argsStart, start)) continue;
    return { keyword: found[1]!, start: segment.source + found[0].indexOf(found[1]!) };
  }
  return undefined;
}

/** Whether a quote is open at an offset, by the rules that shells and BuildKit's words share. */
function isQuoted(text: string, from: number, to: number): boolean {
  let quote = '';
  for (let at = from; at < to; at++) {
    const char = text[at]!;
    if (char === '\\' && quote !== "'") at++;
    else if (quote === '' && (char === '"' || char === "'" || char === '`')) quote = char;
    else if (char === quote) quote = '';
  }
  return quote !== '';
}
