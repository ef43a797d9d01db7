import { BuildError, type BuildErrorKind } from './errors.ts';
import { plainText, type Redact } from './redact.ts';

/** How many lines of a failed step are shown. */
const shownLines = 8;
const longestLine = 300;

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
    /temporary failure in name resolution|temporary failure resolving|could not resolve (?:host|proxy)|server misbehaving|no such host|i\/o timeout|tls handshake timeout|network is unreachable|no route to host|getaddrinfo (?:EAI_AGAIN|ENOTFOUND)|connection timed out|unable to connect to [^\s]+:http|failed to fetch .* could not connect|name or service not known|bad address '|\b(?:ECONNRESET|ECONNREFUSED|ETIMEDOUT|EHOSTUNREACH)\b|socket hang up|connection (?:was )?reset|connection refused|read timed out|remote end closed connection|\b(?:429 Too Many Requests|502 Bad Gateway|503 Service (?:Temporarily )?Unavailable|504 Gateway Time-?out)\b|hash sum mismatch/i,
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
  const kind = kindOf(text);
  const messages: Partial<Record<BuildErrorKind, string>> = {
    disk: `${disk} is full`,
    builder: 'the builder does not answer',
    network: 'the build needs something that could not be fetched',
  };
  const lines = failedStep(text).map((line) => redact(plainText(line)));
  const isDoubtful = kind === 'failed' && lines.some((line) => doubtful.test(line) && !reason.test(line));
  return new BuildError(kind, messages[kind] ?? 'the build fails', lines, isDoubtful);
}

/** By what the step that failed printed, as its command may hold any words, and other steps may have got over theirs. */
function kindOf(text: string): BuildErrorKind {
  const step = stepOf(text.split(/\r?\n/));
  const printed = (step ? [...step.printed, step.why] : text.split('\n').filter((line) => !/^STEP \d+/.test(line)))
    .join('\n')
    .replace(/(?:process|executor failed running|at STEP) ["[].*["\]]/g, '');
  // A program that ran had a builder; what it could not reach is something else.
  const hasRun = /did not complete successfully: exit code|executor failed running/.test(step?.why ?? '');
  return faults.find(([kind, pattern]) => !(hasRun && kind === 'builder') && pattern.test(printed))?.[0] ?? 'failed';
}

/** Says why an image cannot be had out of a builder that has built it: no fault of what was built. */
export function saveFailure(output: string, redact: Redact, disk: string): BuildError {
  const error = buildFailure(output, redact, disk);
  if (error.kind !== 'failed') return error;
  return new BuildError('unreadable', 'the builder does not give out the image that it has built', error.log);
}

/** What BuildKit's plain progress says of a step beside what it prints. */
const bookkeeping = /^#\d+ (?:sha256:\S+|CACHED|DONE [\d.]+s|\.\.\.)/;
/** What podman and buildah say of the machine beside it. */
const warning = /^time="[^"]*" level=(?:debug|info|warning) /;

/** The last lines of the step that failed, as its commands printed them. */
export function failedStep(output: string): string[] {
  const lines = output.split(/\r?\n/).map((line) => line.trimEnd());
  const title = lines.findLast((line) => /^STEP \d+/.test(line));
  const besides = [/^$/, /^(?:STEP \d+|-->)/, bookkeeping, warning];
  const rest = lines.filter((line) => !besides.some((each) => each.test(line)));
  return buildkitStep(lines) ?? [...(title === undefined ? [] : [cut(title)]), ...last(rest)];
}

interface Step {
  readonly title: string | undefined;
  readonly printed: readonly string[];
  readonly why: string;
}

/** BuildKit's plain progress marks each line with the number of its step: `#7 0.312 text`, and `#7 ERROR: why`. */
function stepOf(lines: readonly string[]): Step | undefined {
  const failed = lines.map((line) => /^#(\d+) ERROR:? ?(.*)$/.exec(line)).find((match) => match);
  if (!failed) return undefined;
  const [, number, why = ''] = failed;
  const own = lines.filter((line) => line.startsWith(`#${number} `)).map((line) => line.slice(number!.length + 2));
  const printed = own
    .filter((line) => !/^(?:\[|ERROR|sha256:|CANCELED|DONE|\.\.\.|extracting|resolve )/.test(line))
    .map((line) => line.replace(/^\d+\.\d+ ?/, ''))
    .filter((line) => line !== '');
  return { title: own.find((line) => line.startsWith('[')), printed, why };
}

function buildkitStep(lines: readonly string[]): string[] | undefined {
  const step = stepOf(lines);
  if (step) return [...(step.title === undefined ? [] : [cut(step.title)]), ...last(step.printed), cut(step.why)];
  const only = lines.filter((line) => /^(?:ERROR|error): |failed to solve/.test(line));
  return only.length > 0 ? last(only) : undefined;
}

function last(lines: readonly string[]): string[] {
  return lines.slice(-shownLines).map(cut);
}

function cut(line: string): string {
  return line.length > longestLine ? `${line.slice(0, longestLine)}...` : line;
}
