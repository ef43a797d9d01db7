import type { Dockerfile, Instruction } from '../../src/dockerfile/index.ts';
import { insertAfter } from '../../src/edit/index.ts';
import { aptReleasePrecedes, packagesOfImage, uncountedRecommendations } from '../../src/facts/index.ts';
import {
  defineTransform,
  type Facts,
  hasOption,
  hasOtherReading,
  type PackageCall,
  packageCalls,
  type ShellBody,
  shellBodies,
  systemOf,
} from '../../src/transform/index.ts';
import { hasText, installsWithPip, type Lost, lostPackages, mayAskScripts, namesOf, unversioned } from './lost.ts';
import { naming } from './naming.ts';

/** Words that follow the verb and are options stay in front: the flag goes after them, on the same line. */
function insertionPoint(body: ShellBody, call: PackageCall): number {
  let { end } = call.verbWord!;
  const after = call.options.filter((option) => option.word.start > end);
  for (const option of after) {
    const wordEnd = (option.valueWord ?? option.word).end;
    if (option.word.start <= end) continue;
    const between = body.script.text.slice(end, option.word.start);
    const isOnLine = body.instruction.logical.isContiguous(body.base + end - 1, body.base + wordEnd);
    if (between.trim() !== '' || !isOnLine) break;
    end = wordEnd;
  }
  return end;
}

const MESSAGE = (manager: string) =>
  `\`${manager} install\` brings recommended packages along, which nothing in the image may need`;

const compilers = ['build-essential', 'gcc', 'g++', 'clang'];

/** What an install would lose that cannot be named, in words; undefined where there is nothing of the kind. */
function unnamed(
  file: Dockerfile,
  facts: Facts,
  instruction: Instruction,
  written: readonly string[],
): string | undefined {
  const { index, stage } = instruction;
  const base = file.baseReference(file.rootStage(stage!)) ?? '';
  const image = systemOf(file, instruction, facts);
  const names = written.map(unversioned);
  if (names.some((name) => /^\.{0,2}\//.test(name))) return 'what a package in a file recommends is not known';
  for (const [at, name] of names.entries()) {
    const found = uncountedRecommendations.find(
      ({ packages, uses, since }) =>
        packages.test(name) &&
        !(since && aptReleasePrecedes(base, image, since)) &&
        (!uses || hasText(file, instruction, uses)),
    );
    if (found) return `\`${written[at]}\` recommends ${found.brings}, and which of them are needed is not known`;
  }
  if ([...names, ...packagesOfImage(base)].some((name) => compilers.includes(name))) return undefined;
  // Its recommended compiler and headers are what `pip` builds packages with (packages.debian.org/python3-pip).
  const pip = names.find((name) => /^(?:python3?-pip|(?:python3-)?virtualenv)$/.test(name));
  if (pip && installsWithPip(file, index)) {
    return `\`${pip}\` recommends the compiler that \`pip install\` may need`;
  }
  const golang = names.find((name) => /^golang(?:-go)?$/.test(name));
  if (golang && !/CGO_ENABLED[= ]["']?0/.test(file.source)) {
    return `\`${golang}\` recommends the compiler that a module with cgo needs`;
  }
  return undefined;
}

/** "`a`, `b` and `c`" of some names. */
function listed(names: readonly string[]): string {
  const quoted = names.map((name) => `\`${name}\``);
  return quoted.length < 2 ? quoted.join('') : `${quoted.slice(0, -1).join(', ')} and ${quoted.at(-1)}`;
}

function titleOf(lost: readonly Lost[]): string {
  const title = 'Add `--no-install-recommends`';
  if (lost.length === 0) return title;
  const by = listed([...new Set(lost.map((each) => each.by))]);
  const verb = lost.length === 1 ? 'comes' : 'come';
  return `${title}, and name ${listed(lost.map(({ name }) => name))}, which ${verb} along with ${by}`;
}

export const addNoInstallRecommends = defineTransform({
  id: 'add-no-install-recommends',
  meta: {
    summary: 'Install without recommended packages',
    why: 'Recommended packages are what a desktop would like beside a package; an image seldom needs them, and each is more to download, scan and patch.',
    safety: 'unsafe',
    safetyNote:
      'The set of installed packages changes, and something may have relied on a recommended one. Those that programs commonly need, as `ca-certificates` for `curl` and `git`, are named in the install, unless the base image or another package brings them.',
    preset: 'recommended',
    since: '0.1.0',
    onbuild: false,
    answers: {
      hadolint: ['DL3015'],
      trivy: ['DS-0029'],
      kics: ['7384dfb2-fcd1-4fbf-91cd-6c44c318c33c'],
    },
  },
  needs(file) {
    const bases = file.stages
      .filter(({ instructions }) =>
        instructions.some((each) => each.keyword === 'RUN' && /\bapt(?:-get)?\s/.test(file.args(each))),
      )
      .flatMap((stage) => file.baseReference(file.rootStage(stage)) ?? []);
    return { systems: bases.filter((base) => base !== 'scratch'), ...(mayAskScripts(file) && { context: true }) };
  },
  *find({ file, facts }) {
    // A setting in apt.conf holds for every call, wherever the file writes it.
    if (/APT::Install-Recommends/i.test(file.source)) return;
    for (const body of shellBodies(file, facts)) {
      const { instruction, base } = body;
      for (const call of packageCalls(body.script)) {
        const { manager, verb, operands } = call;
        if ((manager.name !== 'apt-get' && manager.name !== 'apt') || verb !== 'install' || operands.length === 0)
          continue;
        if (hasOption(call, '--no-install-recommends', '--install-recommends', '--only-upgrade') || call.uncertain)
          continue;
        if (hasOtherReading(body, call.command.start, call.command.end)) continue;
        const span = instruction.logical.span(base + call.program.start, base + call.verbWord!.end);
        const message = MESSAGE(manager.name);
        const names = namesOf(file, instruction, call);
        const detail = names
          ? unnamed(file, facts, instruction, names)
          : 'which packages the variable holds is not known';
        if (!names || detail !== undefined) {
          yield { span, message, skipped: 'packages-needed-later', ...(detail && { detail }) };
          continue;
        }
        const lost = lostPackages(file, facts, instruction, call, names);
        const at = insertionPoint(body, call);
        yield {
          span,
          message,
          fix: {
            title: titleOf(lost),
            safety: 'unsafe',
            evidence: lost.some(({ from }) => from === 'context') ? ['text', 'context'] : ['text'],
            edits: [insertAfter(instruction, base + at, ' --no-install-recommends'), ...naming(file, body, call, lost)],
            changes: { edits: [instruction.index], packages: 'fewer' },
          },
        };
      }
    }
  },
});
