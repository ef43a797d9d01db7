import type { Dockerfile, Instruction } from '../../src/dockerfile/index.ts';
import type { Answers, Finding, Fix, Safety, Transform } from '../../src/transform/index.ts';

/** A transform made for a test: what it finds is given, the rest is plain. */
export function planted(
  id: string,
  find: (file: Dockerfile) => Iterable<Finding>,
  answers: Answers = {},
  safety: Safety = 'safe',
): Transform {
  return {
    id,
    meta: {
      summary: 'Plant a finding',
      why: 'A test needs it.',
      safety,
      safetyNote: 'None.',
      preset: 'recommended',
      since: '0.1.0',
      onbuild: false,
      answers,
    },
    find: ({ file }) => find(file),
  };
}

/** A fix as a finding at an instruction, which it names unless told otherwise. */
export function fixAt(instruction: Instruction, fix: Partial<Fix> & Pick<Fix, 'edits'>): Finding {
  return {
    span: instruction.span,
    message: 'planted',
    fix: { title: 'Planted', safety: 'safe', evidence: ['text'], changes: { edits: [instruction.index] }, ...fix },
  };
}

/** Replaces one text by another wherever it stands in the logical text of an instruction of a keyword, once a pass. */
export function replacer(id: string, from: string, to: string, changes: Partial<Fix> = {}): Transform {
  return planted(id, function* (file) {
    for (const instruction of file.instructions) {
      const at = instruction.logical.text.indexOf(from, instruction.argsStart);
      if (at === -1) continue;
      const span = instruction.logical.span(at, at + from.length);
      yield fixAt(instruction, { edits: [{ ...span, text: to }], ...changes });
    }
  });
}

/** Puts a USER in front of the last instruction of a Dockerfile that has none. */
export function userSetter(id: string, user: string): Transform {
  return planted(id, function* (file) {
    if (file.instructions.some(({ keyword }) => keyword === 'USER')) return;
    const command = file.instructions.at(-1)!;
    const { start } = command.span;
    const changes = { edits: [], adds: [{ before: command.index, keyword: 'USER' }], config: ['User'] } as const;
    const edits = [{ start, end: start, text: `USER ${user}\n` }];
    yield fixAt(command, { title: `Run as ${user}`, safety: 'unsafe', edits, changes });
  });
}
