import { insertAfter, type TextEdit } from '../src/edit/index.ts';
import { defineTransform, type Finding, type GoBuild, goBuild, stageCommands } from '../src/transform/index.ts';

export const removeGoDebugSymbols = defineTransform({
  id: 'remove-go-debug-symbols',
  meta: {
    summary: 'Build Go programs without debug symbols and build paths',
    why: 'The symbol table and the DWARF data are about a third of a Go program, and only a debugger reads them; `-trimpath` keeps the paths of the builder out of it, and makes the same source build the same program.',
    safety: 'unsafe',
    safetyNote:
      'A debugger can no longer be attached to the program with names of variables. Stack traces of panics, and profiles, keep the names of functions and lines; their paths begin with the module.',
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
        const found = build && finding(build);
        if (found) yield found;
      }
    }
  },
});

function finding(build: GoBuild): Finding | undefined {
  const { command, flags } = build;
  const { instruction, body } = command;
  // A tool of another module at a version is no program of the file's own.
  if (command.command.words.some((word) => /^[\w./-]+@/.test(word.text))) return undefined;
  if (!body || flags.has('-race') || /^(?:c-archive|archive)$/.test(flags.get('-buildmode') ?? '')) return undefined;
  const message = 'The program is built with debug symbols, which only a debugger reads';
  const { span } = instruction;
  const words = command.command.words;
  const verb = words.find((word, at) => at > 0 && word.literal === build.verb);
  if (!verb) return undefined;
  const trim = flags.has('-trimpath') ? '' : ' -trimpath';
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
