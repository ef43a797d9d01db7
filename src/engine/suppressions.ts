import type { Comment, Dockerfile, Instruction } from '../dockerfile/index.ts';
import type { Answers, Transform } from '../transform/index.ts';

/** What a comment silences: transforms by id, or rules of a tool that transforms answer. */
interface Mark {
  readonly tool: 'dockmend' | keyof Answers;
  /** `all` and `*` stand for every rule of a tool other than dockmend. */
  readonly rules: readonly string[];
  readonly wholeFile: boolean;
}

/** Asks whether findings of a transform are silenced at an instruction, or in the whole file. */
export class Suppressions {
  readonly #file: readonly Mark[];
  readonly #byInstruction = new Map<number, readonly Mark[]>();

  constructor(file: Dockerfile) {
    const whole: Mark[] = [];
    for (const directive of file.directives) {
      const skip = directive.name === 'check' ? /(?:^|;)\s*skip\s*=([^;]*)/.exec(directive.value) : null;
      if (skip) whole.push({ tool: 'buildkit', rules: list(skip[1]!), wholeFile: true });
    }
    const first = file.instructions[0];
    for (const comment of file.comments) {
      const mark = read(comment);
      if (mark?.wholeFile && (mark.tool !== 'dockmend' || (first && comment.start < first.span.start)))
        whole.push(mark);
    }
    for (const instruction of file.instructions) {
      const marks = [...instruction.leading, ...instruction.comments].flatMap((comment) => read(comment) ?? []);
      const local = marks.filter((mark) => !mark.wholeFile);
      if (local.length > 0) this.#byInstruction.set(instruction.index, local);
    }
    this.#file = whole;
  }

  silences(transform: Transform, at: Instruction | undefined): boolean {
    // A parser directive can have no comment above it: one above the first instruction speaks for it.
    const local = this.#byInstruction.get(at?.index ?? 0) ?? [];
    return [...this.#file, ...local].some((mark) => {
      const { tool, rules } = mark;
      if (tool === 'dockmend') return rules.includes(transform.id);
      const answered = answeredRules(transform, tool);
      if (rules.some((rule) => rule === 'all' || rule === '*')) return answered.length > 0;
      const wanted = rules.map(canonical);
      return answered.some((rule) => wanted.includes(canonical(rule)));
    });
  }
}

/** Whether a transform resolves a rule of a tool, in any of its spellings; of any tool, where it is not known which. */
export function answersRule(transform: Transform, tool: Mark['tool'] | undefined, rule: string): boolean {
  if (tool === 'dockmend') return transform.id === rule;
  const tools = tool === undefined ? (Object.keys(transform.meta.answers) as (keyof Answers)[]) : [tool];
  const wanted = canonical(rule);
  return tools.some((each) => answeredRules(transform, each).some((answered) => canonical(answered) === wanted));
}

/** tally takes the rules of two others by their names: `hadolint/DL3006`, `buildkit/StageNameCasing`. */
function answeredRules({ meta: { answers } }: Transform, tool: keyof Answers): readonly string[] {
  const own = answers[tool] ?? [];
  if (tool !== 'tally') return own;
  const others = (['hadolint', 'buildkit'] as const).flatMap(
    (name) => answers[name]?.map((rule) => `${name}/${rule}`) ?? [],
  );
  return [...own, ...others];
}

/** Trivy's ids have old spellings (DS002, AVD-DS-0002, DS-0002), and tally's own rules may have its name in front. */
function canonical(rule: string): string {
  const trivy = /^(?:avd-)?ds-?0*(\d+)$/.exec(rule.toLowerCase());
  return trivy ? `ds-${trivy[1]}` : rule.toLowerCase().replace(/^tally\//, '');
}

function list(text: string): string[] {
  return text
    .split(/[,\s]+/)
    .map((item) => item.trim())
    .filter((item) => item !== '');
}

const ids = '([A-Za-z0-9_/*-]+(?:\\s*,\\s*[A-Za-z0-9_/*-]+)*)';
const patterns: readonly (readonly [RegExp, Mark['tool'], boolean])[] = [
  [new RegExp(`^#\\s*dockmend\\s+ignore\\s*=\\s*${ids}`), 'dockmend', false],
  [new RegExp(`^#\\s*dockmend\\s+global\\s+ignore\\s*=\\s*${ids}`), 'dockmend', true],
  [new RegExp(`^#\\s*hadolint\\s+ignore\\s*=\\s*${ids}`), 'hadolint', false],
  [new RegExp(`^#\\s*hadolint\\s+global\\s+ignore\\s*=\\s*${ids}`), 'hadolint', true],
  [new RegExp(`^#\\s*check\\s*=\\s*skip\\s*=\\s*${ids}`), 'buildkit', false],
  [new RegExp(`^#\\s*(?:trivy|tfsec):ignore:${ids}`), 'trivy', false],
  [new RegExp(`^#\\s*checkov:skip\\s*=\\s*${ids}`), 'checkov', true],
  [new RegExp(`^#\\s*kics-scan\\s+disable\\s*=\\s*${ids}`), 'kics', true],
  [new RegExp(`^#\\s*tally\\s+ignore\\s*=\\s*${ids}`), 'tally', false],
  [new RegExp(`^#\\s*tally\\s+global\\s+ignore\\s*=\\s*${ids}`), 'tally', true],
];

function read(comment: Comment): Mark | undefined {
  if (!/ignore|skip|disable/.test(comment.text)) return undefined;
  for (const [pattern, tool, wholeFile] of patterns) {
    const match = pattern.exec(comment.text);
    if (match) return { tool, rules: list(match[1]!), wholeFile };
  }
  if (/^#\s*kics-scan\s+ignore-(?:line|block)\b/.test(comment.text)) {
    return { tool: 'kics', rules: ['all'], wholeFile: false };
  }
  if (/^#\s*kics-scan\s+ignore\s*$/.test(comment.text)) return { tool: 'kics', rules: ['all'], wholeFile: true };
  return undefined;
}
