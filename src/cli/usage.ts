import { presets } from '../config/index.ts';
import { formats } from '../report/index.ts';

/** The builders that `--builder` chooses from; the room that knows them is loaded only when something is built. */
export const builderNames = ['buildx', 'docker', 'podman', 'buildah'] as const;

/** What `--verify` proves by. */
export const verifications = ['build', 'run'] as const;

/**
 * One option of the command: `list` ones may be repeated, and take several values with commas between; `values` ones
 * may be repeated, and take their value as it is.
 */
export interface OptionUsage {
  readonly type: 'boolean' | 'string' | 'list' | 'values';
  readonly alias?: string;
  readonly choices?: readonly string[];
  readonly placeholder?: string;
  readonly summary: string;
}

/** The options of the main job. */
export const optionUsage = {
  interactive: {
    type: 'boolean',
    alias: 'i',
    summary: 'Ask about each fix, and write those that are accepted; with --verify, prove them as you go',
  },
  write: { type: 'boolean', alias: 'w', summary: 'Write the fixes (with `-`: print the fixed file)' },
  check: { type: 'boolean', summary: 'Exit with 1 when a fix that could be applied is left' },
  unsafe: { type: 'boolean', summary: 'Also apply fixes that may change the behaviour of the image' },
  accept: { type: 'list', placeholder: 'id', summary: 'Apply all fixes of this transform, whatever their safety' },
  only: { type: 'list', placeholder: 'id', summary: 'Run these transforms alone' },
  skip: { type: 'list', placeholder: 'id', summary: 'Leave these transforms out' },
  transform: { type: 'list', placeholder: 'file', summary: 'Also run the transforms of this file or package' },
  'data-only': { type: 'boolean', summary: 'Load no code that a configuration names' },
  preset: { type: 'string', choices: presets, summary: 'Which transforms run (default: recommended)' },
  from: {
    type: 'list',
    placeholder: 'file',
    summary: 'Fix what another tool reported: JSON of hadolint, Trivy, BuildKit, or SARIF',
  },
  shard: { type: 'string', placeholder: 'i/n', summary: 'Do the i-th of n parts of the work' },
  format: { type: 'string', choices: formats, summary: 'How to report (default: terminal on a terminal, else diff)' },
  report: {
    type: 'list',
    placeholder: 'file',
    summary: 'Also write a report into this file: .html, .md, .json, .sarif or .diff',
  },
  context: { type: 'string', placeholder: 'folder', summary: 'The build context (default: found by its Dockerfile)' },
  config: { type: 'string', placeholder: 'file', summary: 'The configuration; --no-config reads none' },
  insecure: { type: 'list', placeholder: 'host', summary: 'Speak to this registry without TLS' },
  'allow-registry': { type: 'list', placeholder: 'host', summary: 'Ask these registries alone' },
  'deny-registry': { type: 'list', placeholder: 'host', summary: 'Never ask this registry' },
  verify: { type: 'string', choices: verifications, summary: 'Keep only what builds prove, or runs (default: build)' },
  builder: { type: 'string', choices: builderNames, summary: 'What builds (default: the first that works)' },
  'build-arg': { type: 'values', placeholder: 'name=value', summary: 'A build argument of the builds' },
  secret: { type: 'values', placeholder: 'id=name,src=file', summary: 'A secret of the builds' },
  target: { type: 'string', placeholder: 'stage', summary: 'The stage to build' },
  platform: { type: 'string', placeholder: 'os/arch', summary: 'The platform to build for' },
  'build-network': { type: 'string', placeholder: 'mode', summary: 'The network of RUN in the builds' },
  'build-timeout': { type: 'string', placeholder: 'seconds', summary: 'How long one build may take (default: 1800)' },
  'build-disk': { type: 'string', placeholder: 'GiB', summary: 'The disk that one build may take (default: 20)' },
  probe: { type: 'string', placeholder: 'url', summary: 'What to ask the container: `http://:8080/health`' },
  'probe-cmd': { type: 'string', placeholder: 'command', summary: 'What to run in the container, without a shell' },
  'probe-timeout': {
    type: 'string',
    placeholder: 'seconds',
    summary: 'How long a container may take to answer (default: 15)',
  },
  'run-env': { type: 'values', placeholder: 'name=value', summary: 'A variable of the containers' },
  'run-env-file': { type: 'values', placeholder: 'file', summary: 'A file of variables of the containers' },
  'run-network': { type: 'string', placeholder: 'name', summary: 'The network of the containers (default: none)' },
  'read-only': { type: 'boolean', summary: 'Run containers with a read-only root' },
  observe: { type: 'boolean', summary: 'Run the unchanged image to see what it writes, for the plans that need it' },
  offline: { type: 'boolean', summary: 'Use no network at all' },
  quiet: { type: 'boolean', alias: 'q', summary: 'Print changes and errors only' },
  verbose: { type: 'boolean', alias: 'v', summary: 'Print all there is to know' },
} as const satisfies Record<string, OptionUsage>;

export type OptionName = keyof typeof optionUsage;

export const commandNames = ['list', 'explain'] as const;
export type CommandName = (typeof commandNames)[number];

/** A command line as it was typed, its words sorted but not judged. `false` is `--no-config`. */
export interface TypedArguments {
  readonly command: CommandName | undefined;
  readonly words: readonly string[];
  readonly options: Partial<Record<OptionName, boolean | string | readonly string[]>>;
}

/** A command line that cannot be understood. */
export class UsageError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'UsageError';
  }
}
