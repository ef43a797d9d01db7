import { compareObservations } from './compare-runs.ts';
import { BuildError } from './errors.ts';
import { userOf } from './image.ts';
import { type Observation, type RunSettings, runImage, works } from './run-image.ts';
import { type Rights, type Runner, tmpfsMount } from './runner.ts';
import { hardened, lastLines, plain, whyNot, writableFolders, writtenFiles } from './runs.ts';
import type { BuiltImage } from './trial.ts';

/** The run-time settings that fit an image: the strictest that it was seen to work with. */
export interface Profile {
  readonly rights: Rights;
  /** The writable paths as `--tmpfs` takes them. */
  readonly mounts: readonly string[];
  /** The number that the image's user has; undefined where it is a name that the image does not know. */
  readonly uid: number | undefined;
  readonly gid: number | undefined;
  /** `8080/tcp`. */
  readonly ports: readonly string[];
  readonly volumes: readonly string[];
  /** The names of the variables that it was given. */
  readonly variables: readonly string[];
  /** The network that it joined; absent where it had none. */
  readonly network?: string;
  /** The files that the image wrote outside of its volumes. */
  readonly written: readonly string[];
  /** What was seen when it ran with these settings, a clause. */
  readonly proof: string;
  /** Why it is not stricter, a clause for each stricter setting that it did not work with. */
  readonly relaxed: readonly string[];
}

/** Runs an image with fewer and fewer rights. Throws BuildError where it works with none. */
export async function profileOf(runner: Runner, { name, image }: BuiltImage, settings: RunSettings): Promise<Profile> {
  const seen = await runImage(runner, name, plain, settings);
  if (!works(seen, settings)) {
    throw new BuildError('failed', `nothing is proven: ${whyNot(seen, settings)}`, lastLines(seen));
  }
  const { Volumes: volumes, ExposedPorts: ports } = image.config;
  const isOnVolume = (path: string): boolean => volumes.some((volume) => `${path}/`.startsWith(`${volume}/`));
  const written = writtenFiles(seen.written).filter((path) => !isOnVolume(path));
  const tmpfs = writableFolders(written);
  const atRoot = written.some((path) => path.lastIndexOf('/') === 0);
  const { uid, gid } = userOf(image);
  const owner = uid !== undefined && gid !== undefined ? { owner: { uid, gid } } : {};
  const strictest: Rights = { ...hardened, readOnly: !atRoot, tmpfs: atRoot ? [] : tmpfs, ...owner };
  const ladder = [strictest, hardened, { ...strictest, hardened: false }, plain];
  const relaxed: string[] = atRoot ? ['it writes to the root folder, which cannot be read-only then'] : [];
  for (const rights of ladder) {
    const found = await runImage(runner, name, rights, settings);
    const [difference] = compareObservations(seen, found, settings);
    if (!works(found, settings) || difference !== undefined) {
      relaxed.push(`it does not work ${named(rights)}: ${difference ?? ending(found)}`);
      continue;
    }
    const mounts = rights.tmpfs.map((path) => tmpfsMount(path, rights.owner));
    const { variables, network } = runner;
    const given = { variables, ...(network !== undefined && { network }) };
    return { rights, mounts, uid, gid, ports, volumes, ...given, written, proof: proofOf(found, settings), relaxed };
  }
  throw new BuildError('failed', 'the image works at one time and not at another, so nothing is proven');
}

function named({ hardened, readOnly }: Rights): string {
  if (hardened && readOnly) return 'without capabilities on a read-only root';
  return hardened ? 'without capabilities' : readOnly ? 'on a read-only root' : 'as it is';
}

function ending(found: Observation): string {
  const last = lastLines(found).at(-1);
  if (found.fault !== undefined) return found.fault;
  const end = found.running ? 'it does not answer' : `it ends with ${found.exitCode}`;
  return last === undefined ? end : `${end} (${last})`;
}

function proofOf({ running, exitCode, answer, command }: Observation, { probe, command: words }: RunSettings): string {
  if (answer) return `${probe} answers ${answer.status}`;
  if (command) return `\`${words}\` ends with ${command.code}`;
  return running ? 'it keeps running' : `it ends with ${exitCode}`;
}
