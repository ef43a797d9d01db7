import type { Instruction } from '../../src/dockerfile/index.ts';
import { covers, defineTransform, type Evidence, type Finding } from '../../src/transform/index.ts';
import { isGiven } from './author-owner.ts';
import { callerRefusal } from './callers.ts';
import { childRefusal } from './children.ts';
import { purposeRefusal, usageRefusal } from './elsewhere.ts';
import { listenPorts, nginxFiles } from './nginx.ts';
import type { Owned, Writes } from './owned.ts';
import { permissionFindings } from './permissions.ts';
import { place, userIn } from './placement.ts';
import { homeRefusal, readRefusal } from './reach.ts';
import { baseRefusal, contextRefusal, type Refusal, refusal, startRefusal, textRefusal } from './refusals.ts';
import { needsRefusal } from './root-needs.ts';
import { serverOf } from './servers.ts';
import { type Setting, settingOf } from './setting.ts';
import { asksForItsName } from './sources.ts';
import { type StartCommand, startOf } from './start.ts';
import { targetsOf } from './target.ts';
import { type ChosenUser, chooseUser, isRoot } from './user.ts';
import { writesOf } from './writes.ts';

const MESSAGE =
  'The image runs as root: whoever breaks into the application has root in the container, and more to break out with';

export const addNonRootUser = defineTransform({
  id: 'add-non-root-user',
  meta: {
    summary: 'Run as a user that is not root, and give it what it writes',
    why: 'A process that is root in its container owns every file of the image, may change the application itself, and is root on the host where a flaw lets it out. The user is a number, which Kubernetes can check, and it owns the folders that the application writes and nothing else.',
    safety: 'unsafe',
    safetyNote:
      'What the application writes is read from the Dockerfile, the scripts that start it, its sources, its frameworks and the files that run it. Where one of these needs root, or cannot be read, there is no fix. What only happens at run time may still be missed: named volumes from the time of root stay root’s, and folders of the host have owners of their own.',
    preset: 'recommended',
    since: '0.1.0',
    onbuild: false,
    answers: {
      hadolint: ['DL3002'],
      trivy: ['DS-0002'],
      checkov: ['CKV_DOCKER_3', 'CKV_DOCKER_8'],
      kics: ['fd54f200-402c-4333-a5a4-36ef6709af2f', '67fd0c4a-68cf-46d7-8c41-bc9fba7e40ae'],
      cis: ['4.1'],
    },
  },
  options: {
    user: {
      type: 'string',
      default: '',
      summary: 'The user: a name that the image has or gets, or a number; empty to choose one',
    },
    target: {
      type: 'string',
      default: '',
      summary: 'The stage that is built; empty for those that compose, bake and CI files name, else the last one',
    },
    writable: {
      type: 'strings',
      default: [],
      summary:
        'Absolute paths of folders that the application writes, besides those that are found; with them nothing else is asked, and `/tmp` alone says that there are no others',
    },
  },
  needs(file) {
    const base = file.finalStage && file.baseReference(file.rootStage(file.finalStage));
    return {
      context: true,
      usage: true,
      observed: true,
      ...(base === undefined || base === 'scratch' ? {} : { systems: [base] }),
    };
  },
  *find({ file, facts, options }): Generator<Finding> {
    const targets = targetsOf(file, facts, options.target);
    if (targets.kind === 'unclear') {
      const { span } = file.finalStage!.from;
      yield {
        span,
        message: MESSAGE,
        skipped: 'targets-unclear',
        detail: targets.names.map((name) => `\`${name}\``).join(', '),
      };
      return;
    }
    for (const stage of targets.stages) {
      const finding = plan(settingOf(file, stage, facts), options, targets.assumed);
      if (finding) yield finding;
    }
    const chains = new Set(targets.stages.flatMap((stage) => settingOf(file, stage, facts).chain));
    yield* permissionFindings(file, [...chains], facts);
  },
});

interface Wishes {
  readonly user: string;
  readonly writable: readonly string[];
}

