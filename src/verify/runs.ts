import { compareObservations, compareSteady, mayComeLater } from './compare-runs.ts';
import { type Checks, grace, healthWords, patience } from './container-checks.ts';
import { fullDisk } from './disk.ts';
import { BuildError } from './errors.ts';
import { userOf } from './image.ts';
import { saysFull } from './log.ts';
import { noiseAt } from './noise.ts';
import type { RunComparer } from './proof.ts';
import { defaultWait, type Observation, type RunSettings, runImage, works } from './run-image.ts';
import type { Rights, Runner } from './runner.ts';
import type { BuiltImage } from './trial.ts';

export const hardened: Rights = { hardened: true, readOnly: false, tmpfs: [] };
export const plain: Rights = { hardened: false, readOnly: false, tmpfs: [] };

/** What a machine with much to do may delay a container by, in milliseconds. */
const longer = 1000;

/** What is known of the runs of one original. */
interface Known {
  readonly rights: Rights;
  readonly observation: Observation;
}

/** Runs the image of one Dockerfile before and after its fixes, under the same rights. */
export class Runs implements RunComparer {
  readonly #runner: Runner;
  readonly #settings: RunSettings;
  #known: Known | undefined;
  #compared = false;

  constructor(runner: Runner, settings: RunSettings) {
    this.#runner = runner;
    this.#settings = settings;
  }

