import { requireTransform } from '../config/index.ts';
import { type Paint, wrapped } from '../report/index.ts';
import type { Answers, Option, Transform } from '../transform/index.ts';

/** Every transform in a line: id, safety, preset and summary. */
export function list(transforms: readonly Transform[], paint: Paint): string {
  const width = Math.max(...transforms.map((each) => each.id.length));
  return transforms
    .map(({ id, meta }) => {
      const safety = (meta.safety === 'safe' ? paint.green : paint.yellow)(meta.safety.padEnd(6));
      return `${paint.bold(id.padEnd(width))}  ${safety}  ${meta.preset.padEnd(11)}  ${meta.summary}\n`;
    })
    .join('');
}

/** All that is known of one transform. Throws ConfigError where there is none of that id. */
export function explain(transforms: readonly Transform[], id: string, paint: Paint): string {
  const { meta, options = {} } = requireTransform(transforms, id, 'explain');
  const lines = [
    paint.bold(id),
    meta.summary,
    '',
    ...wrapped(meta.why, 96),
    '',
    `${paint.bold('Safety')}: ${meta.safety}`,
    ...wrapped(meta.safetyNote, 96),
    '',
    `${paint.bold('Preset')}: ${meta.preset} (since ${meta.since})`,
  ];
  const names = Object.entries(options);
  if (names.length > 0) lines.push('', paint.bold('Options'));
  for (const [name, option] of names) {
    lines.push(`  ${name}: ${optionType(option)}, default ${JSON.stringify(option.default)}`);
    lines.push(...wrapped(option.summary, 96).map((line) => `    ${line}`));
  }
  const answers = answerLines(meta.answers);
  if (answers.length > 0) lines.push('', paint.bold('Answers'), ...answers.map((line) => `  ${line}`));
  lines.push('', `${paint.bold('Silence')}: # dockmend ignore=${id} reason=...`);
  return `${lines.join('\n')}\n`;
}

/** The values that an option takes, in words. */
export function optionType(option: Option): string {
  if (option.type === 'choice') return option.choices.join(' | ');
  return option.type === 'strings' ? 'list of strings' : option.type;
}

const tools: Readonly<Record<keyof Answers, string>> = {
  hadolint: 'hadolint',
  buildkit: 'BuildKit',
  trivy: 'Trivy',
  checkov: 'Checkov',
  kics: 'KICS',
  tally: 'tally',
  cis: 'CIS Docker Benchmark',
};

/** The rules of other tools that a transform resolves, a line a tool. */
export function answerLines(answers: Answers): string[] {
  return (Object.keys(tools) as (keyof Answers)[]).flatMap((tool) => {
    const rules = answers[tool] ?? [];
    return rules.length > 0 ? [`${tools[tool]}: ${rules.join(', ')}`] : [];
  });
}
