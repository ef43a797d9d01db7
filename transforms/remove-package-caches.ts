import type { Dockerfile, Stage } from '../src/dockerfile/index.ts';
import { insertAfter } from '../src/edit/index.ts';
import {
  addCommandAfter,
  defineTransform,
  type Facts,
  type Finding,
  type Fix,
  hasOption,
  hasOtherReading,
  isAvailable,
  type PackageCall,
  packageCalls,
  runMounts,
  type ShellBody,
  shellBodies,
  systemOf,
} from '../src/transform/index.ts';

/** Whether a mount of the RUN may hold a cache: by the words of its target, or because the target is not known. */
function mayHoldCache(body: ShellBody, words: RegExp): boolean {
  return runMounts(body.instruction).some(({ type, target }) => {
    if (type !== 'cache' && type !== 'tmpfs') return false;
    return target === undefined || words.test(target) || /^\/(?:root|home(?:\/[^/]+)?)?$|\.cache/.test(target);
  });
}

/** Whether a comment says that a step is there for what it leaves in a cache. */
function fillsCache({ instruction }: ShellBody): boolean {
  const words = [...instruction.leading, ...instruction.comments].map((each) => each.text).join('\n');
  const filling =
    /\b(?:(?:pre-?)?warm(?:s|ing|up)?|prime|pre-?(?:fill|fetch|populate|seed)|populate|fill)\b[^.\n]*\bcache/i;
  return filling.test(words);
}

/** Whether a step runs in a bind mount: what it installs there is discarded, and the cache is all that is left. */
function isInMount({ instruction, script }: ShellBody): boolean {
  return runMounts(instruction).some(({ type, target }) => {
    if (type !== 'bind' || target === undefined) return false;
    const escaped = target.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
    return new RegExp(`\\bcd\\s+["']?${escaped}(?![\\w.-])`).test(script.text);
  });
}

/** Whether a variable is set, to whatever, before a RUN or in it. */
function isSet(file: Dockerfile, facts: Facts, body: ShellBody, name: string): boolean {
  const value = file.lookup(body.instruction)(name);
  const base = systemOf(file, body.instruction, facts)?.env;
  return value.known || body.script.text.includes(`${name}=`) || (base !== undefined && Object.hasOwn(base, name));
}

/** Releases whose own pip is older than `--no-cache-dir` (pip 6.0). */
const oldPip = /:(?:trusty|precise|14\.04|12\.04|jessie|wheezy|[78](?:[.-]|$))/;

function isOld(file: Dockerfile, body: ShellBody): boolean {
  const stage = body.instruction.stage;
  const reference = stage && file.baseReference(file.rootStage(stage));
  return reference !== undefined && /(?:^|\/)(?:debian|ubuntu)\b/.test(reference) && oldPip.test(reference);
}

