import { BuildError, type BuildErrorKind } from './errors.ts';

/** How many lines of a failed step are shown. */
const shownLines = 8;
const longestLine = 300;

/** Takes secrets out of text: each value is replaced wherever it stands. */
export type Redact = (text: string) => string;

/** What stands in the place of a secret. */
export const hidden = '***';

/** Values too short to be secrets would black out half of a log. */
const shortestSecret = 4;

export function redactor(values: readonly string[]): Redact {
  const secrets = [...new Set(values.flatMap(formsOf))].filter((value) => value.length >= shortestSecret);
  secrets.sort((a, b) => b.length - a.length);
  return (text) => secrets.reduce((left, secret) => left.replaceAll(secret, hidden), text);
}

/** A secret as programs print it: itself, its lines, the password within a URL, and all of these encoded. */
function formsOf(value: string): string[] {
  const plain = [value, ...value.split(/\r?\n/), ...passwordsOf(value)].map((each) => each.trim());
  return plain
    .filter((each) => each.length >= shortestSecret)
    .flatMap((each) => [
      each,
      JSON.stringify(each).slice(1, -1),
      each.replace(/[&<>"']/g, (sign) => entities[sign]!),
      encoded(each),
      Buffer.from(each).toString('base64'),
    ]);
}

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

function passwordsOf(value: string): string[] {
  const password = /^[a-z][a-z0-9+.-]*:\/\/[^/?#\s]*?:([^/?#\s]*)@/i.exec(value)?.[1];
  if (password === undefined) return [];
  try {
    return [password, decodeURIComponent(password)];
  } catch {
    return [password];
  }
}

function encoded(value: string): string {
  try {
    return encodeURIComponent(value);
  } catch {
    // Half of a character, which no environment holds.
    return value;
  }
}

/**
 * What builders print when the fault is not the Dockerfile's, by kind; the first that matches counts. Taken from what
 * Docker 20.10 and 28, BuildKit 0.21, podman 4.3 and buildah 1.28 print, from Go's net and syscall packages, and from
 * apt, curl, npm, pip and git (November 2026).
 */
const faults: readonly (readonly [BuildErrorKind, RegExp])[] = [
  [
    'disk',
    /no space left on (?:the )?device|\bENOSPC\b|\bEDQUOT\b|disk quota exceeded|not enough space on|(?:not|n't have) enough (?:free|disk) space|insufficient disk space|disk is full/i,
  ],
  [
    'builder',
    /cannot connect to the docker daemon|error during connect|is the docker daemon running|transport is closing|error reading from server|failed to (?:get|receive) status: rpc error: code = (?:Unavailable|Canceled)|code = Unavailable desc|unexpected EOF$|connection reset by peer$|permission denied while trying to connect|no builder .* found|dial unix/im,
  ],
  [
    'network',
    /temporary failure in name resolution|temporary failure resolving|could not resolve (?:host|proxy)|server misbehaving|no such host|i\/o timeout|tls handshake timeout|network is unreachable|no route to host|getaddrinfo (?:EAI_AGAIN|ENOTFOUND)|connection timed out|unable to connect to [^\s]+:http|failed to fetch .* could not connect|name or service not known|bad address '/i,
  ],
];

/**
 * What programs print that cannot write and do not say why (BusyBox's `head`, curl's exit 23, wget), or that the kernel
 * killed: for want of memory (137), or of a disk behind a mapped file (135).
 */
const doubtful =
  /i\/o error|input\/output error|\bEIO\b|write error|(?:error|failure|failed) writing|cannot write to|cannot allocate memory|out of memory|\bENOMEM\b|bus error|\bkilled\b|exit code: 13[57]\b|exit status 13[57]\b/i;
/** A reason that a program knows. */
const reason = /permission denied|not permitted|read-only|no such file|is a directory|not a directory|broken pipe/i;

/** Whether programs say that a disk is full. */
export function saysFull(text: string): boolean {
  return faults[0]![1].test(text);
}

/**
 * Says whose fault a failed build is, and shows the last lines of the step that failed. The disk is the one that the
 * builder fills, as a message names it.
 */
export function buildFailure(output: string, redact: Redact, disk: string): BuildError {
  const text = redact(output);
  const kind = faults.find(([, pattern]) => pattern.test(text))?.[0] ?? 'failed';
  const messages: Partial<Record<BuildErrorKind, string>> = {
    disk: `${disk} is full`,
    builder: 'the builder does not answer',
    network: 'the build needs something that could not be fetched',
  };
  const lines = failedStep(text);
  const isDoubtful = kind === 'failed' && lines.some((line) => doubtful.test(line) && !reason.test(line));
  return new BuildError(kind, messages[kind] ?? 'the build fails', lines, isDoubtful);
}

/** Says why an image cannot be had out of a builder that has built it: no fault of what was built. */
export function saveFailure(output: string, redact: Redact, disk: string): BuildError {
  const error = buildFailure(output, redact, disk);
  if (error.kind !== 'failed') return error;
  return new BuildError('unreadable', 'the builder does not give out the image that it has built', error.log);
}

/** The last lines of the step that failed, as its commands printed them. */
export function failedStep(output: string): string[] {
  const lines = output.split(/\r?\n/).map((line) => line.trimEnd());
  const title = lines.findLast((line) => /^STEP \d+/.test(line));
  const rest = lines.filter((line) => line !== '' && !/^(?:STEP \d+|-->)/.test(line));
  return buildkitStep(lines) ?? [...(title === undefined ? [] : [cut(title)]), ...last(rest)];
}

/** BuildKit's plain progress marks each line with the number of its step: `#7 0.312 text`, and `#7 ERROR: why`. */
function buildkitStep(lines: readonly string[]): string[] | undefined {
  const failed = lines.map((line) => /^#(\d+) ERROR:? ?(.*)$/.exec(line)).find((match) => match);
  if (!failed) {
    const only = lines.filter((line) => /^(?:ERROR|error): |failed to solve/.test(line));
    return only.length > 0 ? last(only) : undefined;
  }
  const [, number, why] = failed;
  const own = lines.filter((line) => line.startsWith(`#${number} `)).map((line) => line.slice(number!.length + 2));
  const title = own.find((line) => line.startsWith('['));
  const printed = own
    .filter((line) => !/^(?:\[|ERROR|sha256:|CANCELED|DONE|\.\.\.|extracting|resolve )/.test(line))
    .map((line) => line.replace(/^\d+\.\d+ ?/, ''))
    .filter((line) => line !== '');
  return [...(title ? [cut(title)] : []), ...last(printed), cut(why!)];
}

function last(lines: readonly string[]): string[] {
  return lines.slice(-shownLines).map(cut);
}

function cut(line: string): string {
  return line.length > longestLine ? `${line.slice(0, longestLine)}...` : line;
}
