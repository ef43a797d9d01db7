import type { Dockerfile, Stage } from '../src/dockerfile/index.ts';
import { insertAfter, type TextEdit } from '../src/edit/index.ts';
import { goWithTrimpath, hasTrimpath, isAtLeast } from '../src/facts/index.ts';
import {
  buildsOwnProgram,
  defineTransform,
  type Facts,
  type Finding,
  type GoBuild,
  goBuild,
  stageCommands,
  systemOf,
} from '../src/transform/index.ts';

export const removeGoDebugSymbols = defineTransform({
  id: 'remove-go-debug-symbols',
  meta: {
    summary: 'Build Go programs without debug symbols and build paths',
    why: 'The symbol table and the DWARF data are about a third of a Go program, and only a debugger reads them; `-trimpath` keeps the paths of the builder out of it, and makes the same source build the same program.',
    safety: 'unsafe',
    safetyNote:
      'A debugger can no longer be attached to the program with names of variables. Stack traces of panics, and profiles, keep the names of functions and lines; their paths begin with the module. `-trimpath` is added where Go is known to be 1.13 or later; older ones do not know it.',
    preset: 'recommended',
    since: '0.1.0',
    onbuild: false,
    answers: {},
  },
  *find({ file, facts }) {
    // Who debugs in the container wants the symbols.
    if (/\bdlv\b|-gcflags[ =]["']?(?:all=)?(?:-N|\$)/.test(file.source)) return;
    for (const stage of file.stages) {
      for (const command of stageCommands(file, stage, facts).commands) {
        const build = goBuild(command);
        const found = build && finding(build, knowsTrimpath(file, stage, facts));
        if (found) yield found;
      }
    }
  },
});

/** Whether the Go of a stage is known to have `-trimpath`: by its image, or by the release that a step downloads. */
function knowsTrimpath(file: Dockerfile, stage: Stage, facts: Facts): boolean {
  const chain: Stage[] = [];
  for (let each: Stage | undefined = stage; each; each = each.parent) chain.push(each);
  const steps = chain.flatMap(({ instructions }) => instructions);
  const text = steps.map((each) => file.source.slice(each.span.start, each.span.end)).join('\n');
  const named = [
    ...text.matchAll(/\bgo(\d+)\.(\d+)[\w.]*[.-](?:linux|src)|\bGO(?:LANG)?_VERSION[= ]["']?(\d+)\.(\d+)/g),
  ];
  const inImage = systemOf(file, stage.from, facts)?.env?.GOLANG_VERSION;
  const versions = [
    ...named.map(([, ...parts]) => parts.filter((part) => part !== undefined).map(Number)),
    ...(inImage === undefined ? [] : [inImage.split('.').map(Number)]),
  ];
  if (versions.length > 0) return versions.every(([major, minor]) => isAtLeast([major!, minor!], goWithTrimpath));
  return hasTrimpath(file.baseReference(chain.at(-1)!) ?? '');
}

function finding(build: GoBuild, canTrim: boolean): Finding | undefined {
  const { command, flags } = build;
  const { instruction, body } = command;
  if (!buildsOwnProgram(build)) return undefined;
  if (!body || flags.has('-race') || /^(?:c-archive|archive)$/.test(flags.get('-buildmode') ?? '')) return undefined;
  const message = 'The program is built with debug symbols, which only a debugger reads';
  const { span } = instruction;
  const words = command.command.words;
  const verb = words.find((word, at) => at > 0 && word.literal === build.verb);
  if (!verb) return undefined;
  const trim = flags.has('-trimpath') || !canTrim ? '' : ' -trimpath';
  const flag = words.findIndex((word) => /^-?-ldflags(?:=|$)/.test(word.text));
  let edits: TextEdit[];
  if (flag === -1) {
    edits = [insertAfter(instruction, body.base + verb.end, `${trim} -ldflags="-s -w"`)];
  } else {
    const word = words[flag]!;
    const value = word.text.includes('=') ? word : words[flag + 1];
    if (!value) return undefined;
    const text = value.text.replace(/^-?-ldflags=/, '');
    // `-s` leaves the symbol table out, and the DWARF data with it.
    if (/(?:^|[\s"'])-s(?=[\s"']|$)/.test(text)) return undefined;
    const quote = /^["']/.exec(text);
    // A variable in the place of an option may hold them already.
    if (!quote || /(?:^["']|\s)\$/.test(text)) return { span, message, skipped: 'value-unclear' };
    const within = body.base + value.end - text.length + 1;
    const missing = /(?:^|[\s"'])-w(?=[\s"']|$)/.test(text) ? '-s' : '-s -w';
    edits = [insertAfter(instruction, within, /^.\s/.test(text) ? missing : `${missing} `)];
    if (trim !== '') edits.unshift(insertAfter(instruction, body.base + verb.end, trim));
  }
  return {
    span,
    message,
    fix: {
      title: 'Build without debug symbols',
      safety: 'unsafe',
      evidence: ['text'],
      edits,
      changes: { edits: [instruction.index], paths: ['**'] },
    },
  };
}
