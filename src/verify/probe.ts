import { createHash } from 'node:crypto';
import { BuildError } from './errors.ts';
import type { Redact } from './redact.ts';

/** Where a probe asks. */
export interface HttpProbe {
  readonly port: number;
  readonly url: (port: number) => string;
}

/** Reads `http://:8080/health`; a host other than the container itself makes no sense. Throws BuildError. */
export function httpProbe(text: string): HttpProbe {
  let url: URL | undefined;
  try {
    url = new URL(text.replace(/^(https?:\/\/):/, '$1127.0.0.1:'));
  } catch {
    url = undefined;
  }
  const isLocal = url && /^(?:localhost|127\.0\.0\.1|\[::1\]|0\.0\.0\.0)$/.test(url.hostname);
  if (!url || !isLocal || !/^https?:$/.test(url.protocol)) {
    throw new BuildError('unsupported', `--probe takes an address of the container, as http://:8080/health: ${text}`);
  }
  const { protocol, pathname, search } = url;
  const port = Number(url.port || (protocol === 'https:' ? 443 : 80));
  return { port, url: (at) => `${protocol}//127.0.0.1:${at}${pathname}${search}` };
}

/** What a server answered. */
export interface Answer {
  readonly status: number;
  readonly type: string;
  readonly location: string;
  /** SHA-256 of the body's bytes, without what differs from run to run. */
  readonly body: string;
  /** The first of the body, without what differs from run to run. */
  readonly text: string;
  /** The beginning of the body, for people. */
  readonly beginning: string;
  /** It had no end, so that its head alone was compared. */
  readonly isEndless?: boolean;
}

/** How much of a body is read for what differs from run to run, in bytes; of the rest, its hash counts. */
const readBody = 1_000_000;
/** How long an answer may take, in milliseconds: one without an end, as of events, is told by its head. */
const longestAnswer = 10_000;

/** A program for this Node that asks once, prints what was answered as JSON, and fails where nothing was. */
export const askScript = `
const url = process.argv[1];
const { request } = require(url.startsWith('https:') ? 'node:https' : 'node:http');
const rest = require('node:crypto').createHash('sha256');
const asked = request(url, { rejectUnauthorized: false, timeout: 5000, headers: { host: 'localhost' } }, (answer) => {
  let body = '';
  const { 'content-type': type = '', location = '' } = answer.headers;
  const tell = (more) => {
    const found = { status: answer.statusCode, type, location, ...more };
    process.stdout.write(JSON.stringify(found), () => process.exit(0));
  };
  answer.setEncoding('latin1');
  answer.on('data', (piece) => {
    const left = ${readBody} - body.length;
    body += piece.slice(0, left);
    rest.update(piece.slice(left), 'latin1');
  });
  answer.on('end', () => tell({ body, rest: rest.digest('hex') }));
  setTimeout(() => tell({ body: '', rest: 'endless' }), ${longestAnswer});
});
asked.on('timeout', () => asked.destroy(new Error('timeout')));
asked.on('error', () => process.exit(1));
asked.end();
`;

/** Reads what the program printed, with secrets hidden; undefined where there was no answer. */
export function readAnswer(stdout: string, redact: Redact): Answer | undefined {
  try {
    const { status, type, location, body, rest } = JSON.parse(stdout) as Record<
      'type' | 'location' | 'body' | 'rest',
      string
    > & {
      status: number;
    };
    const plain = withoutVariance(redact(body));
    const hash = createHash('sha256')
      .update(plain)
      .update(rest ?? '')
      .digest('hex');
    // Names of types and character sets have no case (RFC 9110, section 8.3).
    return {
      status,
      type: redact(type)
        .toLowerCase()
        .replace(/\s*;\s*/g, '; '),
      location: withoutVariance(redact(location)),
      body: hash,
      text: plain,
      ...(rest === 'endless' && { isEndless: true }),
      beginning: Buffer.from(plain.slice(0, 200), 'latin1').toString('utf8'),
    };
  } catch {
    return undefined;
  }
}

/** What differs from one run of the same program to the next: times, durations, process ids, ids and addresses. */
const variance: readonly (readonly [RegExp, string])[] = [
  [/\b\d{4}[-/]\d{2}[-/]\d{2}[T ]\d{2}:\d{2}:\d{2}(?:[.,]\d+)?(?:Z| ?[+-]\d{2}:?\d{2})?/g, '<time>'],
  [/\b\d{1,2}\/[A-Z][a-z]{2}\/\d{4}(?::\d{2}){3}(?: [+-]\d{4})?/g, '<time>'],
  [/\b(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun),? [\w ,]{0,24}\d{2}:\d{2}:\d{2}(?: \w+)?(?: \d{4})?/g, '<time>'],
  [/\b\d{4}[-/]\d{2}[-/]\d{2}\b/g, '<date>'],
  [/\b\d{2}:\d{2}:\d{2}(?:[.,]\d+)?\b/g, '<time>'],
  [/\b1[6-9]\d{8}(?:\d{3})?(?:\.\d+)?\b/g, '<time>'],
  [/\b\d+(?:\.\d+)? ?(?:ms|Â?µs|us|ns|s|sec|secs|seconds|milliseconds|MB|MiB|KB|KiB)\b/g, '<amount>'],
  [/\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b/gi, '<id>'],
  [/\b0x[0-9a-f]+\b/gi, '<address>'],
  [/\b[0-9a-f]{12,}\b/gi, '<id>'],
  [/\b(pid|process|PID)([ =:#[(]+)\d+/g, '$1$2<number>'],
  [/\[\d+\]/g, '[<number>]'],
];

/** A text without what differs from one run to the next. */
export function withoutVariance(text: string): string {
  return variance.reduce((left, [pattern, instead]) => left.replace(pattern, instead), text);
}

/** Splits a command as a shell would, without expanding anything. Throws BuildError where a quote is not closed. */
export function commandWords(text: string): string[] {
  const words: string[] = [];
  const token = /\s*((?:'[^']*'|"(?:\\.|[^"\\])*"|\\.|[^\s'"\\])+)/gy;
  let end = 0;
  for (let match = token.exec(text); match; match = token.exec(text)) {
    words.push(
      match[1]!.replace(
        /'([^']*)'|"((?:\\.|[^"\\])*)"|\\(.)/g,
        (_, single?: string, double?: string, escaped?: string) =>
          single ?? double?.replace(/\\(["\\$`])/g, '$1') ?? escaped!,
      ),
    );
    end = token.lastIndex;
  }
  if (words.length === 0 || text.slice(end).trim() !== '') {
    throw new BuildError('unsupported', `--probe-cmd takes a command, and quotes are closed: ${text}`);
  }
  return words;
}
