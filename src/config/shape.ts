import type { Option, Options, Transform } from '../transform/index.ts';

export const presets = ['recommended', 'style', 'all'] as const;
export type PresetChoice = (typeof presets)[number];

/** The values of one configuration, validated; every field is optional in the file. */
export interface Config {
  /** The file that it was read from. */
  readonly file: string;
  /** The folder of that file, which its paths are relative to. */
  readonly folder: string;
  readonly preset?: PresetChoice;
  readonly unsafe?: boolean;
  readonly accept?: readonly string[];
  /** Patterns as in a .gitignore, relative to the folder: Dockerfiles that are left out unless named. */
  readonly ignore?: readonly string[];
  /** The build context of the Dockerfiles below the folder, relative to it. */
  readonly context?: string;
  /** By transform id: off, on, or on with these options. */
  readonly transforms?: Readonly<Record<string, boolean | Readonly<Record<string, unknown>>>>;
  /** Those of its transforms that it brings along, loaded. */
  readonly own?: readonly Transform[];
}

/** One key of the configuration: what it takes, and what it is for. `id` is a transform's id. */
export interface Key {
  readonly type: 'choice' | 'boolean' | 'ids' | 'strings' | 'string' | 'transforms';
  readonly choices?: readonly string[];
  readonly summary: string;
}

/**
 * Every key. None names a builder, credentials, insecure registries or mirrors, and none code but for `from` of a
 * transform, which counts only where the caller loads it: to all others a configuration is data.
 */
export const keys: Readonly<Record<Exclude<keyof Config, 'file' | 'folder' | 'own'>, Key>> = {
  preset: {
    type: 'choice',
    choices: presets,
    summary: 'Which transforms run: `recommended` (the default), `style`, or `all`',
  },
  unsafe: { type: 'boolean', summary: 'Apply fixes that may change the behaviour of the image, as `--unsafe` does' },
  accept: {
    type: 'ids',
    summary: 'Transforms all of whose fixes are applied, whatever their safety, as `--accept` does',
  },
  ignore: {
    type: 'strings',
    summary: 'Dockerfiles that are left out unless named: patterns as in a .gitignore, relative to this file',
  },
  context: { type: 'string', summary: 'The build context of the Dockerfiles below this folder, relative to this file' },
  transforms: {
    type: 'transforms',
    summary:
      'By transform id: `false` turns it off, `true` or options turn it on; one of your own has its file or package in `from`',
  },
};

/** The JSON schema of `.dockmend.yaml` and of the key `dockmend` in a package.json, for editors. */
export function configSchema(transforms: readonly Transform[]): object {
  const ids = transforms.map((each) => each.id);
  const byType = (key: Key): object => {
    switch (key.type) {
      case 'choice':
        return { enum: key.choices };
      case 'boolean':
        return { type: 'boolean' };
      case 'string':
        return { type: 'string' };
      case 'ids':
        // Editors complete ours; others may be of the user's own.
        return { type: 'array', items: { anyOf: [{ enum: ids }, { type: 'string' }] } };
      case 'strings':
        return { type: 'array', items: { type: 'string' } };
      case 'transforms':
        return {
          type: 'object',
          properties: Object.fromEntries(transforms.map((each) => [each.id, transformSchema(each)])),
          additionalProperties: { type: 'object', properties: { from: { type: 'string' } }, required: ['from'] },
        };
    }
  };
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    title: 'dockmend configuration',
    type: 'object',
    properties: Object.fromEntries(
      Object.entries(keys).map(([name, key]) => [name, { description: key.summary, ...byType(key) }]),
    ),
    additionalProperties: false,
  };
}

function transformSchema({ meta, options = {} }: Transform<Options>): object {
  const properties = Object.entries(options).map(([name, option]) => [name, optionSchema(option)]);
  const choices = [
    { type: 'boolean' },
    { type: 'object', properties: Object.fromEntries(properties), additionalProperties: false },
  ];
  return { description: meta.summary, anyOf: choices };
}

function optionSchema(option: Option): object {
  const common = { description: option.summary, default: option.default };
  if (option.type === 'choice') return { ...common, enum: option.choices };
  if (option.type === 'strings') return { ...common, type: 'array', items: { type: 'string' } };
  return { ...common, type: option.type };
}
