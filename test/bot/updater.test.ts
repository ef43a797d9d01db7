import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { findUpdater, updaterEdit } from '../../src/bot/updater.ts';

const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
});

function tree(files: Readonly<Record<string, string>>): string {
  const folder = mkdtempSync(join(tmpdir(), 'dockmend-updater-'));
  folders.push(folder);
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
  return folder;
}

const dependabot = (entries: string): Record<string, string> => ({
  '.github/dependabot.yml': `version: 2\nupdates:\n${entries}`,
});
const npm = '  - package-ecosystem: npm\n    directory: /\n    schedule: {interval: daily}\n';
const docker = (where: string): string =>
  `  - package-ecosystem: docker\n    ${where}\n    schedule: {interval: daily}\n`;

describe('findUpdater', () => {
  test.each<[string, Record<string, string>, string, string[]]>([
    ['nothing', {}, 'none', ['/', '/web']],
    ['Dependabot for npm alone', dependabot(npm), 'off', ['/', '/web']],
    ['Dependabot for one folder', dependabot(docker('directory: /')), 'partly', ['/web']],
    ['Dependabot for both', dependabot(docker('directory: "/"') + docker('directory: /web/')), 'on', []],
    ['Dependabot for a list', dependabot(docker('directories: [/, web]')), 'on', []],
    ['Dependabot for globs', dependabot(docker('directories: ["**/*", "/"]')), 'on', []],
    ['Dependabot that is broken', { '.github/dependabot.yml': 'updates: [' }, 'unreadable', ['/', '/web']],
    ['Renovate', { 'renovate.json': '{"extends": ["config:recommended"]}' }, 'on', []],
    ['Renovate in JSON5', { '.github/renovate.json5': "// a\n{extends: ['x'], /* b */\n\tenabled: true,}" }, 'on', []],
    ['Renovate in package.json', { 'package.json': '{"name": "x", "renovate": {"extends": []}}' }, 'on', []],
    ['a package.json without it', { 'package.json': '{"name": "x"}' }, 'none', ['/', '/web']],
    ['Renovate for npm alone', { '.renovaterc': '{"enabledManagers": ["npm"]}' }, 'off', []],
    ['Renovate without Dockerfiles', { 'renovate.json': '{"dockerfile": {"enabled": false}}' }, 'off', []],
    [
      'Renovate that is off, Dependabot on',
      { 'renovate.json': '{"enabled": false}', ...dependabot(docker('directories: ["/**", "/"]')) },
      'on',
      [],
    ],
  ])('%s', (_name, files, state, missing) => {
    expect(findUpdater(tree(files), ['Dockerfile', 'web/Dockerfile'])).toMatchObject({ state, missing });
  });
});

describe('updaterEdit', () => {
  const edit = (files: Record<string, string>, wanted: 'dependabot' | 'renovate' = 'dependabot') => {
    const root = tree(files);
    return updaterEdit(root, wanted, findUpdater(root, ['Dockerfile']));
  };

  test('a new file', () => {
    expect(edit({})).toMatchObject({ path: '.github/dependabot.yml', before: undefined });
    expect(JSON.parse(edit({}, 'renovate')!.after)).toMatchObject({ enabledManagers: ['dockerfile'] });
  });

  const entry = '- package-ecosystem: docker\n  directory: /\n  schedule:\n    interval: weekly\n';
  const at = (indent: string): string => entry.replace(/^/gm, indent).trimEnd();
  test.each([
    ['indented', `version: 2\nupdates:\n${npm}`, `version: 2\nupdates:\n${npm}${at('  ')}\n`],
    [
      'not indented',
      `version: 2\nupdates:\n${npm.replace(/^ {2}/gm, '')}`,
      `version: 2\nupdates:\n${npm.replace(/^ {2}/gm, '')}${at('')}\n`,
    ],
    [
      'before another key',
      `updates:\n${npm}registries: {}\nversion: 2\n`,
      `updates:\n${npm}${at('  ')}\nregistries: {}\nversion: 2\n`,
    ],
    ['without a final newline', `updates:\n${npm.trimEnd()}`, `updates:\n${npm}${at('  ')}\n`],
    [
      'with blank lines and comments',
      `# mine\nupdates:\n${npm}\n  # two\n${npm}`,
      `# mine\nupdates:\n${npm}\n  # two\n${npm}\n${at('  ')}\n`,
    ],
  ])('%s, without changing what is there', (_name, before, after) => {
    expect(edit({ '.github/dependabot.yml': before })).toEqual({ path: '.github/dependabot.yml', before, after });
  });

  test('keeps CRLF', () => {
    const before = `updates:\n${npm}`.replaceAll('\n', '\r\n');
    expect(edit({ '.github/dependabot.yml': before })!.after).toBe(
      `updates:\n${npm}${at('  ')}\n`.replaceAll('\n', '\r\n'),
    );
  });

  test.each<[string, Record<string, string>]>([
    ['a flow list', { '.github/dependabot.yml': 'updates: [{package-ecosystem: npm}]\n' }],
    ['a broken file', { '.github/dependabot.yml': 'updates: [' }],
    ['Renovate that its owner turned off', { 'renovate.json': '{"enabled": false}' }],
    ['one that is on', dependabot(docker('directory: /'))],
  ])('nothing for %s', (_name, files) => {
    expect(edit(files)).toBe(undefined);
  });
});
