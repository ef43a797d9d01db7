import type { Dockerfile, Instruction } from '../../src/dockerfile/index.ts';
import { removeInstruction, removeToken, type TextEdit } from '../../src/edit/index.ts';
import { settingsOf } from '../../src/secrets/index.ts';
import { type ShellCommand, type ShellScript, visitCommands, visitTrees } from '../../src/shell/index.ts';
import {
  type BareCommand,
  bareCommand,
  defineTransform,
  type Facts,
  type Finding,
  holdsTemplate,
  type ShellBody,
  shellBodies,
} from '../../src/transform/index.ts';
import { isPrivate, readAddress, servesSecurely } from './addresses.ts';
import { certificateObstacle, isOfEndedRelease, isOfKnownRelease, usesSystemCertificates } from './certificates.ts';
import { pipedIntoShells } from './piped.ts';
import { type Switch, settings, switches, variables } from './switches.ts';

export const useVerifiedDownloads = defineTransform({
  id: 'use-verified-downloads',
  meta: {
    summary: 'Verify what a build downloads',
    why: 'With verification switched off, or without encryption, anyone between the build and the server decides what gets into the image.',
    safety: 'unsafe',
    safetyNote:
      'With verification on, a download fails behind a proxy whose certificate the image does not know. Nothing is done where the image is not known to have certificates, or its release has ended. Addresses of private networks, and packages in files that no one signed, are left alone. HTTP becomes HTTPS only for hosts that serve the same by both. What is piped into a shell is reported.',
    preset: 'recommended',
    since: '0.1.0',
    onbuild: false,
    answers: {
      checkov: [
        'CKV2_DOCKER_2',
        'CKV2_DOCKER_3',
        'CKV2_DOCKER_4',
        'CKV2_DOCKER_5',
        'CKV2_DOCKER_6',
        'CKV2_DOCKER_7',
        'CKV2_DOCKER_8',
        'CKV2_DOCKER_9',
        'CKV2_DOCKER_10',
        'CKV2_DOCKER_11',
        'CKV2_DOCKER_12',
        'CKV2_DOCKER_13',
        'CKV2_DOCKER_14',
        'CKV2_DOCKER_15',
        'CKV2_DOCKER_16',
      ],
      cis: ['4.11'],
    },
  },
  needs: (file) =>
    /\b(?:curl|wget|git|aria2c|helm|apt|apt-get|yum|dnf|rpm)\b/.test(file.source)
      ? {
          systems: file.stages.flatMap((stage) =>
            stage.parent ? [] : [file.baseReference(stage) ?? ''].filter((base) => base !== '' && base !== 'scratch'),
          ),
        }
      : {},
  *find({ file, facts }) {
    for (const instruction of file.instructions) {
      if (instruction.keyword === 'ENV' || instruction.keyword === 'ARG') yield* inVariables(file, instruction);
    }
    for (const body of shellBodies(file, facts)) {
      if (quiet.has(body.script)) continue;
      let isQuiet = true;
      for (const finding of inCommands(file, facts, body)) {
        isQuiet = false;
        yield finding;
      }
      if (isQuiet) quiet.add(body.script);
    }
  },
});

/** Scripts in which nothing was found: that follows from their text alone, and every pass asks again. */
const quiet = new WeakSet<ShellScript>();

