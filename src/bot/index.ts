export { type Credentials, type Forge, type ForgeKind, forgeKinds, type Pull, type RepositoryInfo } from './forge.ts';
export { ForgeError, type ForgeErrorKind } from './forge-error.ts';
export { type Outcome, type Status, statuses } from './options.ts';
export { type BotWiring, prCommand } from './pr-command.ts';
export type { Fixer, FolderFix } from './work-tree.ts';
