import { dirname } from 'node:path';
import type { OpenPorts, PortsRequest } from '../src/cli/index.ts';
import { type ImageFacts, imageFacts } from '../src/facts/index.ts';
import type { Unavailable } from '../src/transform/index.ts';
import type { ContextPort } from './context-port.ts';
import type { RegistryPort } from './registry-port.ts';

/** Opens the ports of a run. Nothing here may load what a run does not come to ask for. */
export async function openPorts(request: PortsRequest): Promise<OpenPorts> {
  let registry: Promise<RegistryPort> | undefined;
  let opened: RegistryPort | undefined;
  let context: Promise<ContextPort> | undefined;
  const openRegistry = (): Promise<RegistryPort> => {
    registry ??= import('./registry-port.ts').then(async (room) => {
      opened = await room.openRegistryPort(request);
      return opened;
    });
    return registry;
  };
  const openContexts = (): Promise<ContextPort> => {
    context ??= import('./context-port.ts').then((room) => new room.ContextPort(request.contextOf));
    return context;
  };
  return {
    async images(references) {
      const known = new Map<string, ImageFacts | Unavailable>();
      for (const reference of references) {
        const facts = imageFacts(reference);
        if (facts) known.set(reference, facts);
      }
      const unknown = references.filter((reference) => !known.has(reference));
      if (unknown.length > 0)
        for (const [name, facts] of await (await openRegistry()).images(unknown)) known.set(name, facts);
      return known;
    },
    digests: async (references) => (await openRegistry()).digests(references),
    versions: async (references) => (await openRegistry()).versions(references),
    sources: async (job, patterns) => (await openContexts()).sources(job, patterns),
    contextFolder: (dockerfile) => request.contextOf(dockerfile) ?? dirname(dockerfile),
    notices: () => opened?.notices ?? [],
    async close() {
      await opened?.close();
    },
  };
}