function plan(setting: Setting, options: Wishes, assumed: boolean): Finding | undefined {
  const { stage, image } = setting;
  const end = stage.instructions.at(-1)!.index + 1;
  const user = userIn(setting, end);
  if (user !== undefined ? !isRoot(user) : image?.user !== undefined && !isRoot(image.user)) return undefined;
  const { span } = placeOf(setting, user);
  const skip = (why: Refusal): Finding => ({ span, message: MESSAGE, ...why });
  const text = textRefusal(setting) ?? baseRefusal(setting) ?? usageRefusal(setting) ?? purposeRefusal(setting);
  if (text) return skip(text);
  const start = startOf(setting);
  if (start.kind === 'drops') return undefined;
  const started =
    contextRefusal(setting) ??
    startRefusal(start) ??
    needsRefusal(setting, start) ??
    callerRefusal(setting, start) ??
    childRefusal(setting) ??
    homeRefusal(setting, start) ??
    readRefusal(setting);
  if (started) return skip(started);
  const commands = start.kind === 'known' ? start.commands : [];
  const servers = commands.map((command) => serverOf(setting, command));
  const insisted = servers.flatMap((row) => (typeof row === 'object' && row.user ? [row.user] : []))[0];
  const chosen = chooseUser(setting, options.user, insisted);
  if (chosen === 'user-from-variable') return skip({ skipped: chosen });
  if (chosen === undefined) return skip({ skipped: 'base-unknown', detail: 'the tools and users of the base image' });
  if (chosen.name === undefined && asksForItsName(setting)) return skip({ skipped: 'user-without-entry' });
  if (chosen.home === undefined && covers('/root', setting.environment.get('HOME') ?? ''))
    return skip(refusal('files-in-root-home', `\`HOME\` is root’s, and \`${chosen.written}\` has none of its own`));
  const writes = writesOf(setting, commands, chosen.home, options.writable);
  if (writes.kind === 'system') return skip({ skipped: 'start-writes-system', detail: writes.what });
  if (writes.kind === 'unknown') return skip({ skipped: 'written-paths-unknown', detail: writes.what });
  const names = [chosen.name, chosen.uid === undefined ? undefined : String(chosen.uid)].flatMap((each) => each ?? []);
  const placed = place(
    setting,
    chosen,
    writes.owned.filter((each) => !isGiven(setting, names, each)),
  );
  if (typeof placed === 'string') return skip({ skipped: placed });
  const evidence: Evidence[] = ['text'];
  if (setting.context) evidence.push('context');
  if (image?.source === 'registry') evidence.push('registry');
  const hasName = chosen.name !== undefined;
  return {
    span,
    message: `${MESSAGE}. ${explain(setting, commands, chosen, writes, assumed)}`,
    fix: {
      title: hasName
        ? `Run as \`${chosen.name}\`${chosen.uid === undefined ? '' : ` (${chosen.uid})`}`
        : `Run as \`${chosen.written}\``,
      safety: 'unsafe',
      evidence,
      edits: placed.edits,
      guards: [
        stage.from.span,
        ...stage.instructions
          .filter(({ keyword }) => /^(?:USER|CMD|ENTRYPOINT|VOLUME)$/.test(keyword))
          .map((each) => each.span),
      ],
      changes: placed.changes,
      asks: [{ option: 'user', message: 'Which user should it run as?', default: chosen.name ?? chosen.written }],
    },
  };
}

/** Where the finding stands: at the USER that is root's, else at the FROM of the stage. */
function placeOf({ stage }: Setting, user: string | undefined): Instruction {
  const last = user === undefined ? undefined : stage.instructions.findLast(({ keyword }) => keyword === 'USER');
  return last ?? stage.from;
}

function explain(
  setting: Setting,
  commands: readonly StartCommand[],
  user: ChosenUser,
  { owned, observed, left }: Extract<Writes, { kind: 'known' }>,
  assumed: boolean,
): string {
  const sentences: string[] = [];
  const name = user.name === undefined ? `\`${user.written}\`` : `\`${user.name}\``;
  sentences.push(`It will run as ${name}, ${user.why}`);
  if (owned.length > 0) sentences.push(`it owns ${ownedBecause(owned)}`);
  else sentences.push(observed ? 'a container was not seen to write anything' : 'nothing was found that it writes');
  if (left !== undefined) sentences.push(`the option \`writable\` is taken to say the rest (${left})`);
  const ports = portsBelow1024(setting, commands);
  if (ports.length > 0)
    sentences.push(
      `port ${ports.join(', ')} is open to every user in a container’s own network, but not on the network of the host, nor in OpenShift`,
    );
  if (owned.some(({ why }) => /volume/.test(why)))
    sentences.push('a volume that has files already keeps their owner, and has to be given away once');
  if (setting.usage?.runs.some(({ mounts }) => mounts.some(({ bind }) => bind)))
    sentences.push('folders of the host that are mounted have owners of their own');
  if (user.uid === undefined)
    sentences.push('the file gives the user no number, which Kubernetes would need to check it');
  if (assumed) sentences.push('nothing names the stage that is built, so the last one is taken');
  return sentences.join('; ');
}

/** The paths, those with one reason together. */
function ownedBecause(owned: readonly Owned[]): string {
  const reasons = [...new Set(owned.map(({ why }) => why))];
  const paths = (reason: string) => owned.filter(({ why }) => why === reason).map(({ path }) => `\`${path}\``);
  return reasons.map((reason) => `${paths(reason).join(', ')} (${reason})`).join(', ');
}

function portsBelow1024(setting: Setting, commands: readonly StartCommand[]): number[] {
  const { file, instructions, image, environment } = setting;
  const ports = new Set(listenPorts(nginxFiles(setting, commands)).filter((port) => port > 0 && port < 1024));
  for (const each of instructions) {
    if (each.keyword !== 'EXPOSE') continue;
    for (const word of file.words(each)) {
      const expanded = file.expand(word.text, each);
      const port = expanded.ok ? Number.parseInt(expanded.value, 10) : Number.NaN;
      if (port > 0 && port < 1024) ports.add(port);
    }
  }
  for (const port of image?.exposedPorts ?? [])
    if (Number.parseInt(port, 10) < 1024) ports.add(Number.parseInt(port, 10));
  const port = Number(environment.get('PORT'));
  if (port > 0 && port < 1024) ports.add(port);
  return [...ports];
}
