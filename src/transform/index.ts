export { addCommandAfter, appendCommand, errexitAt, hasOtherReading } from './add-command.ts';
export { builtStages } from './built-stages.ts';
export { type ChildProcess, childProcesses } from './child-processes.ts';
export { type CommandWrite, commandWrites } from './command-writes.ts';
export { type ContextTake, contextMounts, contextSources, contextTakes, copiesFromContext } from './context-takes.ts';
export {
  type Answers,
  type Changes,
  type ConfigField,
  defineTransform,
  type Evidence,
  type Finding,
  type Fix,
  type Input,
  type Meta,
  type Option,
  type Options,
  type OptionValues,
  optionValues,
  type Preset,
  type Question,
  type Safety,
  type Transform,
} from './contract.ts';
export { isProgramsEnvironment } from './environment-files.ts';
export { type Fetched, fetchedBy } from './fetched.ts';
export { buildsOwnProgram, type GoBuild, goBuild, variableOf } from './go-builds.ts';
export { commentedRuns, hostLibrary, hostNeed, hostTool, powerIn, powersOfRuns } from './host-needs.ts';
export { absolute, baseName, covers, parentOf } from './image-paths.ts';
export { instructionsBefore, mayBeTriggered, namesSetBy } from './instructions-before.ts';
export { Layout } from './layout.ts';
export { type Place, visitPlaces } from './moves.ts';
export { nodeOptionsOfScripts, readsNpmVariables } from './npm-scripts.ts';
export { checkedTransform, TransformError, transformFaults } from './own.ts';
export {
  type BareCommand,
  bareCommand,
  type CallOption,
  hasOption,
  innerScript,
  outputIsUsed,
  type PackageCall,
  packageCall,
  packageCalls,
  stdinIsGiven,
} from './package-calls.ts';
export { type ExpressionScope, type PathValue, pathValue } from './path-expressions.ts';
export {
  type BuildUse,
  type ContextEntry,
  type ContextFacts,
  type ContextFile,
  type Download,
  type Facts,
  type ImageDigest,
  isAvailable,
  type Needs,
  type RunUse,
  refusalWithout,
  type SentContext,
  type SharedVolume,
  type SiblingDockerfile,
  type SyncUse,
  type Taken,
  type TakeOptions,
  type Unavailable,
  type Usage,
} from './ports.ts';
export { type EntrypointInForce, entrypointInForce } from './process-in-force.ts';
export { isNamedContext, type ReferenceToken, type WritableReference, writableReferences } from './references.ts';
export { isMounted, type RunMount, runMounts } from './run-mounts.ts';
export { type ShellBody, shellBodies, shellBody } from './shell-body.ts';
export { baseWithShell, type PlainShell, type ShellInForce, shellInForce, systemOf } from './shell-in-force.ts';
export { type SkipReason, skipReasons } from './skip-reasons.ts';
export {
  isOwnSetting,
  isOwnSource,
  type Running,
  type SourceText,
  type SourceWrite,
  sourceWrites,
  withoutComments,
} from './source-writes.ts';
export {
  directoryAt,
  directoryBehind,
  environmentValue,
  expandedByEnv,
  type StageCommand,
  type StageCommands,
  stageCommands,
  wordsWithPatterns,
} from './stage-commands.ts';
export { holdsTemplate } from './template-text.ts';
export { UnderFacts } from './under-facts.ts';
export { joined, type WorkingDirectory, workingDirectory } from './working-directory.ts';
export { callsYarn, type PlugAndPlay, plugAndPlay } from './yarn.ts';
