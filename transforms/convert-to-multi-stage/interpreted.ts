import { posix } from 'node:path';
import { homeSteps, type Runtime } from '../../src/facts/index.ts';
import type { StageCommand } from '../../src/transform/index.ts';
import { setsUpRepository } from './packages.ts';
import { type ContainerNeeds, healthcheckRefusal } from './pitfalls.ts';
import { type Artifact, type Plan, type Refusal, type RunUser, refuse } from './plan.ts';
import { addedCertificates } from './runtime.ts';
import type { SourceReading } from './sources.ts';
import { frameworkWrites, needsRoot, rootCall, rootNeed, runsAsRoot } from './start-rights.ts';
import type { Subject } from './subject.ts';
import { sameUser, userFor } from './user.ts';
import { closedPaths, preparedPaths, writtenDirectories } from './writes.ts';

/** What a recipe knows of an application that runs from its sources. */
export interface Application {
  readonly runtime: Runtime;
  readonly written?: string;
  readonly container: ContainerNeeds;
  readonly reading: SourceReading;
  /** Files that only the build reads. */
  readonly buildFiles: RegExp;
  /** What the final stage takes besides the application's own directory. */
  readonly artifacts: readonly Artifact[];
  /** Directories that these hold; a build step may write below them and nowhere else. */
  readonly holds: readonly string[];
  /** The parts of the application that are taken; all of it if absent. */
  readonly parts?: readonly Artifact[];
  readonly environment?: Plan['environment'];
  readonly start?: Plan['start'];
  readonly buildTail?: readonly string[];
  readonly buildInserts?: Plan['buildInserts'];
  readonly note?: string;
}

/** Plans an application that takes its own directory along, with all that the build put elsewhere. */
export function planApplication(subject: Subject, application: Application): Plan | Refusal {
  const { directory, layout } = subject;
  const { runtime, container, reading } = application;
  if (directory === undefined) return refuse('working-directory-unknown');
  if (directory === '/')
    return refuse('artifact-unknown', 'the application lies in `/`, among the files of the system');
  const lost = homeStep(subject);
  if (lost !== undefined) return refuse('environment-elsewhere', lost);
  // Lists of packages are read by the build alone.
  const outside = layout!.outside(directory).filter((path) => !application.buildFiles.test(path));
  const taken = [directory, ...application.holds, ...outside];
  const stray = strayStep(subject, taken);
  if (stray) return refuse('artifact-unknown', `\`${stray.name}\` puts something elsewhere`, stray.instruction);
  const packages = [...container.packages].sort();
  const unhealthy = healthcheckRefusal(subject, runtime, packages);
  if (unhealthy) return unhealthy;
  const server = needsRoot(subject);
  const root = runsAsRoot(subject) ? (rootNeed(subject) ?? rootCall(reading)) : undefined;
  const written = writtenDirectories(subject, { ...reading, writes: [...reading.writes, ...frameworkWrites(subject)] });
  const unknown =
    server !== undefined
      ? `\`${server}\` needs root`
      : 'unknown' in written
        ? `it writes to ${written.unknown}`
        : undefined;
  const stays = root?.detail ?? unknown;
  // An image with a shell can run as it did; one without runs as its own user alone.
  if (stays !== undefined && runtime.family !== 'slim') return root ?? refuse('writes-unknown', unknown);
  const writes = stays !== undefined || 'unknown' in written ? undefined : written;
  const rights = stays === undefined ? undefined : `it runs as the user that it had (${stays})`;
  const notes = [application.note, rights].filter((each) => each !== undefined);
  const user: RunUser | { lacks: string } = writes ? userFor(subject, runtime) : sameUser(subject, runtime);
  if ('lacks' in user) return refuse('owner-unknown', `\`${user.lacks}\`, as whom it runs`);
  const owned = writes?.owned ?? [];
  const closed = writes ? closedPaths(subject) : [];
  // So many are a checkout that only its owner may read.
  const ownsDirectory = writes !== undefined && (writes.ownsDirectory || closed.length > 5);
  const own: Artifact[] = application.parts
    ? application.parts.map((each) => ({ ...each, owned: ownsDirectory }))
    : [{ from: directory, owned: ownsDirectory }];
  const covered = (path: string) => own.some((each) => path === each.from || path.startsWith(`${each.from}/`));
  const left = owned.filter((path) => !covered(path));
  // Where it is not known, it may look for all that was made ready.
  const kept = writes ? [] : preparedPaths(subject).filter((path) => !covered(path) && !outside.includes(path));
  const given = [...owned, ...closed].filter((path) => covered(path) && !ownsDirectory);
  return {
    runtime,
    ...(application.written !== undefined && { written: application.written }),
    packages,
    recommends: container.recommends === true,
    artifacts: [
      ...addedCertificates(subject),
      ...application.artifacts,
      ...own,
      ...outside.map((from) => ({ from })),
      ...left.map((from) => ({ from, owned: true })),
      ...kept.map((from) => ({ from })),
    ],
    // COPY --from keeps the owners of files, and gives a directory that is there already no other.
    buildTail: [
      ...(application.buildTail ?? []),
      ...(given.length > 0 ? [`RUN chown ${owned.length > 0 ? '-R ' : ''}${user.ids} ${given.join(' ')}`] : []),
    ],
    ...(application.buildInserts && { buildInserts: application.buildInserts }),
    ...(application.environment && { environment: application.environment }),
    ...(application.start && { start: application.start }),
    user,
    ownsDirectory,
    evidence: ['context'],
    ...(notes.length > 0 && { note: notes.join('; ') }),
  };
}

