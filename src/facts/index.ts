export {
  aptLacksSignedBy,
  aptReleasePrecedes,
  archiveHasEnded,
  isKnownAptRelease,
  writeOwnSources,
} from './apt-releases.ts';
export {
  type BaseUsers,
  baseUsers,
  dropsPrivileges,
  familiarName,
  passesThrough,
  systemUsers,
  type UserTools,
  userTools,
} from './base-users.ts';
export { type Libc, libcFits, type Release, releaseOf } from './builders.ts';
export { isCallersTool, opensWindows, ownDisplay, windowLibraries } from './caller-tools.ts';
export { type ChildCall, childCalls, isTool, nodeChildCalls, writesAreKnown } from './child-processes.ts';
export { debianLibraries } from './debian-libraries.ts';
export { type Download, downloadsOf } from './downloads.ts';
export {
  type Framework,
  type FrameworkSign,
  frameworks,
  type ServerPaths,
  serverPaths,
  writingServers,
} from './frameworks.ts';
export { type GoVersion, goWithTrimpath, hasTrimpath, isAtLeast } from './go-versions.ts';
export { type ImageFacts, type ImageGroup, type ImageUser, imageFacts, type System } from './images.ts';
export { commandsOfNode, packagesOfCommands } from './node-commands.ts';
export {
  type PackageEffect,
  type PackageFamily,
  type PackageManager,
  packageManagers,
  programsWithoutIndex,
} from './package-managers.ts';
export { pythonOfImage } from './python-images.ts';
export {
  packagesOfImage,
  type RecommendedPackage,
  recommendedPackages,
  uncountedRecommendations,
} from './recommended-packages.ts';
export { dropsUntagged } from './registries.ts';
export { type HomeStep, homeSteps } from './root-home.ts';
export { hostLibraries, type RootCall, type RootProgram, rootCalls, rootProgram } from './root-programs.ts';
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
  supportEndOf,
  temurinJre,
} from './runtimes.ts';
export { type StartObstacle, sharedDirectories, startObstacle, systemDirectories } from './start-programs.ts';
export { gunicornFiles, type WriteCall, writeCalls, writesInText } from './write-calls.ts';
