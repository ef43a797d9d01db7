export { type SecretFile, secretFile } from './files.ts';
export { type NameVerdict, secretName } from './names.ts';
