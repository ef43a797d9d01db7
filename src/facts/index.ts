export { type Libc, libcFits, type Release, releaseOf } from './builders.ts';
export { type ImageFacts, type ImageGroup, type ImageUser, imageFacts, type System } from './images.ts';
export {
  type PackageEffect,
  type PackageFamily,
  type PackageManager,
  packageManagers,
  programsWithoutIndex,
} from './package-managers.ts';
export {
  type ProgramName,
  packageManagerNames,
  programNames,
  shellNames,
  toolNames,
  userToolNames,
} from './programs.ts';
export {
  chainguardRuntime,
  chiseledRuntime,
  type DistrolessName,
  type DotnetKind,
  debianSlim,
  distrolessRuntime,
  type Holding,
  type NoRuntime,
  nginxUnprivileged,
  type Runtime,
  type RuntimeNeeds,
  runtimesReadOn,
  type SlimRuntime,
  scratchRuntime,
  slimRuntime,
  temurinJre,
} from './runtimes.ts';
