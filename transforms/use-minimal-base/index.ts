import type { Dockerfile, Instruction, Stage } from '../../src/dockerfile/index.ts';
import { removeInstruction, type TextEdit } from '../../src/edit/index.ts';
import { distrolessRuntime } from '../../src/facts/index.ts';
import { familiarName, normalize, parseReference } from '../../src/image/index.ts';
import {
  covers,
  defineTransform,
  directoryBehind,
  type Facts,
  type Finding,
  holdsTemplate,
  hostNeed,
  isAvailable,
  type SkipReason,
  stageCommands,
} from '../../src/transform/index.ts';
import { isStaticProgram } from './programs.ts';

/** Images that hold a whole distribution, or none of what a static program needs. */
const distributions =
  /^(?:debian|ubuntu|alpine|busybox|fedora|centos|rockylinux(?:\/rockylinux)?|almalinux|oraclelinux|amazonlinux|archlinux|registry\.access\.redhat\.com\/ubi\d+(?:\/ubi(?:-minimal|-micro)?)?|redhat\/ubi\d+(?:-minimal|-micro)?|quay\.io\/centos\/centos|bitnami\/minideb)$/;
const nonroot = /^(?:65532|nonroot)(?::(?:65532|nonroot))?$/;

export const useMinimalBase = defineTransform({
  id: 'use-minimal-base',
  meta: {
    summary: 'Run static programs from an image that holds nothing else',
    why: 'A static program needs certificates, time zones and a user at most; a shell, a package manager and a C library beside it are there for whoever breaks in, and have to be updated.',
    safety: 'unsafe',
    safetyNote:
      'The program runs as the user 65532 from then on, and there is no shell in the image for `docker exec`. Applied only where the program is seen to be static: by its ELF header in the build context, or by a build without cgo in an earlier stage.',
    preset: 'recommended',
    since: '0.1.0',
    onbuild: false,
    answers: {},
  },
  needs: (file) => (candidate(file) ? { context: true, usage: true } : {}),
  *find({ file, facts }): Iterable<Finding> {
    const stage = candidate(file);
    if (!stage) return;
    const { span } = stage.from;
    const message = 'The image that runs holds a whole distribution around one program';
    const plan = planFor(file, stage, facts);
    if (plan === undefined) return;
    if ('skipped' in plan)
      yield {
        span: plan.at?.span ?? span,
        message,
        skipped: plan.skipped,
        ...(plan.detail !== undefined && { detail: plan.detail }),
      };
    else yield { span, message, fix: plan };
  },
});

/** The last stage, where it is of a distribution and builds nothing. */
function candidate(file: Dockerfile): Stage | undefined {
  const stage = file.finalStage;
  if (!stage?.base || stage.parent || stage.instructions.some((each) => each.opaque || each.keyword === 'ONBUILD'))
    return undefined;
  const parsed = parseReference(file.baseReference(stage) ?? '');
  if (!parsed.ok || !distributions.test(familiarName(normalize(parsed.reference)))) return undefined;
  return stage.instructions.some((each) => each.keyword === 'COPY' || each.keyword === 'ADD') ? stage : undefined;
}

type Refused = { readonly skipped: SkipReason; readonly detail?: string; readonly at?: Instruction };

