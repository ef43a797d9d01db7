import type { Dockerfile, Instruction } from '../dockerfile/index.ts';
import type { ImageFacts, System } from '../facts/index.ts';
import { type Facts, isAvailable } from './ports.ts';

/** A POSIX shell that is started anew for each RUN with nothing but `-c` and known options. */
export interface PlainShell {
  readonly kind: 'plain';
  /** `sh`: the base image is not known, so it may be any of the others. */
  readonly dialect: 'sh' | 'dash' | 'bash' | 'ash';
  readonly errexit: boolean;
  readonly nounset: boolean;
  readonly pipefail: boolean;
  readonly xtrace: boolean;
  /** The SHELL instruction that sets it; undefined for the image's own `/bin/sh -c`. */
  readonly setBy: Instruction | undefined;
}

/** The shell that runs an instruction's shell form. `other`: not a plain POSIX shell, or not known to be one. */
export type ShellInForce = PlainShell | { readonly kind: 'windows' } | { readonly kind: 'other' };

function baseOf(file: Dockerfile, at: Instruction): string | undefined {
  return at.stage && file.baseReference(file.rootStage(at.stage));
}

/** What is known of the system of a stage's base image. */
export function systemOf(file: Dockerfile, at: Instruction, facts: Facts): ImageFacts | undefined {
  const reference = baseOf(file, at);
  if (reference === undefined) return undefined;
  const known = facts.image(reference);
  return isAvailable(known) ? known : undefined;
}

const dialects: Partial<Record<System, PlainShell['dialect']>> = {
  debian: 'dash',
  ubuntu: 'dash',
  alpine: 'ash',
  wolfi: 'ash',
  busybox: 'ash',
  rhel: 'bash',
  fedora: 'bash',
  amazon: 'bash',
  suse: 'bash',
  arch: 'bash',
  azurelinux: 'bash',
  photon: 'bash',
};

/** The shell in force at an instruction: SHELL of its stage or a parent stage, else the base image's `/bin/sh`. */
export function shellInForce(file: Dockerfile, at: Instruction, facts: Facts): ShellInForce {
  const setBy = file.shellInstruction(at);
  const image = systemOf(file, at, facts);
  const sh = imageShell(image);
  if (setBy) return fromArguments(setBy, setBy.json ?? [], sh);
  // The backtick is the escape of Windows files; on a base known to be something else it says nothing.
  if (image?.system === 'windows' || (!image && file.escape === '`')) return { kind: 'windows' };
  // An image that calls itself a Windows one is not taken for anything else.
  if (!image && /windows|nanoserver|servercore/i.test(baseOf(file, at) ?? '')) return { kind: 'windows' };
  if (image?.shell) return fromArguments(undefined, image.shell, sh);
  if (sh === 'other') return { kind: 'other' };
  const off = { errexit: false, nounset: false, pipefail: false, xtrace: false };
  return { kind: 'plain', dialect: sh, ...off, setBy: undefined };
}

/** What an image's `/bin/sh` is: by its files where they were looked at, else as its system has it. */
function imageShell(image: ImageFacts | undefined): PlainShell['dialect'] | 'other' {
  if (image?.sh !== undefined && image.sh !== 'none') return image.sh;
  return (image?.system && dialects[image.system]) ?? 'sh';
}

function fromArguments(
  setBy: Instruction | undefined,
  argv: readonly string[],
  imageSh: PlainShell['dialect'] | 'other',
): ShellInForce {
  const [program = '', ...rest] = argv;
  const name = program.split(/[\\/]/).at(-1)!.toLowerCase();
  if (/^(cmd|powershell|pwsh)(\.exe)?$/.test(name)) return { kind: 'windows' };
  const words = name === 'busybox' && rest[0] === 'sh' ? rest.slice(1) : rest;
  const known = name === 'busybox' ? (rest[0] === 'sh' ? 'ash' : undefined) : shells.get(name);
  if (!known) return { kind: 'other' };
  const dialect = known === 'sh' ? imageSh : known;
  if (dialect === 'other') return { kind: 'other' };
  const options = { errexit: false, nounset: false, pipefail: false, xtrace: false };
  let command = false;
  for (let at = 0; at < words.length; at++) {
    const word = words[at]!;
    if (!/^-[ceuxo]+$/.test(word) || command) return { kind: 'other' };
    for (const letter of word.slice(1)) {
      if (letter === 'c') command = true;
      if (letter === 'e') options.errexit = true;
      if (letter === 'u') options.nounset = true;
      if (letter === 'x') options.xtrace = true;
      if (letter !== 'o') continue;
      if (words[++at] !== 'pipefail') return { kind: 'other' };
      options.pipefail = true;
    }
  }
  return command ? { kind: 'plain', dialect, ...options, setBy } : { kind: 'other' };
}

/**
 * The base image under an instruction's stage, where only its files say which shell runs the shell form: no SHELL names
 * one.
 */
export function baseWithShell(file: Dockerfile, at: Instruction): string | undefined {
  const program = file.shellInstruction(at)?.json?.[0]?.split('/').at(-1);
  return program === undefined || program === 'sh' ? baseOf(file, at) : undefined;
}

const shells = new Map<string, PlainShell['dialect']>([
  ['sh', 'sh'],
  ['dash', 'dash'],
  ['bash', 'bash'],
  ['ash', 'ash'],
]);
