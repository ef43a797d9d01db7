import { RegistryPort } from '../../../bin/registry-port.ts';
import { fixBatch, noPorts } from '../../../src/engine/index.ts';
import { transforms } from '../../../transforms/index.ts';
import { FakeRegistry } from '../registry-fake.ts';
import { imageOf, indexOf } from '../registry-images.ts';
import { rounded } from './measure.ts';

const latency = 50;
const references = 200;
const files = 2000;
const requestsPerHost = 4;

/** 200 references in 2,000 files against registries that answer after 50 ms, beside the ideal: latency x rounds. */
export async function benchRegistry(): Promise<object> {
  return { references, files, latency, oneHost: await run(1), tenHosts: await run(10) };
}

async function run(hosts: number): Promise<object> {
  const registries = await Promise.all(Array.from({ length: hosts }, () => FakeRegistry.start()));
  try {
    const image = indexOf([imageOf({})]);
    for (const registry of registries) {
      registry.hook = () => new Promise((resolve) => setTimeout(() => resolve(false), latency));
    }
    const names = Array.from({ length: references }, (_, index) => {
      const registry = registries[index % hosts]!;
      registry.add(`app${index}`, ['1'], image);
      return `${registry.host}/app${index}:1`;
    });
    const jobs = Array.from({ length: files }, (_, index) => ({
      path: `${index}/Dockerfile`,
      source: `FROM ${names[index % references]}\nCMD ["app"]\n`,
    }));
    const port = new RegistryPort({
      offline: false,
      registries: { insecure: [] },
      root: '/nowhere',
      environment: { XDG_CACHE_HOME: '/dev/null' },
      userAgent: 'bench',
      contextOf: () => undefined,
    });
    const pin = transforms.filter((each) => each.id === 'pin-image-digest');
    const started = performance.now();
    const results = await fixBatch(
      jobs,
      { transforms: pin },
      {
        ...noPorts,
        digests: (all) => port.digests(all),
        versions: (all) => port.versions(all),
      },
    );
    const wall = performance.now() - started;
    await port.close();
    const ideal = Math.ceil(references / hosts / requestsPerHost) * latency;
    return {
      pinned: results.filter((each) => 'result' in each && each.result.applied.length === 1).length,
      requests: registries.reduce((sum, each) => sum + each.seen.length, 0),
      wall: rounded(wall),
      ideal,
      ratio: rounded(wall / ideal),
    };
  } finally {
    await Promise.all(registries.map((each) => each.stop()));
  }
}
