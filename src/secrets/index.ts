export { type SecretFile, secretFile } from './files.ts';
export {
  findSecrets,
  type Secret,
  type SecretSource,
  type Setting,
  secretSources,
  settingsOf,
} from './find.ts';
export { hasMarks, type SecretHider, secretHider, showMarks } from './hide.ts';
export { type NameVerdict, secretName } from './names.ts';
