import { dirname } from 'node:path';
import type { OpenPorts, PortsRequest } from '../src/cli/index.ts';
import { tableFacts } from '../src/engine/index.ts';

/** Opens the ports of a run. Nothing here may load what a run does not come to ask for. */
export async function openPorts(request: PortsRequest): Promise<OpenPorts> {
  return {
    images: async (references) => answered(references, tableFacts.image),
    digests: async (references) => answered(references, tableFacts.digest),
    versions: async (references) => answered(references, tableFacts.version),
    sources: async (_dockerfile, patterns) => answered(patterns, tableFacts.source),
    contextFolder: (dockerfile) => request.contextOf(dockerfile) ?? dirname(dockerfile),
    notices: () => [],
    close: async () => {},
  };
}

function answered<T>(questions: readonly string[], answer: (question: string) => T): Map<string, T> {
  return new Map(questions.map((question) => [question, answer(question)]));
}
