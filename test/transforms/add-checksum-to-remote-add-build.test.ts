import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { fixBatch, noPorts } from '../../src/engine/index.ts';
import type { Download } from '../../src/transform/index.ts';
import { addChecksumToRemoteAdd } from '../../transforms/add-checksum-to-remote-add.ts';
import { Buildkit, buildkitMissing, hasBuildkit } from '../support/buildkit.ts';
import { temporaryFolder } from '../support/parts.ts';
import { clientOf } from '../support/registry-client.ts';
import { TestServer } from '../support/registry-fake.ts';

describe.skipIf(!hasBuildkit)(`checksums in real builds${buildkitMissing}`, () => {
  const buildkit = new Buildkit();
  const folder = temporaryFolder();
  let server: TestServer;
  let content = 'first';

  beforeAll(async () => {
    server = await TestServer.start((_, response) => response.end(content));
    await buildkit.start();
  }, 30_000);
  afterAll(async () => {
    await buildkit.stop();
    await server.stop();
    folder.remove();
  });

  test('the build holds while the content does, and stops when it changes', async () => {
    const client = clientOf({ insecure: [server.host] });
    const downloads = async (urls: readonly string[]): Promise<Map<string, Download>> =>
      new Map(await Promise.all(urls.map(async (url) => [url, await client.download(url)] as const)));
    const source = `FROM scratch\nADD --chmod=644 ${server.url}/tool-1.0 /tool\n`;
    const options = { transforms: [addChecksumToRemoteAdd], choice: { safety: 'unsafe' } } as const;
    const [fixed] = await fixBatch([{ path: 'Dockerfile', source }], options, { ...noPorts, downloads });
    await client.close();
    if (!fixed || !('result' in fixed)) throw new Error('no result');
    const { output } = fixed.result;
    expect(output).toContain('ADD --checksum=sha256:');
    const out = join(folder.path, 'out');
    const built = await buildkit.build(output, {}, out);
    expect(built.log, built.log).not.toMatch(/error/i);
    expect(built.ok).toBe(true);
    expect(readFileSync(join(out, 'tool'), 'utf8')).toBe('first');

    content = 'second';
    // Another address, as BuildKit asks no server for what it has by its checksum.
    const again = await buildkit.build(output.replace('tool-1.0', 'tool-1.0-again'), {});
    expect(again.ok).toBe(false);
    expect(again.log).toMatch(/digest mismatch/);
  }, 60_000);
});
