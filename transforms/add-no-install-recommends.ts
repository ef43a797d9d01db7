import type { Dockerfile } from '../src/dockerfile/index.ts';
import { insertAfter } from '../src/edit/index.ts';
import {
  defineTransform,
  hasOption,
  hasOtherReading,
  type PackageCall,
  packageCalls,
  type ShellBody,
  shellBodies,
} from '../src/transform/index.ts';

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

const compilers = /^(?:build-essential|gcc(?:-\d+)?|g\+\+(?:-\d+)?|clang(?:-\d+)?)$/;

/** Whether this instruction or a later one installs packages with pip, which may have to compile them. */
const installsWithPip = (file: Dockerfile, index: number): boolean =>
  file.instructions.some(
    (each) =>
      each.index >= index &&
      each.keyword === 'RUN' &&
      /(?:\bpip[\d.]*|\bpipenv|\bpoetry|\buv)\s(?:[^;&|]*\s)?(?:install|sync)\b/.test(file.args(each)),
  );

export const addNoInstallRecommends = defineTransform({
  id: 'add-no-install-recommends',
  meta: {
    summary: 'Install without recommended packages',
    why: 'Recommended packages are what a desktop would like beside a package; an image seldom needs them, and each is more to download, scan and patch.',
    safety: 'unsafe',
    safetyNote:
      'The set of installed packages changes, and something may have relied on a recommended one: `ca-certificates` for `curl` and `git` is the usual one to name explicitly.',
    preset: 'recommended',
    since: '0.1.0',
    onbuild: false,
    answers: {
      hadolint: ['DL3015'],
      trivy: ['DS-0029'],
      kics: ['7384dfb2-fcd1-4fbf-91cd-6c44c318c33c'],
    },
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
        // Its recommended compiler and headers are what `pip` builds packages with (packages.debian.org/python3-pip).
        const names = operands.map((word) => word.literal?.replace(/[=/:].*$/, ''));
        const isForPip = names.some((name) => name === 'python3-pip' || name === 'python-pip');
        if (isForPip && !names.some((name) => compilers.test(name ?? '')) && installsWithPip(file, instruction.index)) {
          yield {
            span: instruction.logical.span(base + call.program.start, base + call.verbWord!.end),
            message: MESSAGE(manager.name),
            skipped: 'packages-needed-later',
            detail: '`python3-pip` recommends the compiler that `pip install` may need',
          };
          continue;
        }
        const at = insertionPoint(body, call);
        yield {
          span: instruction.logical.span(base + call.program.start, base + call.verbWord!.end),
          message: MESSAGE(manager.name),
          fix: {
            title: 'Add `--no-install-recommends`',
            safety: 'unsafe',
            evidence: ['text'],
            edits: [insertAfter(instruction, base + at, ' --no-install-recommends')],
            changes: { edits: [instruction.index], packages: 'fewer' },
          },
        };
      }
    }
  },
});