/** A step that leaves what the application needs in the home of root. */
function homeStep({ commands, file, stage }: Subject): string | undefined {
  const settings = stage.instructions.filter((each) => each.keyword === 'ENV').map((each) => file.args(each));
  const texts = [...new Set(commands.map((each) => each.instruction))].map((each) => file.args(each));
  return homeSteps.find(
    (each) =>
      texts.some((text) => each.step.test(text)) &&
      !(each.movedBy && [...texts, ...settings].some((text) => each.movedBy!.test(text))),
  )?.name;
}

/** Programs that change nothing, or only what belongs to the distribution or to the tools of the build. */
const harmless =
  /^(?:apt|apt-get|apt-cache|dpkg|rm|rmdir|echo|printf|true|false|test|\[|set|cat|ls|which|id|date|chmod|chown|groupadd|useradd|adduser|addgroup|usermod|groupmod|update-ca-certificates|composer(?:\.phar)?|docker-php-ext-\w+|pip3?|python3?(?:\.\d+)?|npm|yarn|pnpm|node|corepack|bundle|gem|ruby|composer|php|git|sleep|npx|tsc|find|grep|head|tail|wc|sort|uname|mkdir|touch|gcc|g\+\+|cc)$/;
/** Programs that change the system itself, which the final stage does not take along. */
const systemWide =
  /^(?:a2\w+|update-alternatives|locale-gen|localedef|dpkg-reconfigure|ldconfig|phpenmod|setcap|fc-cache|systemctl|playwright)$/;
const passing =
  /^\/(?:tmp|var\/(?:lib\/apt|cache|tmp|log)|root\/\.(?:cache|npm|gnupg)|dev|proc|usr\/share\/(?:doc|man|locale)|etc\/apt)(?:\/|$)/;

/** A step that may put something where the final stage does not take it from. */
function strayStep({ commands, file }: Subject, taken: readonly string[]): StageCommand | undefined {
  const isTaken = (path: string) =>
    passing.test(path) || taken.some((each) => path === each || path.startsWith(`${each}/`));
  return commands.find((each) => {
    const redirected = each.command.redirects.some((redirect) => {
      if (!redirect.operator.startsWith('>') || redirect.operator === '>&') return false;
      const target = redirect.target?.literal;
      return target === undefined || !isTaken(posix.resolve(each.directory ?? '/', target));
    });
    if (redirected) return true;
    if (/^(?:npm|yarn|pnpm)$/.test(each.name)) return each.words.some((word) => word === '-g' || word === '--global');
    if (/^(?:mkdir|touch)$/.test(each.name)) return false;
    if (/^(?:gcc|g\+\+|cc)$/.test(each.name)) {
      const output = each.words[each.words.indexOf('-o') + 1];
      return (
        each.words.includes('-o') && (output === undefined || !isTaken(posix.resolve(each.directory ?? '/', output)))
      );
    }
    if (
      systemWide.test(each.name) ||
      (/^(?:make|ninja|cmake)$/.test(each.name) && each.words.some((word) => /^(?:--)?install$/.test(word ?? '')))
    )
      return true;
    if (harmless.test(each.name)) return false;
    // A script that is piped into a shell installs what it likes.
    const readsInput = each.words.every((word) => word !== undefined && /^(?:-(?!\w*c)|[A-Z_]+=)/.test(word));
    if (/^(?:ba|da|a)?sh$/.test(each.name) && readsInput) return !setsUpRepository.test(file.args(each.instruction));
    const operands = each.words.filter((word) => word === undefined || !word.startsWith('-'));
    const paths = operands.slice(/^(?:cp|mv|ln|install)$/.test(each.name) ? -1 : 0);
    return paths.some(
      (word) =>
        word === undefined ||
        (each.directory === undefined && !word.startsWith('/')) ||
        (/^\/|^\.\./.test(word) && !isTaken(posix.resolve(each.directory ?? '/', word))),
    );
  });
}
