export {
  type BaseUsers,
  baseUsers,
  dropsPrivileges,
  familiarName,
  passesThrough,
  type UserTools,
  userTools,
} from './base-users.ts';
export {
  type Framework,
  type FrameworkSign,
  frameworks,
  type ServerPaths,
  serverPaths,
  writingServers,
} from './frameworks.ts';
export { type ImageFacts, type ImageGroup, type ImageUser, imageFacts, type System } from './images.ts';
export {
  type PackageEffect,
  type PackageFamily,
  type PackageManager,
  packageManagers,
  programsWithoutIndex,
} from './package-managers.ts';
export { type HomeStep, homeSteps } from './root-home.ts';
export { type StartObstacle, sharedDirectories, startObstacle, systemDirectories } from './start-programs.ts';
export { type WriteCall, writeCalls, writesInText } from './write-calls.ts';
