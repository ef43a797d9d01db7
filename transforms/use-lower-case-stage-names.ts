import type { Clause, Dockerfile, Instruction, Stage } from '../src/dockerfile/index.ts';
import type { TextEdit } from '../src/edit/index.ts';
import { defineTransform, type SkipReason } from '../src/transform/index.ts';

export const useLowerCaseStageNames = defineTransform({
  id: 'use-lower-case-stage-names',
  bases: false,
  meta: {
    summary: 'Write stage names in lower case, with all references to them',
    why: 'Lower case tells names from keywords. BuildKit warns of others, and its FROM does not find a stage by a name with capitals.',
    safety: 'safe',
    safetyNote:
      'BuildKit compares the names of stages without regard to case, so `--target` and the `target:` of compose files go on working there; Buildah compares them as written.',
    preset: 'style',
    since: '0.1.0',
    onbuild: true,
    answers: { buildkit: ['StageNameCasing'] },
  },
  *find({ file }) {
    for (const stage of file.stages) {
      const { name, from } = stage;
      if (!name || from.opaque || name.text === name.text.toLowerCase() || !/^[A-Za-z][\w.-]*$/.test(name.text))
        continue;
      const { span } = from;
      const message = `The stage name \`${name.text}\` has capitals, which make it look like a keyword`;
      const edits = rename(file, stage, name.text);
      if (typeof edits === 'string') {
        yield { span, message, skipped: edits };
        continue;
      }
      yield {
        span,
        message,
        fix: {
          title: `Rename the stage \`${name.text}\` to \`${name.text.toLowerCase()}\``,
          safety: 'safe',
          evidence: ['text'],
          edits: edits.map((each) => each.edit),
          changes: {
            edits: [...new Set(edits.map((each) => each.instruction.index))],
            ...(edits.some((each) => each.instruction.onbuild) ? { config: ['OnBuild'] } : {}),
          },
        },
      };
    }
  },
});

interface Renamed {
  readonly instruction: Instruction;
  readonly edit: TextEdit;
}

/** The edits of a stage's name and of all that name it, or why one of them cannot be made. */
function rename(file: Dockerfile, stage: Stage, name: string): Renamed[] | SkipReason {
  const wanted = name.toLowerCase();
  const isName = (text: string | undefined): boolean => text?.toLowerCase() === wanted;
  if (file.stages.some((each) => each !== stage && isName(each.name?.text))) return 'stage-name-taken';
  const places: { instruction: Instruction; start: number; end: number }[] = [];
  for (const instruction of file.instructions) {
    const { logical, keyword, opaque } = instruction;
    if (opaque && logical.text.toLowerCase().includes(wanted)) return 'stage-name-in-variable';
    // The default of an ARG may reach a FROM.
    if (
      keyword === 'ARG' &&
      !instruction.stage &&
      file.words(instruction).some((word) => isName(argDefault(word.text)))
    )
      return 'stage-name-in-variable';
    if (keyword === 'FROM') {
      const { base, name: own } = instruction.stage!;
      if (instruction.stage === stage) places.push({ instruction, ...own! });
      else if (base && isName(base.text) && instruction.stage!.index > stage.index)
        places.push({ instruction, ...base });
      continue;
    }
    for (const clause of [instruction, instruction.onbuild]) {
      const found = clause && flagPlaces(clause, logical.text, wanted);
      if (found === 'unclear') return 'value-unclear';
      for (const place of found ?? []) places.push({ instruction, ...place });
    }
  }
  const edits: Renamed[] = [];
  for (const { instruction, start, end } of places) {
    const { logical } = instruction;
    if (!logical.isContiguous(start, end)) return 'text-spread';
    if (logical.text.slice(start, end) === wanted) continue;
    edits.push({ instruction, edit: { ...logical.span(start, end), text: wanted } });
  }
  return edits;
}

function argDefault(word: string): string {
  return word.slice(word.indexOf('=') + 1).replace(/["']/g, '');
}

/** Where `COPY --from` and `RUN --mount=…,from=` name a stage. `unclear`: under quotes or escapes. */
function flagPlaces(clause: Clause, text: string, wanted: string): { start: number; end: number }[] | 'unclear' {
  const places: { start: number; end: number }[] = [];
  for (const flag of clause.flags) {
    const isCopy = clause.keyword === 'COPY' && flag.name === 'from';
    const isMount = clause.keyword === 'RUN' && flag.name === 'mount';
    if (!isCopy && !isMount) continue;
    const named = isCopy ? flag.value : /(?:^|,)\s*from=([^,]*)/i.exec(flag.value ?? '')?.[1];
    if (named?.toLowerCase() !== wanted) continue;
    const raw = text.slice(flag.start, flag.end);
    const at = isCopy ? /^--from=["']?/.exec(raw) : /[=,]\s*["']?from=["']?/i.exec(raw);
    const start = flag.start + (at ? at.index + at[0].length : 0);
    if (!at || text.slice(start, start + wanted.length).toLowerCase() !== wanted) return 'unclear';
    places.push({ start, end: start + wanted.length });
  }
  return places;
}
