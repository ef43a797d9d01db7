import { insertAfter, replaceRange, type TextEdit } from '../src/edit/index.ts';
import {
  defineTransform,
  hasOtherReading,
  outputIsUsed,
  type PackageCall,
  packageCalls,
  type ShellBody,
  type SkipReason,
  shellBodies,
} from '../src/transform/index.ts';

/** Verbs that mean the same to both programs, as apt(8) and apt-get(8) have them. */
const same = new Set(
  'install update remove purge autoremove clean autoclean source download build-dep satisfy dist-upgrade reinstall'.split(
    ' ',
  ),
);

/** Options that mean the same to both, whatever the verb. */
const options = new Set(
  `-y --yes --assume-yes -q --quiet --no-install-recommends --install-recommends --no-install-suggests --install-suggests
  -m --fix-missing -f --fix-broken --reinstall --purge --allow-unauthenticated --allow-downgrades
  --allow-change-held-packages --allow-remove-essential --force-yes -t --target-release --default-release -o --option -c
  --config-file -d --download-only -s --simulate --dry-run --no-upgrade --only-upgrade --auto-remove --autoremove -V
  --verbose-versions -u --show-upgraded --no-remove --no-download --ignore-missing --allow-releaseinfo-change -a
  --host-architecture --no-show-upgraded --arch-only --indep-only --with-new-pkgs`
    .trim()
    .split(/\s+/),
);

function editsFor(body: ShellBody, call: PackageCall): TextEdit[] | SkipReason {
  const { instruction, base, script } = body;
  const { program, verb, verbWord } = call;
  if (!verb || !verbWord || call.uncertain) return 'no-equivalent';
  if (call.options.some((option) => !options.has(option.name))) return 'no-equivalent';
  const start = base + program.end - 'apt'.length;
  const edits = [replaceRange(instruction, start, base + program.end, 'apt-get')];
  // apt installs new packages in an upgrade, apt-get only where it is told to; its name for full-upgrade is older.
  if (verb === 'upgrade') edits.push(insertAfter(instruction, base + verbWord.end, ' --with-new-pkgs'));
  else if (verb === 'full-upgrade') {
    edits.push(replaceRange(instruction, base + verbWord.start, base + verbWord.end, 'dist-upgrade'));
  } else if (!same.has(verb)) return 'no-equivalent';
  if (outputIsUsed(script, call.command)) return 'output-used';
  return edits.every((edit) => edit !== undefined) ? edits : 'text-spread';
}

export const replaceAptWithAptGet = defineTransform({
  id: 'replace-apt-with-apt-get',
  meta: {
    summary: 'Replace apt with apt-get',
    why: '`apt` is made for people at a terminal: it warns that its command line interface is not stable. `apt-get` is the one for scripts.',
    safety: 'safe',
    safetyNote:
      'Only commands and options that mean the same to both. `apt` deletes downloaded packages after an install; so does `apt-get` in the official Debian and Ubuntu images, and those without their `docker-clean` setting may keep some in `/var/cache/apt/archives`.',
    preset: 'recommended',
    since: '0.1.0',
    onbuild: false,
    answers: { hadolint: ['DL3027'], checkov: ['CKV_DOCKER_9'], kics: ['b84a0b47-2e99-4c9f-8933-98bcabe2b94d'] },
  },
  *find({ file, facts }) {
    for (const body of shellBodies(file, facts)) {
      const { instruction, base } = body;
      for (const call of packageCalls(body.script)) {
        if (call.manager.name !== 'apt' || hasOtherReading(body, call.command.start, call.command.end)) continue;
        if (!/(?:^|\/)apt$/.test(call.program.text)) continue;
        const span = instruction.logical.span(base + call.program.start, base + call.program.end);
        const message = '`apt` is for people at a terminal, and what it prints and does may change between releases';
        const edits = editsFor(body, call);
        if (typeof edits === 'string') {
          yield { span, message, skipped: edits };
          continue;
        }
        yield {
          span,
          message,
          fix: {
            title: `Replace \`apt ${call.verb}\` with \`apt-get\``,
            safety: 'safe',
            evidence: ['text'],
            edits,
            changes: { edits: [instruction.index], paths: ['/var/cache/apt/archives/**'] },
          },
        };
      }
    }
  },
});
