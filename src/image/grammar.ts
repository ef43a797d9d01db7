import type { Span } from '../text/index.ts';

/**
 * Why a text is no image reference. The four `digest-` reasons mean that the text says which content it wants, in a way
 * that cannot be checked: it is pinned, or meant to be, and must not be pinned again.
 */
export type ReferenceFault =
  | 'empty'
  | 'format'
  | 'uppercase'
  | 'too-long'
  | 'identifier'
  | 'digest-format'
  | 'digest-length'
  | 'digest-uppercase'
  | 'digest-unsupported';

/** The parts of a text under the grammar alone, before Docker's defaults decide what is a registry. */
export interface GrammarMatch {
  /** The first component where it can be a host name: `library` of `library/ubuntu` too. */
  readonly domain: string;
  readonly path: string;
  readonly name: Span;
  readonly tag?: Span;
  readonly digest?: Span;
}

/** The longest repository path, without its domain (distribution/reference, `RepositoryNameTotalLengthMax`). */
export const maxPathLength = 255;
const maxTagLength = 128;
const sha256HexLength = 64;
const minDigestHexLength = 32;

const isDigit = (code: number) => code >= 48 && code <= 57;
const isLower = (code: number) => code >= 97 && code <= 122;
const isUpper = (code: number) => code >= 65 && code <= 90;
const isLetter = (code: number) => isLower(code) || isUpper(code);
const isHex = (code: number) => isDigit(code) || (code >= 97 && code <= 102) || (code >= 65 && code <= 70);
const isLowerHex = (code: number) => isDigit(code) || (code >= 97 && code <= 102);

function every(text: string, start: number, end: number, test: (code: number) => boolean): boolean {
  for (let at = start; at < end; at++) if (!test(text.charCodeAt(at))) return false;
  return true;
}

/** `[a-z0-9]+` joined by one `.`, one or two `_`, or any number of `-`. */
function isPathComponent(text: string, start: number, end: number): boolean {
  let at = start;
  for (;;) {
    const word = at;
    while (at < end && (isLower(text.charCodeAt(at)) || isDigit(text.charCodeAt(at)))) at++;
    if (at === word) return false;
    if (at === end) return true;
    const separator = text[at];
    if (separator === '-') while (text[at] === '-') at++;
    else if (separator === '.') at++;
    else if (separator === '_') at += text[at + 1] === '_' ? 2 : 1;
    else return false;
  }
}

function isPath(text: string, start: number, end: number): boolean {
  for (let at = start; ; ) {
    const slash = text.indexOf('/', at);
    const stop = slash === -1 || slash > end ? end : slash;
    if (!isPathComponent(text, at, stop)) return false;
    if (stop === end) return true;
    at = stop + 1;
  }
}

function isDomainName(text: string, start: number, end: number): boolean {
  let previous = 46; // as if a dot came before: a component starts
  for (let at = start; at < end; at++) {
    const code = text.charCodeAt(at);
    if (code === 46) {
      if (previous === 46 || previous === 45) return false;
    } else if (code === 45) {
      if (previous === 46) return false;
    } else if (!isLetter(code) && !isDigit(code)) return false;
    previous = code;
  }
  return previous !== 46 && previous !== 45;
}

/** Whether a text is a host with an optional port: a DNS name, an IPv4 address, or an IPv6 address in brackets. */
export function isDomain(text: string): boolean {
  let hostEnd = text.length;
  if (text.startsWith('[')) {
    const close = text.indexOf(']');
    if (close < 2 || !every(text, 1, close, (code) => isHex(code) || code === 58)) return false;
    hostEnd = close + 1;
    if (hostEnd === text.length) return true;
    if (text[hostEnd] !== ':') return false;
  } else {
    const colon = text.indexOf(':');
    if (colon !== -1) hostEnd = colon;
    if (!isDomainName(text, 0, hostEnd)) return false;
    if (colon === -1) return true;
  }
  return hostEnd + 1 < text.length && every(text, hostEnd + 1, text.length, isDigit);
}

