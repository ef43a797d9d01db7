import { BuildError } from './errors.ts';
import type { Image } from './image.ts';
import { type Observation, type RunSettings, runImage, works } from './run-image.ts';
import type { Rights, Runner } from './runner.ts';
import { hardened, lastLines, plain, whyNot, writableFolders, writtenFiles } from './runs.ts';
import type { BuiltImage } from './trial.ts';

/** The run-time settings that fit an image: the strictest that it was seen to work with. */
export interface Profile {
  readonly rights: Rights;
  /** The number that the image's user has; undefined where it is a name that the image does not know. */
  readonly uid: number | undefined;
  readonly gid: number | undefined;
  /** `8080/tcp`. */
  readonly ports: readonly string[];
  readonly volumes: readonly string[];
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
  const strictest: Rights = { ...hardened, readOnly: !atRoot, tmpfs: atRoot ? [] : tmpfs };
  const ladder = [strictest, hardened, { ...strictest, hardened: false }, plain];
  const relaxed: string[] = atRoot ? ['it writes to the root folder, which cannot be read-only then'] : [];
  for (const rights of ladder) {
    const found = await runImage(runner, name, rights, settings);
    if (!works(found, settings)) {
      relaxed.push(`it does not work ${named(rights)}: ${ending(found)}`);
      continue;
    }
    return { rights, ...userOf(image), ports, volumes, written, proof: proofOf(found, settings), relaxed };
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

/** The user as numbers: a name is looked up in the image's own passwd(5). */
function userOf({ config, files }: Image): { uid: number | undefined; gid: number | undefined } {
  const [user = '', group] = config.User.split(':');
  const lines = (files.get('etc/passwd')?.text ?? '').split('\n').map((line) => line.split(':'));
  const entry = lines.find(([name, , uid]) => (/^\d+$/.test(user) ? uid === user : name === (user || 'root')));
  const uid = /^\d+$/.test(user) ? Number(user) : user === '' ? 0 : entry && Number(entry[2]);
  const gid =
    group !== undefined && /^\d+$/.test(group)
      ? Number(group)
      : entry
        ? Number(entry[3])
        : uid === undefined
          ? undefined
          : 0;
  return { uid, gid };
}
