import type { Dockerfile, Stage } from '../../src/dockerfile/index.ts';
import { visitCommands } from '../../src/shell/index.ts';
import { type Facts, type Finding, shellBody } from '../../src/transform/index.ts';

const WORLD =
  'Everyone may change these files, so whatever breaks in can replace what runs: give them to the user that writes them instead';
const SET_ID =
  'A program with the set-user or set-group bit runs with the rights of its owner, whoever starts it: a way back to root';

/** Modes that a stage, or what it builds on, gives to files and that undo what a user of its own is for. */
export function* permissionFindings(file: Dockerfile, stages: readonly Stage[], facts: Facts): Generator<Finding> {
  for (const stage of stages) {
    for (const instruction of stage.instructions) {
      const { keyword, flags, logical, opaque } = instruction;
      if (opaque) continue;
      if (keyword === 'COPY' || keyword === 'ADD') {
        const flag = flags.find((each) => each.name === 'chmod');
        const message = flag?.value === undefined ? undefined : judged(flag.value);
        if (flag && message) yield { span: logical.span(flag.start, flag.end), message, report: true };
      }
      if (keyword !== 'RUN') continue;
      const body = shellBody(file, instruction, facts);
      if (typeof body !== 'object') continue;
      const found: Finding[] = [];
      visitCommands(body.script, (command) => {
        const [name, ...words] = command.words.map((word) => word.literal);
        if (name !== 'chmod') return;
        const operands = words.filter((word) => word === undefined || !/^-(?:[RfvchHLP]+|-\w+)$/.test(word));
        const [mode] = operands;
        const message = mode === undefined ? undefined : judged(mode);
        // A folder for the time of a step, and those that are everyone's anyway.
        const isTemporary = command.words.slice(2).some((word) => /te?mp/i.test(word.text));
        if (message === undefined || (message === WORLD && isTemporary)) return;
        found.push({ span: logical.span(body.base + command.start, body.base + command.end), message, report: true });
      });
      yield* found;
    }
  }
}

function judged(mode: string): string | undefined {
  if (/^[0-7]{3,4}$/.test(mode)) {
    const bits = Number.parseInt(mode, 8);
    if ((bits & 0o6000) !== 0) return SET_ID;
    // With the sticky bit, as in `/tmp`, nobody can remove what is another's.
    return (bits & 0o002) !== 0 && (bits & 0o1000) === 0 ? WORLD : undefined;
  }
  for (const part of mode.split(',')) {
    const match = /^([ugoa]*)([+=])([rwxXst]+)$/.exec(part);
    if (!match) continue;
    const [, who, , what] = match;
    if (what!.includes('s')) return SET_ID;
    // Without letters the umask keeps others from writing.
    if (what!.includes('w') && /[oa]/.test(who!)) return WORLD;
  }
  return undefined;
}
