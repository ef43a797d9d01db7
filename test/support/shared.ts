import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { gunzipSync } from 'node:zlib';

/** The folder of third-party test data, which is no part of the project; undefined where it is not present. */
export const shared: string | undefined = [process.env.DOCKMEND_SHARED ?? '../shared']
  .map((path) => resolve(path))
  .find((path) => existsSync(path));

/** Why a suite over that data did not run. */
export const sharedMissing = shared ? '' : ' (skipped: no test data, set DOCKMEND_SHARED)';

export function sharedText(path: string): string {
  return readFileSync(`${shared}/${path}`, 'utf8');
}

export function sharedGzip(path: string): Buffer {
  return gunzipSync(readFileSync(`${shared}/${path}`));
}

export interface CorpusFile {
  /** `owner+repository/path`. */
  readonly path: string;
  readonly source: string;
  /** What the manifest says that it is: `dockerfile` or `template`. */
  readonly kind: string;
}

/** Every file of the corpus archive as text, by path; read once a process. */
export function corpusArchive(): Map<string, Buffer> {
  archive ??= untar(sharedGzip('corpus/dockerfiles.tar.gz'));
  return archive;
}
let archive: Map<string, Buffer> | undefined;

function untar(tar: Buffer): Map<string, Buffer> {
  const files = new Map<string, Buffer>();
  let longName: string | undefined;
  for (let at = 0; at + 512 <= tar.length; ) {
    const text = (from: number, length: number): string =>
      tar
        .subarray(at + from, at + from + length)
        .toString('utf8')
        .replace(/\0[\s\S]*$/, '');
    const size = Number.parseInt(text(124, 12).trim() || '0', 8);
    const type = text(156, 1);
    const prefix = text(345, 155);
    const name = longName ?? (prefix ? `${prefix}/${text(0, 100)}` : text(0, 100));
    const body = tar.subarray(at + 512, at + 512 + size);
    longName = undefined;
    if (type === 'L') longName = body.toString('utf8').replace(/\0+$/, '');
    else if (type === 'x') longName = /\d+ path=([^\n]*)\n/.exec(body.toString('utf8'))?.[1];
    else if (type === '0' || type === '') if (name) files.set(name.replace(/^corpus\//, ''), body);
    at += 512 + Math.ceil(size / 512) * 512;
  }
  return files;
}

/** The Dockerfiles of the corpus, by its manifest, templates included. */
export function corpusFiles(): CorpusFile[] {
  const files = corpusArchive();
  const [header, ...rows] = sharedText('corpus/MANIFEST.tsv').trimEnd().split('\n');
  const columns = header!.split('\t');
  return rows.map((row) => {
    const cells = row.split('\t');
    const path = `${cells[columns.indexOf('repo')]!.replace('/', '+')}/${cells[columns.indexOf('path')]}`;
    const source = files.get(path);
    if (!source) throw new Error(`the archive has no ${path}`);
    return { path, source: source.toString('utf8'), kind: cells[columns.indexOf('kind')]! };
  });
}
