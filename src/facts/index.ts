export { type ImageFacts, imageFacts, type System } from './images.ts';
export {
  type PackageEffect,
  type PackageFamily,
  type PackageManager,
  packageManagers,
  programsWithoutIndex,
} from './package-managers.ts';
