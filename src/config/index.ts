export { ConfigError } from './config-error.ts';
export { type CodeLoader, ConfigFinder, repositoryRoot } from './find.ts';
export { type Flags, requireTransform, resolveSettings } from './settings.ts';
export { type Config, configSchema, keys, type PresetChoice, presets } from './shape.ts';
export { didYouMean } from './suggest.ts';