function planFor(
  file: Dockerfile,
  stage: Stage,
  facts: Facts,
): Extract<Finding, { fix: object }>['fix'] | Refused | undefined {
  const start = startOf(stage);
  if (start === undefined) return undefined;
  const directory = directoryBehind(file, stage.instructions.at(-1)!, facts);
  if (directory === undefined) return undefined;
  const proof = isStaticProgram(file, stage, facts, start[0]!, directory);
  if (proof === undefined) return undefined;
  if (typeof proof !== 'string') return proof;
  const from = file.lines.lineStart(stage.from.startLine);
  if (holdsTemplate(file.source.slice(from))) return { skipped: 'template-text' };
  const script = stage.instructions.find((each) => each.keyword === 'SHELL');
  if (script) return { skipped: 'shell-unknown', at: script };
  const check = stage.instructions.findLast((each) => each.keyword === 'HEALTHCHECK');
  if (check && !/^NONE\b/i.test(file.args(check)) && !checksItself(file, check, start[0]!))
    return { skipped: 'healthcheck-needs-tool', at: check };
  const usage = facts.usage();
  const asked = (isAvailable(usage) ? usage.runs : []).find(({ checks = [] }) =>
    checks.some(([program]) => program !== start[0]),
  );
  if (asked) return { skipped: 'healthcheck-needs-tool', detail: `\`${asked.file}\` line ${asked.line}` };
  const writes = stage.instructions.find((each) => each.keyword === 'VOLUME');
  if (writes) return { skipped: 'writes-unknown', detail: '`VOLUME`', at: writes };
  const host = runsAsRoot(file, stage) ? hostNeed(file, stage.instructions, usage) : undefined;
  if (host !== undefined) return { skipped: 'run-needs-host', detail: host };
  const closed = stage.instructions.find(
    (each) =>
      each !== stage.from && each.keyword !== 'RUN' && /(?:^|[\s"'=:])\/root(?:[\s/"']|$)/.test(file.args(each)),
  );
  if (closed || covers('/root', directory)) return { skipped: 'files-in-root-home', ...(closed && { at: closed }) };
  const owned = stage.instructions.find((each) => {
    const owner = each.flags.find((flag) => flag.name === 'chown')?.value;
    return owner !== undefined && !/^\d+(?::\d+)?$/.test(owner) && !nonroot.test(owner);
  });
  if (owned) return { skipped: 'owner-unknown', at: owned };
  const foreign = stage.instructions.find((each) => bringsProgram(file, each));
  if (foreign) return { skipped: 'shared-library-unknown', detail: 'of what another image brings', at: foreign };
  const runtime = distrolessRuntime('static', { libc: 'static' });
  if (typeof runtime === 'string') return { skipped: runtime };
  const edits: TextEdit[] = [];
  const removes: number[] = [];
  for (const each of stage.instructions) {
    const leaves = each.keyword === 'USER' || (each.keyword === 'RUN' && isNeedless(file, stage, each, facts));
    if (each.keyword === 'RUN' && !leaves)
      return { skipped: 'nothing-to-separate', detail: 'a step changes the image', at: each };
    if (!leaves) continue;
    if (each.keyword === 'USER' && nonroot.test(file.args(each).trim())) continue;
    const edit = removeInstruction(file, each);
    if (!edit) return { skipped: 'text-spread', at: each };
    edits.push(edit);
    removes.push(each.index);
  }
  const { base } = stage;
  if (!stage.from.logical.isContiguous(base!.start, base!.end)) return { skipped: 'text-spread' };
  const platform = stage.from.flags.some((flag) => flag.name === 'platform');
  if (platform) return { skipped: 'release-unknown', detail: '`--platform`' };
  edits.push({ ...stage.from.logical.span(base!.start, base!.end), text: runtime.reference });
  const guards = stage.instructions.filter((each) => each.keyword !== 'FROM' && !removes.includes(each.index));
  return {
    title: `Run from \`${runtime.reference}\``,
    safety: 'unsafe',
    evidence: [proof],
    edits: withDirectory(file, stage, directory, edits),
    guards: guards.map((each) => each.span),
    remakes: true,
    changes: {
      edits: [stage.from.index],
      removes,
      ...(needsDirectory(stage) && { adds: [{ before: stage.from.index + 1, keyword: 'WORKDIR' }] }),
      config: ['Cmd', 'Entrypoint', 'Env', 'User', 'WorkingDir'],
      paths: ['**'],
    },
  };
}

function runsAsRoot(file: Dockerfile, stage: Stage): boolean {
  const user = stage.instructions.findLast((each) => each.keyword === 'USER');
  return user === undefined || /^(?:root|0)(?::|$)/.test(file.args(user).trim());
}

/** Whether a COPY takes from another image what may be a program: how that is linked cannot be seen. */
function bringsProgram(file: Dockerfile, instruction: Instruction): boolean {
  const from = instruction.keyword === 'COPY' && instruction.flags.find(({ name }) => name === 'from')?.value;
  if (!from || file.stageByName(from, { byIndex: true })) return false;
  const sources = (instruction.json ?? file.words(instruction).map((word) => word.text)).slice(0, -1);
  return !sources.every((path) =>
    /^\/?(?:etc|usr\/share)\/|\.(?:pem|crt|json|ya?ml|toml|txt|html|css|conf)$/.test(path),
  );
}

/** The words that are started, in exec form alone; undefined where a shell starts them, or nothing does. */
function startOf(stage: Stage): readonly string[] | undefined {
  const last = (keyword: string) => stage.instructions.findLast((each) => each.keyword === keyword);
  const [entrypoint, cmd] = [last('ENTRYPOINT'), last('CMD')];
  if ((entrypoint && !entrypoint.json) || (!entrypoint && cmd && !cmd.json)) return undefined;
  const words = [...(entrypoint?.json ?? []), ...(cmd?.json ?? [])];
  return words.length > 0 ? words : undefined;
}

/** The image's own directory is another one: what is written without a WORKDIR was in the root. */
function needsDirectory(stage: Stage): boolean {
  return !stage.instructions.some((each) => each.keyword === 'WORKDIR');
}

function withDirectory(file: Dockerfile, stage: Stage, directory: string, edits: TextEdit[]): TextEdit[] {
  if (!needsDirectory(stage)) return edits;
  const at = stage.from.extent.end;
  const keyword = /^[a-z]/.test(stage.from.logical.text.slice(stage.from.start)) ? 'workdir' : 'WORKDIR';
  return [...edits, { start: at, end: at, text: `${file.eol}${keyword} ${directory}` }];
}

function checksItself(file: Dockerfile, check: Instruction, program: string): boolean {
  return new RegExp(`CMD\\s+\\[\\s*"${program.replace(/[.*+?^${}()|[\]\\/]/g, '\\$&')}"`).test(file.args(check));
}

/** Steps whose effect the new image has already: certificates, time zones, a user, and what tidies up after them. */
function isNeedless(file: Dockerfile, stage: Stage, run: Instruction, facts: Facts): boolean {
  const { commands, unread } = stageCommands(file, stage, facts);
  if (unread.includes(run)) return false;
  const own = commands.filter((each) => each.instruction === run);
  return (
    own.length > 0 &&
    own.every(({ name, words }) => {
      if (/^(?:adduser|addgroup|useradd|groupadd|update-ca-certificates|true|set)$/.test(name)) return true;
      if (name === 'rm')
        return words.every(
          (word) => word?.startsWith('-') || /^\/(?:var\/(?:lib\/apt|cache|tmp)|tmp)\b/.test(word ?? ''),
        );
      if (!/^(?:apk|apt-get|apt)$/.test(name)) return false;
      const [verb, ...rest] = words.filter((word) => word === undefined || !word.startsWith('-'));
      if (/^(?:update|upgrade|clean|autoremove|autoclean)$/.test(verb ?? '')) return true;
      return (
        /^(?:add|install)$/.test(verb ?? '') && rest.every((word) => /^(?:ca-certificates|tzdata)$/.test(word ?? ''))
      );
    })
  );
}
