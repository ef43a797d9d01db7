import { loadModule } from '../../bin/load-module.ts';
import { main, type OpenPorts, type PortsRequest, type Wiring } from '../../src/cli/index.ts';
import { noPorts } from '../../src/engine/index.ts';
import type { Transform } from '../../src/transform/index.ts';
import { transforms as all } from '../../transforms/index.ts';
import type { Person } from './person.ts';

export interface CommandResult {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface CommandOptions {
  readonly cwd: string;
  readonly stdin?: string | Uint8Array;
  readonly environment?: Readonly<Record<string, string>>;
  readonly terminal?: boolean;
  readonly transforms?: readonly Transform[];
  /** Who sits at the terminal; nobody where it is absent. */
  readonly person?: Person;
  readonly ports?: (request: PortsRequest) => Partial<OpenPorts>;
  /** The ports that the command has by itself, instead of those without network and build contexts. */
  readonly openPorts?: Wiring['openPorts'];
  /** What makes proofs, instead of a builder on PATH. */
  readonly openProver?: Wiring['openProver'];
}

/** Runs the command in this process, without network and build contexts, over streams in memory. */
export async function dockmend(argv: readonly string[], options: CommandOptions): Promise<CommandResult> {
  const written = { stdout: '', stderr: '' };
  const output = (name: keyof typeof written): Wiring['stdout'] => ({
    write: (text) => {
      written[name] += typeof text === 'string' ? text : Buffer.from(text).toString('utf8');
    },
    isTTY: options.terminal === true,
  });
  const code = await main(argv, {
    transforms: options.transforms ?? all,
    version: () => '0.0.0-test',
    loadModule,
    openPorts: async (request) => ({
      ...(await (options.openPorts ?? openTablePorts)(request)),
      ...options.ports?.(request),
    }),
    ...(options.openProver && { openProver: options.openProver }),
    cwd: options.cwd,
    environment: options.environment ?? {},
    stdin: input(options.stdin ?? ''),
    stdout: output('stdout'),
    stderr: output('stderr'),
    terminal: options.person?.terminal,
  });
  return { code, ...written };
}

async function* input(content: string | Uint8Array): AsyncGenerator<Uint8Array> {
  yield typeof content === 'string' ? Buffer.from(content) : content;
}

/** Ports without network and build contexts. */
export async function openTablePorts(request: PortsRequest): Promise<OpenPorts> {
  return {
    ...noPorts,
    contextFolder: (dockerfile) => request.contextOf(dockerfile) ?? dockerfile.replace(/\/[^/]*$/, ''),
    notices: () => [],
    close: async () => {},
  };
}
