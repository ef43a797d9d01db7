import { posix } from 'node:path';
import { replaceRange } from '../../src/edit/index.ts';
import { Layout } from '../../src/transform/index.ts';
import type { Install, Outcome } from './index.ts';

const ofDevelopment = /(?:^|[/_.-])(?:dev|develop|development|test|tests|testing|lint)(?:[_.-]|$)/i;

/** The requirements that a development file builds on, in its place. */
export function pip({ file, stage, facts, command, later }: Install): Outcome {
  const { instruction, body, directory, words } = command;
  if (!/^pip[\d.]*$/.test(command.name) || words[0] !== 'install' || directory === undefined) return undefined;
  const at = words.findIndex((word) => word === '-r' || word === '--requirement');
  const name = at === -1 ? undefined : words[at + 1];
  if (name === undefined || !ofDevelopment.test(name) || words.filter((word) => word === '-r').length > 1)
    return undefined;
  const layout = Layout.of(file, stage, facts, instruction);
  if (!layout) return undefined;
  const image = posix.resolve(directory, name);
  const path = layout.contextOf(image);
  const found = layout.context.manifests.find((each) => each.kind === 'requirements' && each.path === path);
  if (found?.kind !== 'requirements' || !found.facts.ok) return undefined;
  const bases = found.facts.value.files.filter((each) => !ofDevelopment.test(each));
  const [base] = bases;
  if (base === undefined || bases.length > 1)
    return { skipped: 'dev-dependencies-needed', detail: `\`${name}\` builds on no one other file` };
  if (layout.contextOf(posix.resolve(posix.dirname(image), base)) === undefined)
    return { skipped: 'source-no-match', detail: base };
  const tool = later.find((each) => /^(?:pytest|tox|nox|mypy|ruff|black|flake8|coverage|pylint)$/.test(each.name));
  if (tool) return { skipped: 'dev-dependencies-needed', detail: `\`${tool.name}\`` };
  const starts = stage.instructions
    .filter((each) => /^(?:CMD|ENTRYPOINT)$/.test(each.keyword))
    .map((each) => each.logical.text);
  const used = found.facts.value.names.find((each) =>
    starts.some((text) => new RegExp(`["'\\s]${each}["'\\s]`).test(`${text} `)),
  );
  if (used !== undefined) return { skipped: 'start-needs-dev-dependency', detail: `\`${used}\`` };
  const word = command.command.words.find((each) => each.literal === name)!;
  const edit = replaceRange(
    instruction,
    body!.base + word.start,
    body!.base + word.end,
    posix.join(posix.dirname(name), base),
  );
  return edit ? { edits: [edit], changes: { edits: [instruction.index], paths: ['**'] } } : { skipped: 'text-spread' };
}
