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
  const loaded = loads(Layout.of(file, stage, facts)!, found.facts.value.names);
  if (loaded !== undefined) return { skipped: 'dev-dependencies-needed', detail: loaded };
  const word = command.command.words.find((each) => each.literal === name)!;
  const edit = replaceRange(
    instruction,
    body!.base + word.start,
    body!.base + word.end,
    posix.join(posix.dirname(name), base),
  );
  if (!edit) return { skipped: 'text-spread' };
  return { edits: [edit], changes: { edits: [instruction.index], paths: ['**'], needsRun: true } };
}

const notRun = /(?:^|\/)(?:tests?|docs?|\.?venv)\/|(?:^|\/)(?:test_[^/]*|[^/]*_test|conftest|noxfile|setup)\.py$/;

/** A source file that names one of these packages: by its import, or in a list as Django's settings have it. */
function loads(layout: Layout, packages: readonly string[]): string | undefined {
  const names = packages.map((each) =>
    each
      .toLowerCase()
      .replace(/^(?:django|python|flask)[-_]/, '')
      .replace(/-/g, '[-_]'),
  );
  if (names.length === 0) return undefined;
  const named = new RegExp(
    `^\\s*(?:import|from)\\s+(?:\\w+_)?(?:${names.join('|')})\\b|["'](?:\\w+_)?(?:${names.join('|')})["'.]`,
    'im',
  );
  const path = [...layout.files()].find(
    (each) => each.endsWith('.py') && !notRun.test(each) && named.test(layout.context.text(each) ?? ''),
  );
  return path === undefined ? undefined : `\`${path}\` loads one`;
}
