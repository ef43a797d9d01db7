import { posix } from 'node:path';
import { insertAfter } from '../../src/edit/index.ts';
import { Layout } from '../../src/transform/index.ts';
import type { Install, Outcome } from './index.ts';

/** `composer install --no-dev`: getcomposer.org/doc/03-cli.md. */
export function composer({ file, stage, facts, command, later }: Install): Outcome {
  const { instruction, body, directory, words } = command;
  if (!/^composer(?:\.phar)?$/.test(command.name) || words[0] !== 'install') return undefined;
  if (words.some((word) => word === undefined || /^(?:--no-dev|--dev)$/.test(word))) return undefined;
  if (file.source.includes('COMPOSER_NO_DEV')) return undefined;
  const layout = Layout.of(file, stage, facts);
  if (!layout || directory === undefined) return undefined;
  const path = layout.contextOf(posix.join(directory, 'composer.json'));
  const found = layout.context.manifests.find((each) => each.kind === 'composer.json' && each.path === path);
  if (found?.kind !== 'composer.json' || !found.facts.ok) return undefined;
  const { requireDev, scripts } = found.facts.value;
  if (Object.keys(requireDev).length === 0) return undefined;
  const tool = later.find(
    (each) =>
      /^(?:phpunit|phpstan|psalm|php-cs-fixer|pest|phpcs|rector|composer)$/.test(each.name) &&
      !/^(?:dump-autoload|dumpautoload|clear-cache|clearcache)$/.test(each.words[0] ?? ''),
  );
  if (tool) return { skipped: 'dev-dependencies-needed', detail: `\`${tool.name}\`` };
  const hooks = ['post-install-cmd', 'post-autoload-dump', 'pre-install-cmd', 'pre-autoload-dump'].flatMap(
    (name) => scripts[name] ?? [],
  );
  if (hooks.some((each) => /vendor\/bin\/|phpstan|phpunit|grumphp|captainhook|ide-helper/.test(each))) {
    return { skipped: 'dev-dependencies-needed', detail: 'a script that runs at the install' };
  }
  const word = command.command.words.find((each) => each.literal === 'install')!;
  const edit = insertAfter(instruction, body!.base + word.end, ' --no-dev');
  return { edits: [edit], changes: { edits: [instruction.index], paths: ['**/vendor/**'], needsRun: true } };
}
