import type { OpenPorts, PortsRequest } from '../src/cli/index.ts';
import { noPorts, tableFacts } from '../src/engine/index.ts';
import { isAvailable } from '../src/transform/index.ts';
import { ContextPort } from './context-port.ts';
import { RegistryPort } from './registry-port.ts';

/** Opens the ports of a run. A room is loaded when it is first asked, as most runs on one file ask neither. */
export async function openPorts(request: PortsRequest): Promise<OpenPorts> {
  return portsOver(request, new RegistryPort(request));
}

/** The ports of a run over a registry that other runs may share; closing them closes it. */
export function portsOver(request: PortsRequest, registry: RegistryPort): OpenPorts {
  const context = new ContextPort(request);
  return {
    ...noPorts,
    async images(references, whole) {
      const unknown = references.filter((each) => !isAvailable(tableFacts.image(each)));
      const asked = unknown.length > 0 ? await registry.images(unknown, whole) : new Map();
      return new Map(references.map((each) => [each, asked.get(each) ?? tableFacts.image(each)]));
    },
    digests: (references) => registry.digests(references),
    versions: (references) => registry.versions(references),
    sources: (job, patterns) => context.sources(job, patterns),
    downloads: (urls) => registry.downloads(urls),
    context: (job) => context.context(job),
    usage: (job) => context.usage(job),
    contextFolder: (dockerfile) => context.folder(dockerfile),
    notices: () => registry.notices(),
    close: () => registry.close(),
  };
}