const removals = /(?:^|[;&|({\s])(?:sudo\s+)?(?:rm|rmdir)\s[^;&|]*/g;

/** Whether another instruction does something with a cache but remove it: copies, mounts, keeps or reads it. */
function isTakenElsewhere(file: Dockerfile, body: ShellBody, words: RegExp): boolean {
  return file.instructions.some((each) => {
    if (each === body.instruction || !/^(?:COPY|ADD|RUN|VOLUME|CMD|ENTRYPOINT)$/.test(each.keyword)) return false;
    const mounts = runMounts(each).flatMap(({ type, from, source }) =>
      type === 'cache' || !from ? [] : (source ?? ''),
    );
    const heredocs = each.heredocs.map(({ content }) => file.source.slice(content.start, content.end));
    const text = [each.json?.join(' ') ?? file.args(each), ...heredocs].join('\n').replace(removals, ' ');
    return words.test(text) || mounts.some((source) => words.test(source));
  });
}

/** Whether a step removes again what it installs and nothing else follows, so that the cache is what it is for. */
function isOnlyForCache({ script }: ShellBody, { command }: PackageCall): boolean {
  const after = script.text.slice(command.end);
  return /^\s*(?:&&|;)\s*(?:rm\s+-\w*r\w*\s[^;&|]*node_modules|pip[\d.]*\s+uninstall)\b[^;&|]*(?:$|(?:&&|;)\s*rm\b)/.test(
    after,
  );
}

function* pip(file: Dockerfile, facts: Facts, body: ShellBody, calls: readonly PackageCall[]): Generator<Finding> {
  const installs = calls.filter((call) => call.verb === 'install');
  if (installs.length === 0 || mayHoldCache(body, /pip/) || isOld(file, body)) return;
  if (isSet(file, facts, body, 'PIP_NO_CACHE_DIR') || isSet(file, facts, body, 'PIP_CACHE_DIR')) return;
  // A cache that is emptied in the same RUN is gone, and `pip cache purge` fails where there is none.
  if (/\bcache\s+(?:purge|remove)\b|\.cache\b/.test(body.script.text)) return;
  if (/config\s+(?:--\S+\s+)*set\s+\S*no-cache-dir/.test(file.source)) return;
  const { instruction, base } = body;
  const isTaken = isTakenElsewhere(
    file,
    body,
    /(?:^|[/\s"'])\.cache(?:\/pip)?\/?(?=[\s"',*]|$)|\bpip[\d.]*\s+cache\b/m,
  );
  for (const call of installs) {
    if (call.uncertain || hasOption(call, '--no-cache-dir', '--no-cache', '--cache-dir', '--dry-run')) continue;
    if (hasOtherReading(body, call.command.start, call.command.end)) continue;
    const span = instruction.logical.span(base + call.program.start, base + call.verbWord!.end);
    const message = '`pip` keeps what it downloads in a cache, which stays in the layer and makes the image larger';
    if (isTaken || isOnlyForCache(body, call)) {
      yield { span, message, skipped: 'cache-needed-later' };
      continue;
    }
    yield {
      span,
      message,
      fix: fixOf(
        body,
        'Add `--no-cache-dir` to `pip install`',
        'safe',
        ['/**/.cache/pip/**', '/**/.cache'],
        [insertAfter(instruction, base + call.verbWord!.end, ' --no-cache-dir')],
      ),
    };
  }
}

function fixOf(
  { instruction }: ShellBody,
  title: string,
  safety: Fix['safety'],
  paths: readonly string[],
  edits: Fix['edits'],
): Fix {
  return { title, safety, evidence: ['text'], edits, changes: { edits: [instruction.index], paths } };
}

interface Cleaner {
  readonly family: string;
  readonly command: string;
  readonly mount: RegExp;
  /** Text of a body that already cleans up. */
  readonly handled: RegExp;
  readonly offline: RegExp;
  /** Where the cache is, in what other instructions say. */
  readonly folder: RegExp;
  readonly paths: readonly string[];
}

const npm: Cleaner = {
  family: 'npm',
  command: 'npm cache clean --force',
  mount: /npm/,
  handled: /cache\s+clean|\.npm\b|npm_config_cache|_cacache/,
  offline: /(?:^|[^\w-])npm\s[^;&|]*--(?:prefer-)?offline/,
  folder: /\.npm(?:\/_cacache)?\/?(?=[\s"',*]|$)|_cacache|\bnpm\s+cache\s+(?:add|ls|verify)\b/m,
  paths: ['/**/.npm', '/**/.npm/{_cacache,_locks,_logs,_update-notifier-last-checked,anonymous-cli-metrics.json}/**'],
};

const yarn: Cleaner = {
  family: 'yarn',
  command: 'yarn cache clean',
  mount: /yarn/,
  handled: /cache\s+clean|\.cache\b|YARN_CACHE_FOLDER|cache-folder/,
  offline: /(?:^|[^\w-])yarn\s[^;&|]*--(?:prefer-)?offline/,
  folder: /\.cache(?:\/yarn)?\/?(?=[\s"',*]|$)|\byarn\s+cache\s+(?:dir|list)\b|yarn-offline-mirror/m,
  paths: ['/**/.cache/yarn/**', '/**/.cache', '/usr/local/share/.cache', '/usr/local/share/.cache/yarn/**'],
};

/** Whether what a stage holds reaches the final image as its own layers: cleaning elsewhere gains nothing. */
function isInFinalImage(file: Dockerfile, stage: Stage | undefined): boolean {
  for (let each = file.finalStage; each; each = each.parent) if (each === stage) return true;
  return false;
}

function* clean(
  file: Dockerfile,
  facts: Facts,
  body: ShellBody,
  calls: readonly PackageCall[],
  by: Cleaner,
): Generator<Finding> {
  const { instruction, base, script } = body;
  const last = calls.findLast((call) => call.effect === 'install');
  if (!last || last.uncertain || hasOption(last, '--dry-run', '--package-lock-only', '--cache', '--help', '--version'))
    return;
  if (isInMount(body) && !hasOption(last, '-g', '--global') && last.verb !== 'global add') return;
  if (!isInFinalImage(file, instruction.stage) || mayHoldCache(body, by.mount) || by.handled.test(script.text)) return;
  if (new RegExp(`(?:^|[\\s/])${by.family}(?:_config_cache|_cache_folder)\\b`, 'i').test(file.source)) return;
  const span = instruction.logical.span(base + last.program.start, base + (last.verbWord ?? last.program).end);
  const message = `\`${by.family}\` keeps what it downloads in a cache, which stays in the layer and makes the image larger`;
  const later = file.instructions.slice(instruction.index + 1);
  const isOffline = later.some((each) => by.offline.test(each.json?.join(' ') ?? each.logical.text));
  if (isOffline || isTakenElsewhere(file, body, by.folder) || isOnlyForCache(body, last)) {
    yield { span, message, skipped: 'cache-needed-later' };
    return;
  }
  const safety = by === yarn ? yarnSafety(file, facts, last) : 'safe';
  if (!safety) return;
  const edit = addCommandAfter(file, body, last.command, asSameUser(last) + by.command);
  if (!edit) {
    yield { span, message, skipped: 'status-unclear' };
    return;
  }
  yield { span, message, fix: fixOf(body, `Add \`${by.command}\``, safety, by.paths, [edit]) };
}

/** What stands before an install and says whose cache it fills: another user, or another home. */
function asSameUser({ command, prefix, program }: PackageCall): string {
  const homes = command.assignments.filter(({ name }) => /^(?:HOME|XDG_CACHE_HOME)$/.test(name));
  const words = prefix.length === 0 ? [] : [...prefix, program].slice(0, -1);
  const timed = words.findIndex(({ text }) => /^(?:timeout|nice|ionice|command|exec)$/.test(text));
  const user = timed === -1 ? words : words.slice(0, timed);
  return [...homes, ...user]
    .map((each) => `${'value' in each ? `${each.name}=${each.value?.text ?? ''}` : each.text} `)
    .join('');
}

/**
 * Yarn 2 and later run from what `yarn cache clean` deletes, so only Yarn 1 is cleaned: safe where the build context
 * shows no settings of the later ones, never where the file names them.
 */
function yarnSafety(file: Dockerfile, facts: Facts, call: PackageCall): Fix['safety'] | undefined {
  if (/\.yarnrc\.yml|\.yarn\b|\bberry\b|corepack|yarn\s+set\s+version|yarn@[2-9]|\.pnp\b/.test(file.source))
    return undefined;
  if (hasOption(call, '--immutable', '--immutable-cache', '--inline-builds') || call.verb === 'workspaces focus')
    return undefined;
  const settings = facts.source('.yarnrc.yml');
  if (call.verb === 'global add') return 'safe';
  if (!isAvailable(settings)) return 'unsafe';
  return settings.entries.length === 0 ? 'safe' : undefined;
}

export const removePackageCaches = defineTransform({
  id: 'remove-package-caches',
  meta: {
    summary: 'Keep no download caches of pip, npm and Yarn',
    why: 'A cache of downloads is of no use in an image, and a later layer cannot take it out again.',
    safety: 'unsafe',
    safetyNote:
      'Unsafe for Yarn where the build context does not show which Yarn it is: Yarn 2 and later run from their cache. npm and Yarn are cleaned only in stages whose layers are in the final image. Nothing is done under a cache mount, or where a variable or setting already says what happens to the cache.',
    preset: 'recommended',
    since: '0.1.0',
    onbuild: false,
    answers: { hadolint: ['DL3042', 'DL3060'], kics: ['f2f903fb-b977-461e-98d7-b3e2185c6118'] },
  },
  needs: (file) => (/\byarn\b/.test(file.source) ? { sources: ['.yarnrc.yml'] } : {}),
  *find({ file, facts }) {
    for (const body of shellBodies(file, facts)) {
      if (fillsCache(body)) continue;
      const calls = packageCalls(body.script, false);
      const of = (family: string): PackageCall[] => calls.filter((call) => call.manager.family === family);
      yield* pip(file, facts, body, of('pip'));
      yield* clean(file, facts, body, of('npm'), npm);
      yield* clean(file, facts, body, of('yarn'), yarn);
    }
  },
});
