import { posix } from 'node:path';
import { keywordLike } from '../../src/edit/index.ts';
import { environmentValue, Layout } from '../../src/transform/index.ts';
import type { Install, Outcome } from './index.ts';

/** `BUNDLE_WITHOUT`, for the install and for the run: bundler.io/man/bundle-config.1.html. */
export function bundler({ file, stage, facts, command, later, all }: Install): Outcome {
  const { instruction, directory } = command;
  if (command.name !== 'bundle' || (command.words[0] !== 'install' && command.words.length > 0)) return undefined;
  if (command.words.some((word) => word === undefined || /^--(?:without|with|deployment)/.test(word))) return undefined;
  const isConfigured = all.some(
    (each) =>
      each.name === 'bundle' &&
      each.words[0] === 'config' &&
      each.words.some((word) => word === undefined || /^(?:without|deployment)$/.test(word)),
  );
  if (isConfigured || /BUNDLE_(?:WITHOUT|DEPLOYMENT|ONLY)/.test(file.source)) return undefined;
  const layout = Layout.of(file, stage, facts);
  if (!layout || directory === undefined) return undefined;
  const path = layout.contextOf(posix.join(directory, 'Gemfile'));
  const found = layout.context.manifests.find((each) => each.kind === 'Gemfile' && each.path === path);
  if (found?.kind !== 'Gemfile' || !found.facts.ok) return undefined;
  const sets = Object.values(found.facts.value.groups).filter((names) =>
    names.every((name) => /^(?:development|test)$/.test(name)),
  );
  const groups = ['development', 'test'].filter((group) => sets.some((names) => names.includes(group)));
  if (groups.length === 0) return undefined;
  // Rails and Rack load the gems of the environment that they run in.
  const last = stage.instructions.at(-1)!;
  const isProduction = ['RAILS_ENV', 'RACK_ENV', 'APP_ENV'].some(
    (name) => environmentValue(file, last, name) === 'production',
  );
  if (!isProduction)
    return { skipped: 'dev-dependencies-needed', detail: 'no `RAILS_ENV` or `RACK_ENV` says that this is production' };
  const tool = later.find(
    (each) =>
      /^(?:rspec|rubocop|minitest)$/.test(each.name) ||
      each.words.some((word) => /^(?:rspec|rubocop|test)$/.test(word ?? '')),
  );
  if (tool) return { skipped: 'dev-dependencies-needed', detail: `\`${tool.words[0] ?? tool.name}\`` };
  const keyword = keywordLike(instruction.logical.text.slice(instruction.start, instruction.keywordEnd), 'ENV');
  const start = file.lines.lineStart(instruction.startLine - instruction.leading.length);
  const line = `${keyword} BUNDLE_WITHOUT=${groups.join(':')}`;
  return {
    edits: [{ start, end: start, text: line + file.eol }],
    changes: {
      edits: [],
      adds: [{ before: instruction.index, keyword: 'ENV' }],
      config: ['Env.BUNDLE_WITHOUT'],
      paths: ['**'],
    },
    guards: [instruction],
  };
}