/** Whether a text is a tag: `\w` first, then up to 127 of `\w`, `.` and `-`. */
export function isTag(text: string): boolean {
  if (text.length === 0 || text.length > maxTagLength || text[0] === '.' || text[0] === '-') return false;
  return every(text, 0, text.length, (c) => isLetter(c) || isDigit(c) || c === 95 || c === 46 || c === 45);
}

/** Whether a text is a sha256 digest as registries write it: `sha256:` and 64 lower-case hexadecimal digits. */
export function isDigest(text: string): boolean {
  return digestFault(text) === undefined;
}

/** Whether a text is a whole image id, which Docker never takes for a repository name: 64 hexadecimal digits. */
export function isIdentifier(text: string): boolean {
  return text.length === sha256HexLength && every(text, 0, text.length, isLowerHex);
}

/** `algorithm:hex` with an algorithm of words joined by one of `-_+.`, and at least 128 bits. */
function isDigestShaped(text: string): boolean {
  const colon = text.indexOf(':');
  if (colon === -1 || text.length - colon - 1 < minDigestHexLength) return false;
  let first = true;
  for (let at = 0; at < colon; at++) {
    const code = text.charCodeAt(at);
    if (first ? !isLetter(code) : !isLetter(code) && !isDigit(code) && !'-_+.'.includes(text[at]!)) return false;
    first = !isLetter(code) && !isDigit(code);
  }
  return !first && every(text, colon + 1, text.length, isHex);
}

/** What is wrong with a digest; undefined when nothing is. Only sha256 can be verified here. */
export function digestFault(text: string): ReferenceFault | undefined {
  if (!isDigestShaped(text)) return text.startsWith('sha256:') ? 'digest-length' : 'digest-format';
  if (!text.startsWith('sha256:')) return 'digest-unsupported';
  if (text.length !== 7 + sha256HexLength) return 'digest-length';
  return every(text, 7, text.length, isLowerHex) ? undefined : 'digest-uppercase';
}

/**
 * Matches a text against the grammar of image references, in one pass: `[domain/]path[:tag][@digest]`
 * (distribution/reference, `regexp.go`).
 * `@` is in no other part, and `:` in the last path component starts the tag, so that nothing needs a second try.
 */
export function matchGrammar(text: string): GrammarMatch | ReferenceFault {
  if (text === '') return 'empty';
  const at = text.indexOf('@');
  const digestText = at === -1 ? '' : text.slice(at + 1);
  const nameAndTag = at === -1 ? text : text.slice(0, at);
  const colon = nameAndTag.indexOf(':', nameAndTag.lastIndexOf('/') + 1);
  const nameEnd = colon === -1 ? nameAndTag.length : colon;
  if (colon !== -1 && !isTag(nameAndTag.slice(colon + 1))) return 'format';

  const slash = text.indexOf('/');
  const first = slash === -1 || slash > nameEnd ? '' : text.slice(0, slash);
  const domain = first !== '' && isDomain(first) ? first : '';
  const pathStart = domain === '' ? 0 : slash + 1;
  if (!isPath(text, pathStart, nameEnd)) {
    const lower = text.slice(pathStart, nameEnd).toLowerCase();
    return isPath(lower, 0, lower.length) ? 'uppercase' : 'format';
  }
  if (nameEnd - pathStart > maxPathLength) return 'too-long';
  const fault = at === -1 ? undefined : digestFault(digestText);
  if (fault !== undefined) return fault;
  return {
    domain,
    path: text.slice(pathStart, nameEnd),
    name: { start: 0, end: nameEnd },
    ...(colon !== -1 && { tag: { start: colon + 1, end: nameAndTag.length } }),
    ...(at !== -1 && { digest: { start: at + 1, end: text.length } }),
  };
}
