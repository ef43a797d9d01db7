export { type ImageFacts, type ImageGroup, type ImageUser, imageFacts, type System } from './images.ts';
export {
  type PackageEffect,
  type PackageFamily,
  type PackageManager,
  packageManagers,
  programsWithoutIndex,
} from './package-managers.ts';
