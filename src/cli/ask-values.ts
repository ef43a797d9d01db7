import type { Question, Transform } from '../transform/index.ts';
import type { Terminal } from './wiring.ts';

/** What a person answered, by option; or that they went back to the fix, or left. */
export type AnsweredValues = Readonly<Record<string, unknown>> | 'back' | 'interrupt';

/** Asks for the values of a fix, each by the type of its option, with its default filled in. */
export async function askValues(
  transform: Transform,
  questions: readonly Question[],
  { input, output }: Terminal,
): Promise<AnsweredValues> {
  const { isCancel, select, text } = await import('@clack/prompts');
  let interrupted = false;
  const watch = (_: unknown, key: { ctrl?: boolean; name?: string } | undefined): void => {
    if (key?.ctrl && key.name === 'c') interrupted = true;
  };
  input.on('keypress', watch);
  try {
    const values: Record<string, unknown> = {};
    for (const { option, message, default: initial } of questions) {
      const known = transform.options?.[option];
      const choices = known?.type === 'choice' ? known.choices : known?.type === 'boolean' ? ['true', 'false'] : [];
      const answer =
        choices.length > 0
          ? await select({
              message,
              initialValue: initial,
              options: choices.map((value) => ({ value, label: value })),
              input,
              output,
            })
          : await text({
              message,
              initialValue: initial,
              validate: (value) => (value?.trim() ? undefined : 'A value is needed; Escape goes back to the fix'),
              input,
              output,
            });
      if (isCancel(answer)) return interrupted ? 'interrupt' : 'back';
      values[option] = typed(known?.type, answer.trim());
    }
    return values;
  } finally {
    input.off('keypress', watch);
  }
}

function typed(type: string | undefined, answer: string): unknown {
  if (type === 'boolean') return answer === 'true';
  return type === 'strings' ? answer.split(/[\s,]+/) : answer;
}