/** ENV and ARG that switch verification off. */
function* inVariables(file: Dockerfile, instruction: Instruction): Generator<Finding> {
  const all = settingsOf(file, instruction);
  for (const [at, { name, value, start, end }] of all.entries()) {
    const variable = variables.find((each) => each.name === name.toUpperCase());
    const text = value?.replace(/^(["'])(.*)\1$/s, '$2');
    if (!variable || text === undefined || !variable.off.test(text)) continue;
    const span = instruction.logical.span(start, end);
    const message = `With \`${name}\` set like this, ${variable.what}`;
    const edit =
      all.length === 1
        ? removeInstruction(file, instruction)
        : removeToken(instruction, {
            previousEnd: all[at - 1]?.end ?? instruction.keywordEnd,
            start,
            end,
            next: all[at + 1]?.start,
          });
    if (holdsTemplate(instruction.logical.text) || instruction.opaque || !edit) {
      yield { span, message, skipped: 'text-spread' };
      continue;
    }
    yield {
      span,
      message,
      fix: {
        title: `Remove \`${name}\``,
        safety: 'unsafe',
        evidence: ['text'],
        edits: [edit],
        changes: {
          edits: all.length === 1 ? [] : [instruction.index],
          removes: all.length === 1 ? [instruction.index] : [],
          config: [`Env.${name}`],
        },
      },
    };
  }
}

function* inCommands(file: Dockerfile, facts: Facts, body: ShellBody): Generator<Finding> {
  const commands: ShellCommand[] = [];
  visitCommands(body.script, (command) => commands.push(command));
  for (const command of commands) {
    yield* inAssignments(file, facts, body, command);
    const bare = bareCommand(command);
    if (!bare) continue;
    const isChecked = isComparedLater(body, bare);
    yield* switched(file, facts, body, bare, isChecked);
    const line = `${bare.name} ${bare.words.map((word) => word.text).join(' ')}`;
    const setting = settings.find((each) => each.command.test(line));
    if (setting) {
      yield { span: spanOf(body, command), message: `With this setting, ${setting.what}`, report: true };
    }
    if (!isChecked) yield* unencrypted(file, facts, body, bare);
  }
  for (const { fetcher, shell } of pipedIntoShells(body.script)) {
    const message = `\`${shell}\` runs what \`${fetcher.words[0]!.text}\` fetches, which may be another script tomorrow, or half of one: fetch a release of it by its version, check its hash, and run it then`;
    yield { span: spanOf(body, fetcher), message, report: true };
  }
}

const spanOf = ({ instruction, base }: ShellBody, node: { start: number; end: number }) =>
  instruction.logical.span(base + node.start, base + node.end);

/** Whether a later command of the step compares what is fetched with a hash or a signature: by the name of the file. */
function isComparedLater({ script }: ShellBody, bare: BareCommand): boolean {
  if (!/^(?:curl|wget)$/.test(programOf(bare))) return false;
  const names = bare.words.flatMap(({ text }, at) => {
    const isTarget = /^(?:-[a-zA-Z]*[oO]|--output|--output-document)$/.test(bare.words[at - 1]?.text ?? '');
    const name = isTarget || readAddress(text) ? text.replace(/["']/g, '').split(/[/?#]/).filter(Boolean).at(-1) : '';
    return name ? [name] : [];
  });
  let found = false;
  let inPipeline = 0;
  visitTrees(script, (tree) => {
    if (tree.start < bare.command.start || (tree.kind !== 'pipeline' && tree.kind !== 'command')) return;
    if (tree.kind === 'pipeline') inPipeline = tree.end;
    else if (tree.start < inPipeline) return;
    const commands = tree.kind === 'pipeline' ? tree.commands : [tree];
    if (!commands.some((each) => each.kind === 'command' && checksDownload(each))) return;
    const text = script.text.slice(tree.start, tree.end);
    // A list of hashes names the files in itself.
    if (names.some((name) => text.includes(name)) || !/echo|printf/.test(text)) found = true;
  });
  return found;
}

/** A program that compares a file with a hash or a signature that is known. */
function checksDownload(command: ShellCommand): boolean {
  const bare = bareCommand(command);
  const line = bare ? `${bare.name} ${bare.words.map((word) => word.text).join(' ')}` : '';
  return /^(?:(?:sha\d+|md5|b2)sum|shasum) .*(?:-[a-z]*c\b|--check|--status)|^gpgv? .*--verify|^gpgv |^(?:cosign|minisign|signify|openssl dgst) /.test(
    line,
  );
}

/** Assignments in front of a command: `GIT_SSL_NO_VERIFY=1 git clone …`. */
function* inAssignments(file: Dockerfile, facts: Facts, body: ShellBody, command: ShellCommand): Generator<Finding> {
  for (const { name, value, start, end } of command.assignments) {
    const variable = variables.find((each) => each.name === name.toUpperCase());
    if (!variable || value?.literal === undefined || !variable.off.test(value.literal)) continue;
    const span = spanOf(body, { start, end });
    const message = `With \`${name}\` set like this, ${variable.what}`;
    const next = [...command.assignments, ...command.words].map((each) => each.start).filter((each) => each > start);
    const edit = next.length > 0 ? forward(body, start, end, Math.min(...next)) : undefined;
    const bare = bareCommand(command);
    const refused = bare && obstacle(file, facts, body, bare);
    if (command.words.length === 0 || !edit) yield { span, message, report: true };
    else if (refused) yield { span, message, skipped: refused };
    else yield { span, message, fix: withoutSwitch(body, `Remove \`${name}\``, [edit]) };
  }
}

/** Options that switch verification off. */
function* switched(
  file: Dockerfile,
  facts: Facts,
  body: ShellBody,
  bare: BareCommand,
  isChecked: boolean,
): Generator<Finding> {
  const program = programOf(bare);
  for (const each of switches.filter(({ programs }) => programs.test(program))) {
    if (each.verbs && !bare.words.some(({ text }) => each.verbs!.test(text))) continue;
    for (const [at, word] of bare.words.entries()) {
      const found = matched(each, bare, at);
      if (!found) continue;
      const span = spanOf(body, { start: word.start, end: found.end });
      const message = `With \`${found.shown}\`, ${each.what}`;
      const refused = isChecked ? 'download-compared' : (refusal(each, bare) ?? obstacle(file, facts, body, bare));
      if (refused) {
        yield { span, message, skipped: refused };
        continue;
      }
      const edits =
        found.letter === undefined ? removal(body, word.start, found.end) : letter(body, word.start + found.letter);
      if (edits) yield { span, message, fix: withoutSwitch(body, `Remove \`${found.shown}\``, [edits]) };
      else yield { span, message, skipped: 'text-spread' };
    }
  }
}

interface Match {
  readonly shown: string;
  /** The end of the option, with its value. */
  readonly end: number;
  /** The place of a letter in a cluster of short options that has others. */
  readonly letter?: number;
}

function matched(
  { long, short, valued = '', takesNext, next }: Switch,
  { words }: BareCommand,
  at: number,
): Match | undefined {
  const word = words[at]!;
  const text = word.text;
  const following = words[at + 1];
  if (long.test(text))
    return { shown: text.replace(/=.*/, ''), end: takesNext && following ? following.end : word.end };
  if (next && following && next.test(`${text} ${following.text}`)) return { shown: text, end: following.end };
  if (!short || !/^-[A-Za-z#0]+$/.test(text)) return undefined;
  const letters = text.slice(1);
  const place = [...letters].findIndex((char) => char === short || valued.includes(char));
  if (place === -1 || letters[place] !== short) return undefined;
  return letters.length === 1
    ? { shown: text, end: word.end }
    : { shown: `-${short}`, end: word.end, letter: place + 1 };
}

function refusal(
  { filesUnsigned }: Switch,
  bare: BareCommand,
): 'address-private' | 'address-unknown' | 'package-unsigned' | undefined {
  if (filesUnsigned && bare.words.some(({ text }) => /\.(?:apk|rpm)["']?$|^\.?\//.test(text)))
    return 'package-unsigned';
  if (!/^(?:curl|wget|git)$/.test(programOf(bare))) return undefined;
  const addresses = bare.words.flatMap(({ text }) => readAddress(text) ?? []);
  if (addresses.length === 0 || addresses.some(({ host }) => host === undefined)) return 'address-unknown';
  return addresses.some(({ host }) => isPrivate(host!)) ? 'address-private' : undefined;
}

/** Why what is switched on could not hold: old keys and certificates, or none. */
function obstacle(file: Dockerfile, facts: Facts, body: ShellBody, bare: BareCommand) {
  if (usesSystemCertificates.test(programOf(bare))) return certificateObstacle(file, facts, body, bare.command.start);
  const isOfSystem = /^(?:apt|apt-get|yum|dnf|microdnf|rpm)$/.test(programOf(bare));
  if (!isOfSystem) return undefined;
  if (isOfEndedRelease(file, facts, body.instruction)) return 'release-ended' as const;
  return isOfKnownRelease(file, facts, body.instruction) ? undefined : ('release-unknown' as const);
}

function programOf({ name }: BareCommand): string {
  return name.slice(name.lastIndexOf('/') + 1);
}

/** Downloads of code over HTTP. */
function* unencrypted(file: Dockerfile, facts: Facts, body: ShellBody, bare: BareCommand): Generator<Finding> {
  if (
    !/^(?:curl|wget|aria2c)$/.test(programOf(bare)) &&
    !(programOf(bare) === 'git' && bare.words[0]?.text === 'clone')
  )
    return;
  for (const word of bare.words) {
    const address = readAddress(word.text);
    if (address?.scheme !== 'http' || address.host === undefined || isPrivate(address.host)) continue;
    const span = spanOf(body, word);
    const message = `This is fetched over HTTP and checked by nothing, so anyone in between decides what it is`;
    if (!servesSecurely(address.host)) {
      yield { span, message, report: true };
      continue;
    }
    const refused = certificateObstacle(file, facts, body, bare.command.start);
    if (refused) {
      yield { span, message, skipped: refused };
      continue;
    }
    const offset = body.base + word.start + word.text.indexOf('http') + 'http'.length;
    const at = body.instruction.logical.toSource(offset, 'end');
    yield {
      span,
      message,
      fix: withoutSwitch(body, `Fetch it over HTTPS from \`${address.host}\``, [{ start: at, end: at, text: 's' }]),
    };
  }
}

function withoutSwitch({ instruction }: ShellBody, title: string, edits: readonly TextEdit[]) {
  return { title, safety: 'unsafe', evidence: ['text'], edits, changes: { edits: [instruction.index] } } as const;
}

/** Removes a word with the blanks before it. */
function removal({ instruction, base, script }: ShellBody, start: number, end: number): TextEdit | undefined {
  const previousEnd = script.text.slice(0, start).trimEnd().length;
  const rest = /^\s*/.exec(script.text.slice(end))![0].length;
  return removeToken(instruction, {
    previousEnd: base + previousEnd,
    start: base + start,
    end: base + end,
    next: base + end + rest,
  });
}

function forward({ instruction, base }: ShellBody, start: number, end: number, next: number): TextEdit | undefined {
  if (!instruction.logical.isContiguous(base + start, base + next)) return undefined;
  return end <= next ? { ...instruction.logical.span(base + start, base + next), text: '' } : undefined;
}

function letter({ instruction, base }: ShellBody, at: number): TextEdit | undefined {
  if (!instruction.logical.isContiguous(base + at, base + at + 1)) return undefined;
  return { ...instruction.logical.span(base + at, base + at + 1), text: '' };
}
