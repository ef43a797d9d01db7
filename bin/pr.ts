import { type BotWiring, type Fixer, prCommand } from '../src/bot/index.ts';
import { fixFolder, type OpenPorts, type PortsRequest, type Wiring } from '../src/cli/index.ts';
import { transforms } from '../transforms/index.ts';
import { portsOver } from './ports.ts';
import { RegistryPort } from './registry-port.ts';

/** `dockmend pr` over this process's streams; `own` replaces parts of the wiring. */
export function pr(argv: readonly string[], version: () => string, own: Partial<BotWiring> = {}): Promise<number> {
  const environment = own.environment ?? process.env;
  return prCommand(argv, {
    transforms,
    version,
    openFixer: async (folder, options) => openFixer(folder, options, version, environment),
    cwd: process.cwd(),
    environment,
    stdout: (text) => void process.stdout.write(text),
    stderr: (text) => void process.stderr.write(text),
    ...own,
  });
}

/** The main job of the command over one work tree, by its own code; each registry question is asked once for all runs. */
export function openFixer(
  folder: string,
  options: readonly string[],
  version: () => string,
  environment: Wiring['environment'],
): Fixer {
  let registry: RegistryPort | undefined;
  const openPorts = async (request: PortsRequest): Promise<OpenPorts> => {
    registry ??= new RegistryPort(request);
    return { ...portsOver(request, registry), close: async () => {} };
  };
  const silent = { write: () => undefined };
  const wiring: Wiring = {
    transforms,
    version,
    openPorts,
    cwd: folder,
    environment,
    stdin: (async function* () {})(),
    stdout: silent,
    stderr: silent,
  };
  return {
    fix: (among, chosen) => fixFolder(['--write', ...options], wiring, { among, chosen, configurationWins: true }),
    close: async () => registry?.close(),
  };
}
