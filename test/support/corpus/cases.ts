import { createHash } from 'node:crypto';
import { tableFacts } from '../../../src/engine/index.ts';
import type { ContextEntry, Facts } from '../../../src/transform/index.ts';
import { corpusArchive, sharedText } from '../shared.ts';
import { corpusContext } from './contexts.ts';

/** One file of the corpus with what is known beside it. */
export interface CorpusCase {
  /** `owner+repository/path`. */
  readonly path: string;
  readonly source: string;
  /** The files of its build context as the corpus lists them; undefined where it does not. */
  readonly context: readonly string[] | undefined;
  /** The folder of that context in the corpus, and whether it is the root of a repository. */
  readonly folder?: string;
  readonly isRoot?: boolean;
}

/** The corpus cuts longer listings, so that an absent path says nothing there. */
export const longestListing = 2000;

/** Every Dockerfile of the corpus, templates included, with the listing of its build context. */
export function corpusCases(): CorpusCase[] {
  const files = corpusArchive();
  const [header, ...rows] = sharedText('corpus/MANIFEST.tsv').trimEnd().split('\n');
  const columns = header!.split('\t');
  return rows.map((row) => {
    const cells = row.split('\t');
    const cell = (name: string): string => cells[columns.indexOf(name)]!;
    const repository = cell('repo').replace('/', '+');
    const path = `${repository}/${cell('path')}`;
    const root = cell('context_guess') === '.' ? repository : `${repository}/${cell('context_guess')}`;
    const listing = files.get(`${root}/context.txt`)?.toString('utf8').trimEnd().split('\n');
    const isRoot = root === repository;
    return { path, source: files.get(path)!.toString('utf8'), context: listing, folder: root, isRoot };
  });
}

/** Names that `ADD` might unpack; the corpus has no contents to tell by. */
const archiveName = /\.(?:tar|tar\.[a-z0-9]+|tgz|tbz2?|txz|tzst|zip|gz|bz2|xz|zst)$/i;

/**
 * Facts for a corpus file: images by the table, source patterns by the listing, and digests and versions made up, the
 * same for the same reference.
 */
export function corpusFacts(each: CorpusCase): Facts {
  const known = each.context && listingOf(each.context);
  const digest = (reference: string): string => `sha256:${createHash('sha256').update(reference).digest('hex')}`;
  return {
    ...tableFacts,
    digest: (reference) => ({ digest: digest(reference), kind: 'index' }),
    version: () => ({ tag: '1.2.3' }),
    context: () => corpusContext(each),
    source(pattern) {
      if (!known) return { unavailable: 'no listing' };
      const entries = known.matching(pattern);
      if (entries.length === 0 && known.isCut) return { unavailable: 'the listing is cut' };
      return { entries };
    },
  };
}

interface Listing {
  readonly isCut: boolean;
  matching(pattern: string): ContextEntry[];
}

const listings = new WeakMap<readonly string[], Listing>();

function listingOf(paths: readonly string[]): Listing {
  const listing = listings.get(paths) ?? readListing(paths);
  listings.set(paths, listing);
  return listing;
}

function readListing(paths: readonly string[]): Listing {
  const kinds = new Map<string, ContextEntry['kind']>([['.', 'directory']]);
  for (const path of paths) {
    const parts = path.split('/');
    for (let depth = 1; depth < parts.length; depth++) kinds.set(parts.slice(0, depth).join('/'), 'directory');
    kinds.set(path, archiveName.test(path) ? 'archive' : 'file');
  }
  return {
    isCut: paths.length >= longestListing,
    matching(pattern) {
      const clean = pattern.split('/').filter((part) => part !== '' && part !== '.');
      const wanted = clean.length === 0 ? '.' : clean.join('/');
      if (!/[*?[\\]/.test(wanted)) {
        const kind = kinds.get(wanted);
        return kind ? [{ path: wanted, kind }] : [];
      }
      const expression = globExpression(wanted);
      return [...kinds].filter(([path]) => expression.test(path)).map(([path, kind]) => ({ path, kind }));
    },
  };
}

/** Go's filepath.Match: `*` and `?` stop at a slash. */
function globExpression(pattern: string): RegExp {
  const source = pattern.replace(/\\(.)|\[([^\]]*)\]|[*?.+^${}()|\]]/gs, (piece, escaped: string, set: string) => {
    if (escaped !== undefined) return escaped.replace(/[*?.+^${}()|[\]\\]/, '\\$&');
    if (set !== undefined) return `[${set.replaceAll('\\', '\\\\')}]`;
    return piece === '*' ? '[^/]*' : piece === '?' ? '[^/]' : `\\${piece}`;
  });
  try {
    return new RegExp(`^${source}$`, 's');
  } catch {
    return /^$(?!)/;
  }
}
