import type { Dockerfile } from '../dockerfile/index.ts';
import { environmentValue, type StageCommand } from './stage-commands.ts';

/** One call of `go build` or `go install`. */
export interface GoBuild {
  readonly command: StageCommand;
  readonly verb: 'build' | 'install';
  /** Values of its flags by name, with one dash; an empty text for a flag alone, undefined where it is not known. */
  readonly flags: ReadonlyMap<string, string | undefined>;
  /** The packages or files that it builds, as known. */
  readonly packages: readonly (string | undefined)[];
}

/** Flags that take a value: `go help build`, Go 1.26. */
const valued = new Set(
  `-o -C -p -asmflags -buildmode -buildvcs -compiler -gccgoflags -gcflags -installsuffix -ldflags -mod -modfile -overlay
  -pgo -pkgdir -tags -toolexec -covermode -coverpkg`.split(/\s+/),
);

/** Reads a command as a call of `go build` or `go install`; undefined where it is not one. */
export function goBuild(command: StageCommand): GoBuild | undefined {
  const [verb, ...words] = command.words;
  if (command.name !== 'go' || (verb !== 'build' && verb !== 'install')) return undefined;
  // The texts as written tell flags from packages where the value is not known.
  const written = command.command.words.slice(command.command.words.length - words.length).map((word) => word.text);
  const flags = new Map<string, string | undefined>();
  const packages: (string | undefined)[] = [];
  for (let at = 0; at < words.length; at++) {
    const text = words[at] ?? written[at]!.replace(/^["']/, '');
    if (!text.startsWith('-')) {
      packages.push(words[at]);
      continue;
    }
    const equals = text.indexOf('=');
    const name = (equals === -1 ? text : text.slice(0, equals)).replace(/^--/, '-').replace(/["']$/, '');
    if (equals !== -1) flags.set(name, words[at]?.slice(equals + 1));
    else if (valued.has(name)) flags.set(name, words[++at]);
    else flags.set(name, '');
  }
  return { command, verb, flags, packages };
}

/** Whether what is built is the application's own, and no tool that it only uses: another module's, or one of `go tool`. */
export function buildsOwnProgram({ packages }: GoBuild): boolean {
  return !packages.some((each) => each !== undefined && /@|^(?:tool|cmd|std)$/.test(each));
}

/** The value that a variable of the environment has for a command: its own, else that of ENV. */
export function variableOf(
  file: Dockerfile,
  { environment, instruction }: StageCommand,
  name: string,
): { readonly set: boolean; readonly value: string | undefined } {
  if (environment.has(name)) return { set: true, value: environment.get(name) };
  const value = environmentValue(file, instruction, name);
  if (value !== undefined) return { set: true, value };
  const isSet = instruction.stage?.instructions.some(
    (each) =>
      each.index < instruction.index &&
      ((each.keyword === 'ENV' && file.pairs(each).some(([other]) => other === name)) ||
        (each.keyword === 'ARG' && file.words(each).some((word) => word.text.split('=')[0] === name))),
  );
  return { set: isSet === true, value: undefined };
}
