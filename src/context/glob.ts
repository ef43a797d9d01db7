/** What one glob says of one name: `bad` when the pattern is malformed, as far as Go would notice for this name. */
export type GlobAnswer = 'match' | 'no' | 'bad';

type Chunk = { star: boolean; text: string[]; rest: string[] };

/** Splits a leading run of stars and the text up to the next star that stands outside a character class. */
function nextChunk(pattern: string[]): Chunk {
  let at = 0;
  while (pattern[at] === '*') at++;
  const star = at > 0;
  let inClass = false;
  let end = at;
  for (; end < pattern.length; end++) {
    const c = pattern[end];
    if (c === '\\') end++;
    else if (c === '[') inClass = true;
    else if (c === ']') inClass = false;
    else if (c === '*' && !inClass) break;
  }
  end = Math.min(end, pattern.length);
  return { star, text: pattern.slice(at, end), rest: pattern.slice(end) };
}

/** One bound of a range in a class, or undefined where Go says that the pattern is malformed. */
function classBound(chunk: string[], at: number): { value: number; next: number } | undefined {
  const first = chunk[at];
  if (first === undefined || first === '-' || first === ']') return undefined;
  const escaped = first === '\\';
  const value = escaped ? chunk[at + 1] : first;
  const next = at + (escaped ? 2 : 1);
  // Go wants more text after a bound: the class must still be closed.
  if (value === undefined || next >= chunk.length) return undefined;
  return { value: value.codePointAt(0)!, next };
}

/**
 * Matches a chunk without stars at the front of a name. Gives the number of characters that it took, -1 for no match,
 * or 'bad'; the whole chunk is read either way, so that an error past its first difference is still found.
 */
function matchChunk(chunk: string[], name: string[], from: number): number | 'bad' {
  let failed = false;
  let at = from;
  let i = 0;
  while (i < chunk.length) {
    if (!failed && at >= name.length) failed = true;
    const c = chunk[i]!;
    if (c === '[') {
      const rune = failed ? -1 : name[at++]!.codePointAt(0)!;
      i++;
      const negated = chunk[i] === '^';
      if (negated) i++;
      let hit = false;
      for (let ranges = 0; ; ranges++) {
        if (chunk[i] === ']' && ranges > 0) {
          i++;
          break;
        }
        const low = classBound(chunk, i);
        if (low === undefined) return 'bad';
        let high = low;
        if (chunk[low.next] === '-') {
          const bound = classBound(chunk, low.next + 1);
          if (bound === undefined) return 'bad';
          high = bound;
        }
        if (low.value <= rune && rune <= high.value) hit = true;
        i = high.next;
      }
      if (hit === negated) failed = true;
    } else if (c === '?') {
      if (!failed) {
        if (name[at] === '/') failed = true;
        at++;
      }
      i++;
    } else {
      if (c === '\\') {
        i++;
        if (i >= chunk.length) return 'bad';
      }
      if (!failed) {
        if (chunk[i] !== name[at]) failed = true;
        at++;
      }
      i++;
    }
  }
  return failed ? -1 : at;
}

/**
 * Says whether a shell pattern matches a whole name, by the rules of Go's `path/filepath.Match` on Unix: `*` and `?` do
 * not cross `/`, classes are `[a-z]` and `[^a-z]`, and a backslash escapes. The time is at most the product of the two
 * lengths for each star.
 */
export function matchGlob(pattern: string, name: string): GlobAnswer {
  const text = [...name];
  let rest = [...pattern];
  let at = 0;
  while (rest.length > 0) {
    const chunk = nextChunk(rest);
    rest = chunk.rest;
    if (chunk.star && chunk.text.length === 0) return text.indexOf('/', at) === -1 ? 'match' : 'no';
    let matched = false;
    const limit = chunk.star ? text.length : at;
    for (let start = at; start <= limit; start++) {
      const end = matchChunk(chunk.text, text, start);
      if (end === 'bad') return 'bad';
      if (end !== -1 && (end === text.length || rest.length > 0)) {
        at = end;
        matched = true;
        break;
      }
      if (text[start] === '/') break;
    }
    if (!matched) return 'no';
  }
  return at === text.length ? 'match' : 'no';
}

/** Whether all of a pattern is well formed, which is what Go's `path.Match` holds it to. */
export function isGlob(pattern: string): boolean {
  for (let rest = [...pattern]; rest.length > 0; ) {
    const chunk = nextChunk(rest);
    rest = chunk.rest;
    if (matchChunk(chunk.text, [], 0) === 'bad') return false;
  }
  return true;
}

/** Whether a path holds an unescaped `*`, `?` or `[`, which is what makes BuildKit expand it. */
export function hasWildcard(path: string): boolean {
  for (let at = 0; at < path.length; at++) {
    const c = path[at];
    if (c === '\\') at++;
    else if (c === '*' || c === '?' || c === '[') return true;
  }
  return false;
}