  /** What was compared, for people; empty where nothing was. */
  get sentences(): string[] {
    if (!this.#compared || !this.#known) return [];
    const { rights, observation } = this.#known;
    const { probe, command } = this.#settings;
    const how = rights.hardened
      ? 'without capabilities and new privileges'
      : "with the engine's default capabilities, as the original does not work without";
    const what = [
      observation.running ? 'it keeps running' : `it ends with ${observation.exitCode}`,
      ...(probe === undefined ? [] : [`${probe} answers ${observation.answer?.status} ${contentOf(observation)}`]),
      ...(command === undefined ? [] : [`\`${command}\` ends the same`]),
      ...(observation.checked?.healthy ? ['its own health check succeeds'] : []),
      ...(observation.checked?.stopped === 0 ? ['it ends when it is told to'] : []),
    ];
    const given = givenTo(this.#runner).map((each) => `, ${each}`);
    return [`started ${how}${rights.readOnly ? ', its root read-only' : ''}${given.join('')}: ${what.join(', ')}`];
  }

  async explainsNothing(original: BuiltImage): Promise<{ why: string; lines: string[] } | undefined> {
    const { observation } = await this.#original(original);
    if (works(observation, this.#settings)) return undefined;
    return { why: whyNot(observation, this.#settings), lines: lastLines(observation) };
  }

  async compare(before: BuiltImage, after: BuiltImage): Promise<readonly string[]> {
    const known = await this.#original(before);
    if (!works(known.observation, this.#settings)) return [];
    const is = await runImage(this.#runner, after.name, known.rights, this.#settings, this.#asked(after, known));
    let found: readonly string[] = compareObservations(known.observation, is, this.#settings);
    if (found.length > 0) {
      if (printsFull(is) && !printsFull(known.observation)) throw fullDisk(this.#runner.disk, lastLines(is));
      // Longer watching cannot explain the others, and takes its time.
      const watch = found.every(mayComeLater) ? (is.watched ?? 0) + longer : 0;
      const { variance, instead, steady } = await this.#again(before, known, is, watch);
      found = [...(instead ?? found).filter((line) => !variance.has(line)), ...steady];
      // What a container printed last explains how it ended, and says nothing alone.
      if (found.every((line) => line.startsWith('  '))) found = [];
    }
    this.#compared = true;
    return found;
  }

  /** What an original can, its results are asked for as well, with more time. */
  #asked({ image }: BuiltImage, { observation }: Known): Checks {
    const { healthy, ports = [], stopped } = observation.checked ?? {};
    const { probe, command, wait } = this.#settings;
    const words = healthy === false ? undefined : healthWords(image);
    return {
      // A machine with much to do is no fault of theirs.
      ...((probe ?? command) !== undefined && { wait: 2 * (wait ?? defaultWait) }),
      ports,
      ...(words && { health: { words, wait: wait ?? grace } }),
      ...(stopped === 0 && { stop: { signal: image.config.StopSignal || 'SIGTERM', wait: grace } }),
    };
  }

  /**
   * Two runs of the original: what they differ in, in both directions, says nothing about a fix. Throws BuildError where
   * it does not work any more, as a run of a result then says nothing either. It is watched as long as the result was
   * where that may explain it: what a program prints late is no difference. Where the second run ends as the result did,
   * what the result differs in from that counts instead.
   */
  async #again(
    original: BuiltImage,
    { rights, observation }: Known,
    result: Observation,
    watch: number,
  ): Promise<{
    readonly variance: ReadonlySet<string>;
    readonly steady: readonly string[];
    readonly instead?: readonly string[];
  }> {
    const asked = { ...this.#asked(original, { rights, observation }), watch };
    const again = await runImage(this.#runner, original.name, rights, this.#settings, asked);
    // It may have been watched too shortly to be seen to end by itself.
    const isLater = observation.running && !again.running && (again.watched ?? 0) > (observation.watched ?? 0);
    const endsAlike = isLater && !result.running && result.exitCode === again.exitCode;
    if (!works(again, this.#settings) && !endsAlike) {
      if (printsFull(again)) throw fullDisk(this.#runner.disk, lastLines(again));
      const now = `nothing is proven: it worked before, and now ${whyNot(again, this.#settings)}`;
      throw new BuildError('failed', `${now}; perhaps ${this.#runner.disk.name} is full`, lastLines(again));
    }
    const variance = new Set([
      ...compareObservations(observation, again, this.#settings),
      ...compareObservations(again, observation, this.#settings),
    ]);
    const steady = endsAlike ? [] : compareSteady([observation, again], result, this.#settings);
    return { variance, steady, ...(endsAlike && { instead: compareObservations(again, result, this.#settings) }) };
  }

  async #original(original: BuiltImage): Promise<Known> {
    this.#known ??= await this.#runOriginal(original);
    return this.#known;
  }

  /** With as few rights as it works with. */
  async #runOriginal(original: BuiltImage): Promise<Known> {
    const { name, image } = original;
    const words = healthWords(image);
    const checks: Checks = {
      ...(words && { health: { words, wait: patience } }),
      stop: { signal: image.config.StopSignal || 'SIGTERM', wait: patience },
    };
    const strict = await runImage(this.#runner, name, hardened, this.#settings, checks);
    let best: Known = { rights: hardened, observation: strict };
    if (!works(strict, this.#settings)) {
      const loose = await runImage(this.#runner, name, plain, this.#settings, checks);
      if (works(loose, this.#settings)) best = { rights: plain, observation: loose };
    }
    if (!this.#settings.readOnly) return best;
    const { uid, gid } = userOf(image);
    const owner = uid !== undefined && gid !== undefined ? { owner: { uid, gid } } : {};
    const tmpfs = writableFolders(best.observation.written);
    const rights = { ...best.rights, readOnly: true, tmpfs, ...owner };
    const observation = await runImage(this.#runner, name, rights, this.#settings, checks);
    if (works(observation, this.#settings) || !works(best.observation, this.#settings)) return { rights, observation };
    throw new BuildError('unsupported', 'the unchanged image does not work with a read-only root');
  }
}

/** What containers were given beside their rights, a phrase each; of variables the names alone. */
export function givenTo({ variables, network }: Pick<Runner, 'variables' | 'network'>): string[] {
  return [
    ...(variables.length > 0 ? [`with ${variables.map((name) => `\`${name}\``).join(', ')} set`] : []),
    ...(network === undefined ? [] : [`on the network \`${network}\``]),
  ];
}

function contentOf({ answer }: Observation): string {
  return answer?.isEndless ? 'without an end' : 'with the same content';
}

/** Why an unchanged image does not do what it is for, as a clause. */
export function whyNot({ fault, running, exitCode, answer }: Observation, { probe, command }: RunSettings): string {
  if (fault !== undefined) return `the unchanged image does not start here (${fault})`;
  if (!running) return `the unchanged image ends with ${exitCode} here`;
  if (probe !== undefined && answer) return `the unchanged image answers ${probe} with ${answer.status} here`;
  return `the unchanged image does not answer ${probe ?? `\`${command}\``} here`;
}

/** The last that a container printed. */
export function lastLines({ stdout, stderr }: Observation): string[] {
  return [...stdout, ...stderr].slice(-6);
}

function printsFull({ stdout, stderr }: Observation): boolean {
  return saysFull([...stdout, ...stderr].join('\n'));
}

/** The paths of files that a container wrote, without the folders above them, and without what means nothing. */
export function writtenFiles(written: readonly string[]): string[] {
  const all = [...new Set(written)].sort();
  const isFolderOfAnother = (path: string): boolean => all.some((other) => other.startsWith(`${path}/`));
  return all.filter((path) => !isFolderOfAnother(path) && !ofEngine.test(path) && !isNoise(path));
}

/** What engines put into every container; podman says of it that its folder has changed. */
const ofEngine =
  /^\/(?:dev|proc|sys|etc\/(?:hosts|hostname|resolv\.conf|mtab))(?:\/|$)|^\/(?:\.dockerenv|etc|run|run\/\.containerenv|run\/secrets)$/;

function isNoise(path: string): boolean {
  return /\/__pycache__\/|\.pyc$/.test(path) && noiseAt(path, 'file') !== undefined;
}

/** The fewest folders that hold all written files; never the root, or a folder that the system's programs are in. */
export function writableFolders(written: readonly string[]): string[] {
  const folders = writtenFiles(written).map((path) => path.slice(0, path.lastIndexOf('/')) || '/');
  const wanted = [...new Set(folders.filter((folder) => folder !== '/'))].sort();
  return wanted.filter((folder) => !wanted.some((other) => other !== folder && folder.startsWith(`${other}/`)));
}
