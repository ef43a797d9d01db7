import type { Dockerfile } from '../../src/dockerfile/index.ts';
import {
  appendCommand,
  defineTransform,
  type Facts,
  type Finding,
  hasOption,
  isMounted,
  type PackageCall,
  packageCalls,
  type ShellBody,
  shellBodies,
} from '../../src/transform/index.ts';
import { findApk } from './apk.ts';
import type { IndexRules } from './index-flow.ts';
import { type LaterUse, laterUse } from './later-use.ts';

const reading = new Set(['install', 'upgrade', 'query']);

/** `apt-get install --update` (apt 2.9.23) fetches the lists itself. */
const updates = (call: PackageCall): boolean => call.effect === 'update' || hasOption(call, '-U', '--update');

const aptRules: IndexRules = {
  family: 'apt',
  reads: (call) => reading.has(call.effect) && !(call.verb === 'list' && hasOption(call, '--installed')),
  renews: (call) => updates(call) || call.effect === 'clean',
  indexPath: /\/var\/lib\/apt(?:\/lists|\/?$|\/?["']?$)|\/var\/lib\/\{?[\w,]*apt/,
  mention: /(?:^|[^\w.-])(?:apt-get|apt|aptitude|apt-cache|gdebi)(?:$|[^\w.-])/,
};

/** dnf and yum fetch what is missing themselves, unless they are told to use the cache alone. */
const rpmRules: IndexRules = {
  family: 'rpm',
  reads: (call) => reading.has(call.effect) && hasOption(call, '-C', '--cacheonly'),
  renews: (call) => call.effect === 'update' || call.effect === 'clean',
  indexPath: /\/var\/cache\/(?:yum|dnf|libdnf5|\*)/,
  mention: /\b(?:cacheonly)\b/,
};

/** zypper fetches again too, but then asks about keys that an option accepted before. */
const zypperRules: IndexRules = {
  family: 'zypper',
  reads: (call) => reading.has(call.effect) && hasOption(call, '--no-refresh', '--no-remote'),
  renews: (call) => call.effect === 'update' || call.effect === 'clean',
  indexPath: /\/var\/cache\/zypp/,
  mention: /--no-re(?:fresh|mote)\b/,
};
const zypperRulesAfterTrust: IndexRules = {
  ...zypperRules,
  reads: (call) => zypperRules.reads(call) || (reading.has(call.effect) && !hasOption(call, ...trusting)),
  mention: /\bzypper\b/,
};
const trusting = ['--gpg-auto-import-keys', '--no-gpg-checks', '-p', '--plus-repo'];

interface Family {
  readonly family: string;
  readonly rules: IndexRules;
  /** Text of a body that already cleans up, or says how. */
  readonly handled: RegExp;
  readonly paths: readonly string[];
  readonly title: string;
  readonly message: string;
  clean(last: PackageCall): string;
}

const families: readonly Family[] = [
  {
    family: 'apt',
    rules: aptRules,
    handled: /\/var\/lib\/(?:apt\b|\{|\*)|apt\/lists|\bdist-?clean\b/,
    paths: ['/var/lib/apt/lists/**'],
    title: 'Remove the package lists where they were fetched',
    message:
      'The package lists stay in the layer, which makes the image larger and lets later installs use stale lists',
    clean: () => 'rm -rf /var/lib/apt/lists/*',
  },
  {
    family: 'rpm',
    rules: rpmRules,
    handled: /\/var\/cache\/(?:\{|\*|yum|dnf|libdnf5)|\/var\/cache(?:\s|$)/,
    paths: ['/var/cache/dnf/**', '/var/cache/yum/**', '/var/cache/libdnf5/**', '/var/cache/tdnf/**'],
    title: 'Clean the package cache in the step that filled it',
    message: 'Package metadata and downloads stay in the layer, which makes the image larger',
    clean: (last) => `${last.program.text} clean all`,
  },
  {
    family: 'zypper',
    rules: zypperRules,
    handled: /\/var\/cache\/(?:zypp|\*)|\/var\/cache(?:\s|$)/,
    paths: ['/var/cache/zypp/**'],
    title: 'Clean the package cache in the step that filled it',
    message: 'Package metadata and downloads stay in the layer, which makes the image larger',
    clean: (last) => `${last.program.text} clean -a`,
  },
];

/** A call on the image's own root, whose index is where the rules look for it. */
function isOwnRoot(call: PackageCall): boolean {
  if (hasOption(call, '--installroot', '--root', '-R', '--reposd-dir', '--cache-dir', '-c', '--config-file'))
    return false;
  return !call.options.some((option) => /^(?:RootDir|Dir\b)/.test(option.value ?? ''));
}

function* findIn(file: Dockerfile, facts: Facts, body: ShellBody, { family, ...each }: Family): Generator<Finding> {
  const calls = packageCalls(body.script).filter((call) => call.manager.family === family);
  const { instruction, script } = body;
  const consumers = calls.filter((call) => call.effect === 'install' || call.effect === 'upgrade');
  const last = consumers.at(-1);
  if (!last || !calls.every(isOwnRoot)) return;
  const fetched = family === 'apt' ? calls.filter(updates) : consumers;
  const fetch = fetched[0];
  const from = fetched.at(-1)?.command.start ?? 0;
  // An update after the last install leaves lists on purpose.
  if (!fetch || last.command.start < from) return;
  if (each.handled.test(script.text.slice(from)) || /(?:^|\s)set\s+-\w*f/.test(script.text)) return;
  if (calls.some((call) => call.effect === 'clean' && call.command.start > from)) return;
  if (last.manager.cache.some((path) => isMounted(instruction, path))) return;
  const { logical } = instruction;
  const at = (family === 'apt' ? fetch : last).program;
  const span = logical.span(body.base + at.start, body.base + at.end);
  const { message } = each;
  const rules = family === 'zypper' && wasTrusted(file, body) ? zypperRulesAfterTrust : each.rules;
  const later = laterUse(file, facts, instruction, rules, last.manager.cache);
  if (later.certain) {
    yield { span, message, skipped: 'index-needed-later', detail: placeText(later) };
    return;
  }
  const sudo = last.viaSudo ? 'sudo ' : '';
  const edit = appendCommand(file, body, sudo + each.clean(last));
  if (!edit) {
    yield { span, message, skipped: 'status-unclear' };
    return;
  }
  // dnf, yum and zypper fetch their metadata again, whatever a script of another step wants.
  const isSafe = !later.possible || family !== 'apt';
  yield {
    span,
    message: isSafe ? message : `${message}; but ${placeText(later)} may install packages from them`,
    fix: {
      title: each.title,
      safety: isSafe ? 'safe' : 'unsafe',
      evidence: ['text'],
      edits: [edit],
      changes: { edits: [instruction.index], paths: each.paths },
    },
  };
}

/** Whether an option accepted keys or their absence up to a RUN. */
function wasTrusted(file: Dockerfile, body: ShellBody): boolean {
  const before = file.source.slice(0, body.instruction.span.end);
  return trusting.some((option) => before.includes(` ${option}`));
}

function placeText({ certain, possible }: LaterUse): string {
  const place = certain ?? possible!;
  const text = place.text.length > 60 ? `${place.text.slice(0, 60)}…` : place.text;
  if (!place.instruction) return text;
  return `\`${text.replace(/\s+/g, ' ')}\` in line ${place.instruction.startLine}`;
}

function* find(file: Dockerfile, facts: Facts): Generator<Finding> {
  for (const body of shellBodies(file, facts)) {
    for (const family of families) yield* findIn(file, facts, body, family);
    yield* findApk(file, facts, body);
  }
}

export const removePackageLists = defineTransform({
  id: 'remove-package-lists',
  meta: {
    summary: 'Remove package lists and metadata in the step that fetched them',
    why: 'The index of a package manager is of no use at run time, and a later layer cannot take it out again: only the RUN that fetched it can.',
    safety: 'unsafe',
    safetyNote:
      'Safe where no later step, stage or start command can install packages from the lists without an update of its own. Scripts of the build context are read. Unsafe where another script, an unknown program, an image built on this one or someone who works in it might. Never where a later step surely does, and never where a mount holds the lists.',
    preset: 'recommended',
    since: '0.1.0',
    onbuild: false,
    answers: {
      hadolint: ['DL3009', 'DL3019', 'DL3032', 'DL3036', 'DL3040'],
      trivy: ['DS-0015', 'DS-0019', 'DS-0020', 'DS-0025', 'DS-0027'],
      kics: [
        'df746b39-6564-4fed-bf85-e9c44382303c',
        'ae9c56a6-3ed1-4ac0-9b54-31267f51151d',
        '00481784-25aa-4a55-8633-3136dfcf4f37',
        '38300d1a-feb2-4a48-936a-d1ef1cd24313',
        '295acb63-9246-4b21-b441-7c1f1fb62dc0',
      ],
    },
  },
  needs: (file) => (/\b(?:apt|apt-get|apk|aptitude)\b/.test(file.source) ? { context: true, usage: true } : {}),
  find: ({ file, facts }) => find(file, facts),
});
