import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';

/** The folder of test data outside the project. */
export const shared = resolve(
  fileURLToPath(new URL('../..', import.meta.url)),
  process.env.DOCKMEND_SHARED ?? '../shared',
);

export const hasShared = existsSync(resolve(shared, 'vectors'));

/** The objects of a gzip-compressed file of JSON lines. */
export function readJsonLines<T>(name: string): T[] {
  const text = gunzipSync(readFileSync(resolve(shared, name))).toString('utf8');
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as T);
}

/** The files of a gzip-compressed tar file, by name. */
export function readTarGz(name: string): Map<string, string> {
  const bytes = gunzipSync(readFileSync(resolve(shared, name)));
  const files = new Map<string, string>();
  let longName: string | undefined;
  for (let at = 0; at + 512 <= bytes.length && bytes[at] !== 0; ) {
    const field = (from: number, length: number) =>
      bytes.toString('utf8', at + from, at + from + length).split('\0', 1)[0]!;
    const size = Number.parseInt(field(124, 12), 8);
    const type = String.fromCharCode(bytes[at + 156]!);
    const body = bytes.toString('utf8', at + 512, at + 512 + size);
    if (type === 'L') longName = body.replace(/\0$/, '');
    else {
      const prefix = field(257, 5) === 'ustar' && field(345, 155) !== '' ? `${field(345, 155)}/` : '';
      if (type === '0') files.set(longName ?? prefix + field(0, 100), body);
      longName = undefined;
    }
    at += 512 + Math.ceil(size / 512) * 512;
  }
  return files;
}

/** One Dockerfile of the corpus. */
export interface CorpusFile {
  readonly repository: string;
  readonly path: string;
  readonly text: string;
  readonly kind: string;
  readonly contextGuess: string;
  /** How many of its sources were found in the guessed context, and how many there are. */
  readonly found: string;
  /** What lies in its directory. */
  readonly listing: readonly string[];
}

/** The Dockerfiles of the corpus with what is known of each. */
export function readCorpus(): CorpusFile[] {
  const files = readTarGz('corpus/dockerfiles.tar.gz');
  const [head, ...rows] = readFileSync(resolve(shared, 'corpus/MANIFEST.tsv'), 'utf8').trim().split('\n');
  const columns = head!.split('\t');
  return rows.map((row) => {
    const cells = row.split('\t');
    const cell = (name: string) => cells[columns.indexOf(name)]!;
    const folder = `corpus/${cell('repo').replace('/', '+')}`;
    const directory = `${folder}/${cell('path')}`.replace(/\/[^/]*$/, '');
    return {
      repository: cell('repo'),
      path: cell('path'),
      text: files.get(`${folder}/${cell('path')}`) ?? '',
      kind: cell('kind'),
      contextGuess: cell('context_guess') === '.' ? '' : cell('context_guess'),
      found: cell('copy_src_found'),
      listing: (files.get(`${directory}/context.txt`) ?? '').split('\n').filter((line) => line !== ''),
    };
  });
}
