import type { Dockerfile } from '../src/dockerfile/index.ts';
import { insertAfter } from '../src/edit/index.ts';
import type { ShellBody } from '../src/transform/index.ts';
import {
  defineTransform,
  type Finding,
  hasOption,
  hasOtherReading,
  type PackageCall,
  packageCalls,
  shellBodies,
  stdinIsGiven,
} from '../src/transform/index.ts';

/** Verbs that may ask, beyond those that change packages. */
const zypperVerbs = new Set('install in remove rm update up patch dist-upgrade dup'.split(' '));
const notAsking = new Set('download source'.split(' '));

const asksNothing: Readonly<Record<string, readonly string[]>> = {
  apt: [
    '-y',
    '--yes',
    '--assume-yes',
    '-s',
    '--simulate',
    '--just-print',
    '--dry-run',
    '--recon',
    '--no-act',
    '--print-uris',
    '--assume-no',
  ],
  rpm: ['-y', '--assumeyes', '--assumeno', '--downloadonly'],
  zypper: ['-y', '--no-confirm', '-n', '--non-interactive', '-D', '--dry-run'],
};

/** Settings that answer for every call of a file, wherever they are written. */
const setForAll: Readonly<Record<string, RegExp>> = {
  apt: /assume-yes\s*"?\s*["']?(?:true|1|yes)/i,
  rpm: /assumeyes\s*=\s*(?:1|true|yes)/i,
  zypper: /\bZYPP_NON_INTERACTIVE\b/,
};

function mayAsk(file: Dockerfile, call: PackageCall): boolean {
  const { family, name } = call.manager;
  const silent = asksNothing[family];
  if (!silent || name === 'apt-cache' || call.uncertain || !call.verb || notAsking.has(call.verb)) return false;
  const changes = ['install', 'upgrade', 'remove'].includes(call.effect);
  if (family === 'zypper' ? !zypperVerbs.has(call.verb) : !changes) return false;
  if (hasOption(call, ...silent) || setForAll[family]?.test(file.source)) return false;
  if (call.options.some((option) => /assume-?yes/i.test(option.value ?? option.word.text))) return false;
  return family !== 'apt' || !isVeryQuiet(call);
}

/** `-qq` and `-q=2` mean yes to apt-get; a single `-q` does not. */
function isVeryQuiet(call: PackageCall): boolean {
  const quiet = call.options.filter((option) => option.name === '-q' || option.name === '--quiet');
  return quiet.length >= 2 || quiet.some((option) => Number(option.value) >= 2);
}

function* findIn(file: Dockerfile, body: ShellBody): Generator<Finding> {
  const { instruction, base, script } = body;
  for (const call of packageCalls(script)) {
    const { verbWord, manager, verb } = call;
    if (!mayAsk(file, call) || !verbWord || stdinIsGiven(script, call.command)) continue;
    if (hasOtherReading(body, call.command.start, call.command.end)) continue;
    yield {
      span: instruction.logical.span(base + verbWord.start, base + verbWord.end),
      message: `\`${manager.name} ${verb}\` asks before it goes on, and a build has nobody to answer`,
      fix: {
        title: `Add \`-y\` to \`${manager.name} ${verb}\``,
        safety: 'safe',
        evidence: ['text'],
        edits: [insertAfter(instruction, base + verbWord.end, ' -y')],
        changes: { edits: [instruction.index] },
      },
    };
  }
}

export const addAssumeYes = defineTransform({
  id: 'add-assume-yes',
  meta: {
    summary: 'Add -y to package managers that would ask',
    why: 'Without `-y` a step works while nothing needs a question, and fails on the day that one more dependency comes along.',
    safety: 'safe',
    safetyNote: 'A step that worked did not ask, and runs as before.',
    preset: 'recommended',
    since: '0.1.0',
    onbuild: false,
    answers: {
      hadolint: ['DL3014', 'DL3030', 'DL3034', 'DL3038'],
      trivy: ['DS-0021'],
      kics: [
        '77783205-c4ca-4f80-bb80-c777f267c547',
        '45e1fca5-f90e-465d-825f-c2cb63fa3944',
        '7ebd323c-31b7-4e5b-b26f-de5e9e477af8',
        '6e19193a-8753-436d-8a09-76dcff91bb03',
      ],
    },
  },
  *find({ file, facts }) {
    for (const body of shellBodies(file, facts)) yield* findIn(file, body);
  },
});
