export type { DownloadedFile } from './download.ts';
export { RegistryError, type RegistryErrorKind, type RegistryFault } from './errors.ts';
export { factsOfConfig, factsOfFiles } from './facts-of-image.ts';
export { type HostRules, matchesRegistry } from './hosts.ts';
export { defaultLimits, type NetworkLimits } from './http.ts';
export type { Healthcheck, ImageConfig, ImageDescription } from './image-config.ts';
export type { ImageFiles, ImageGroup, ImageProgram, ImageUser } from './image-files.ts';
export {
  type Lock,
  type LockedImage,
  lockFileName,
  lockText,
  parseLock,
  readLock,
  updateLock,
  writeLock,
} from './lock.ts';
export type { Descriptor, ManifestKind, Platform } from './manifest.ts';
export type { PinState, VersionOfTag } from './pins.ts';
export { type Environment, proxyFromEnvironment } from './proxy.ts';
export { rankVersionTags } from './rank-tags.ts';
export { Redactor } from './redact.ts';
export { createRegistry, type Registry, type RegistryOptions } from './registry.ts';
export type { RequestCounter, RequestKind, SentRequest } from './requests.ts';
export type { Resolution } from './source.ts';
export type { TagLimits, TagList } from './tags.ts';
export { type ProgramName, packageManagerNames, shellNames, userToolNames } from './tracked-paths.ts';
