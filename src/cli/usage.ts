import { presets } from '../config/index.ts';
import { formats } from '../report/index.ts';

/** One option of the command: `list` ones may be repeated, and take several values with commas between. */
export interface OptionUsage {
  readonly type: 'boolean' | 'string' | 'list';
  readonly alias?: string;
  readonly choices?: readonly string[];
  readonly placeholder?: string;
  readonly summary: string;
}

/** The options of the main job. */
export const optionUsage = {
  interactive: { type: 'boolean', alias: 'i', summary: 'Ask about each fix, and write those that are accepted' },
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
    summary: 'Also write a report into this file: .html, .md, .json or .sarif',
  },
  context: { type: 'string', placeholder: 'folder', summary: 'The build context (default: found by its Dockerfile)' },
  config: { type: 'string', placeholder: 'file', summary: 'The configuration; --no-config reads none' },
  insecure: { type: 'list', placeholder: 'host', summary: 'Speak to this registry without TLS' },
  'allow-registry': { type: 'list', placeholder: 'host', summary: 'Ask these registries alone' },
  'deny-registry': { type: 'list', placeholder: 'host', summary: 'Never ask this registry' },
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
