import type { Dockerfile, Instruction, Stage } from '../../src/dockerfile/index.ts';
import { familiarName, normalize, parseReference } from '../../src/image/index.ts';
import {
  type Facts,
  instructionsBefore,
  packageCalls,
  shellBody,
  shellInForce,
  systemOf,
} from '../../src/transform/index.ts';

/** A way to ask a server whether it is alive: the words of an exec form. */
export interface Probe {
  /** The program that the image has, and how that is known. */
  readonly tool: string;
  readonly words: readonly string[];
}

interface Runtime {
  /** Familiar names of repositories. */
  readonly images: RegExp;
  readonly tool: string;
  /** Asks for a page, and fails unless its status is below 400. */
  readonly page: (port: number, path: string) => readonly string[];
  /** Opens the port. */
  readonly port: (port: number) => readonly string[];
}

const address = '127.0.0.1';

/** Interpreters that images are made around (`node -e` has the modules of Node without requiring them), with what their standard libraries can ask (documentation of each, November 2026). */
const runtimes: readonly Runtime[] = [
  {
    images: /^node$/,
    tool: 'node',
    page: (port, path) => [
      'node',
      '-e',
      `fetch('http://${address}:${port}${path}').then(r => process.exit(r.ok ? 0 : 1), () => process.exit(1))`,
    ],
    port: (port) => [
      'node',
      '-e',
      `net.connect(${port}, '${address}').on('connect', () => process.exit(0)).on('error', () => process.exit(1))`,
    ],
  },
  {
    images: /^(?:python|pypy)$/,
    tool: 'python3',
    page: (port, path) => [
      'python3',
      '-c',
      `import urllib.request; urllib.request.urlopen('http://${address}:${port}${path}', timeout=3)`,
    ],
    port: (port) => ['python3', '-c', `import socket; socket.create_connection(('${address}', ${port}), 3)`],
  },
  {
    images: /^ruby$/,
    tool: 'ruby',
    page: (port, path) => [
      'ruby',
      '-rnet/http',
      '-e',
      `exit Net::HTTP.get_response(URI('http://${address}:${port}${path}')).code.to_i < 400`,
    ],
    port: (port) => ['ruby', '-rsocket', '-e', `TCPSocket.new('${address}', ${port}).close`],
  },
  {
    images: /^php$/,
    tool: 'php',
    page: (port, path) => [
      'php',
      '-r',
      `exit(@file_get_contents('http://${address}:${port}${path}') === false ? 1 : 0);`,
    ],
    port: (port) => ['php', '-r', `exit(@fsockopen('${address}', ${port}) ? 0 : 1);`],
  },
];

/** The best probe that an image is known to have; undefined where it is known to have none. */
export function probeFor(
  file: Dockerfile,
  stage: Stage,
  facts: Facts,
  port: number,
  path: string | undefined,
): Probe | undefined {
  const at = stage.instructions.at(-1)!;
  const reference = file.baseReference(file.rootStage(stage));
  const parsed = reference === undefined ? undefined : parseReference(reference);
  const name = parsed?.ok ? familiarName(normalize(parsed.reference)) : '';
  const runtime = runtimes.find((each) => each.images.test(name));
  const system = systemOf(file, at, facts)?.system;
  if (path === undefined) {
    if (runtime) return { tool: runtime.tool, words: runtime.port(port) };
    if (system === 'alpine') return { tool: 'nc', words: ['nc', '-z', address, String(port)] };
    // Debian and its kin do without it nowhere; those of Red Hat have it as their shell.
    if (system && /^(?:debian|ubuntu|rhel|fedora|amazon|suse)$/.test(system)) {
      return { tool: 'bash', words: ['bash', '-c', `</dev/tcp/${address}/${port}`] };
    }
    return undefined;
  }
  const url = `http://${address}:${port}${path}`;
  const installed = installedTools(file, at, facts);
  if (installed.has('curl')) return { tool: 'curl', words: ['curl', '-fsS', '-o', '/dev/null', url] };
  if (system === 'alpine' || system === 'wolfi' || system === 'busybox' || installed.has('wget')) {
    return { tool: 'wget', words: ['wget', '-q', '-O', '/dev/null', url] };
  }
  return runtime && { tool: runtime.tool, words: runtime.page(port, path) };
}

/** curl and wget, where a step of the stage or its parents installs them and none removes them. */
function installedTools(file: Dockerfile, at: Instruction, facts: Facts): ReadonlySet<string> {
  const tools = new Set<string>();
  for (const instruction of [...instructionsBefore(at), at]) {
    if (instruction.keyword !== 'RUN') continue;
    const body = shellBody(file, instruction, facts);
    if (typeof body !== 'object') continue;
    for (const { verb = '', operands } of packageCalls(body.script)) {
      const names = operands.map((word) => (word.literal ?? '').split(/[=~<>]/)[0]!);
      for (const name of names.filter((each) => each === 'curl' || each === 'wget')) {
        if (/^(?:install|add|in)$/.test(verb)) tools.add(name);
        else if (/remove|purge|del|erase/.test(verb)) tools.delete(name);
      }
    }
  }
  return tools;
}

/** Whether the image runs on Windows, or may. */
export function isWindows(file: Dockerfile, at: Instruction, facts: Facts): boolean {
  return shellInForce(file, at, facts).kind === 'windows';
}
