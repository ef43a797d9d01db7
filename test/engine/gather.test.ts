import { describe, expect, test } from 'vitest';
import { fixBatch, noPorts, type Ports, tableFacts } from '../../src/engine/index.ts';
import { transforms } from '../../transforms/index.ts';

const digest = { digest: `sha256:${'a'.repeat(64)}`, kind: 'index' as const };
const job = (path: string, ...lines: string[]) => ({ path, source: `${lines.join('\n')}\n` });
const only = (...ids: string[]) => transforms.filter((each) => ids.includes(each.id));

/** Ports that note what they are asked, and answer as they are told. */
function ports(given: Partial<Ports> = {}): { asked: string[]; ports: Ports } {
  const asked: string[] = [];
  const answer = <K extends 'images' | 'digests' | 'versions'>(kind: K, fallback: Ports[K]): Ports[K] =>
    (async (references: readonly string[], whole?: ReadonlySet<string>) => {
      for (const each of references) asked.push(`${kind} ${each}${whole?.has(each) ? ' with files' : ''}`);
      return (given[kind] ?? fallback)(references, whole ?? new Set());
    }) as Ports[K];
  const all: Ports = {
    ...noPorts,
    images: answer('images', async (references) => new Map(references.map((each) => [each, tableFacts.image(each)]))),
    digests: answer('digests', async (references) => new Map(references.map((each) => [each, digest]))),
    versions: answer('versions', async () => new Map()),
    sources: given.sources ?? (async () => new Map()),
  };
  return { asked, ports: all };
}

describe('a batch', () => {
  test('asks each question once for all of its files', async () => {
    const { asked, ports: all } = ports();
    const jobs = ['a', 'b', 'c'].map((path) => job(path, 'FROM x:1', 'FROM y:1', 'FROM scratch'));
    const results = await fixBatch(jobs, { transforms: only('pin-image-digest', 'use-absolute-workdir') }, all);
    const pinned = [`images x:1@${digest.digest}`, `images y:1@${digest.digest}`];
    expect(asked.sort()).toEqual(['digests x:1', 'digests y:1', 'images x:1', 'images y:1', ...pinned].sort());
    expect(results.map((each) => each.path)).toEqual(['a', 'b', 'c']);
    expect(results.every((each) => 'result' in each && each.result.applied.length === 2)).toBe(true);
  });

  test('a file goes on while another waits for an answer', async () => {
    let release = (): void => undefined;
    const gone: string[] = [];
    const { ports: all } = ports({
      digests: async ([reference]) => {
        if (reference === 'slow:1') await new Promise<void>((resolve) => (release = resolve));
        return new Map([[reference!, digest]]);
      },
      images: async ([reference]) => {
        gone.push(reference!);
        // The second pass of the quick file, which comes only after its first one, lets the slow one go.
        if (reference === `quick:1@${digest.digest}`) release();
        return new Map();
      },
    });
    const jobs = [job('slow', 'FROM slow:1'), job('quick', 'FROM quick:1')];
    const results = await fixBatch(jobs, { transforms: only('pin-image-digest', 'use-absolute-workdir') }, all);
    expect(results.every((each) => 'result' in each && each.result.applied.length === 1)).toBe(true);
    expect(gone).toContain(`quick:1@${digest.digest}`);
  });

  test('the files of an image are asked for where a transform wants them', async () => {
    const { asked, ports: all } = ports();
    const pipe = 'RUN curl x | tar x';
    const jobs = [
      job('a', 'FROM x:1', pipe),
      job('b', 'FROM x:1', 'RUN make || true'),
      job('c', 'FROM y:1', 'SHELL ["/bin/bash", "-c"]', pipe),
      job('d', 'FROM scratch', pipe),
    ];
    await fixBatch(jobs, { transforms: only('set-pipefail'), choice: { safety: 'unsafe' } }, all);
    expect(asked.sort()).toEqual(['images x:1', 'images x:1 with files', 'images y:1']);
  });

  test('an error of a port is an error of the files that asked', async () => {
    const { ports: all } = ports({
      digests: async ([reference]) => {
        if (reference === 'bad:1') throw new Error('boom');
        return new Map([[reference!, digest]]);
      },
    });
    const jobs = [job('a', 'FROM bad:1'), job('b', 'FROM good:1'), job('c', 'FROM bad:1')];
    const results = await fixBatch(jobs, { transforms: only('pin-image-digest') }, all);
    expect(results.map((each) => 'error' in each)).toEqual([true, false, true]);
  });
});
