import { describe, expect, test } from 'vitest';
import { branchName } from '../../src/bot/branch-names.ts';
import { locateForge, repositoryName } from '../../src/bot/location.ts';
import { inShard, parseShard } from '../../src/bot/shards.ts';

const locate = (given: Partial<Parameters<typeof locateForge>[0]>) => locateForge({ environment: {}, ...given });

describe('134 where a forge is', () => {
  test.each([
    ['https://github.com', 'github', 'https://github.com', 'https://api.github.com'],
    ['https://api.github.com', 'github', 'https://github.com', 'https://api.github.com'],
    ['https://github.corp.example', 'github', 'https://github.corp.example', 'https://github.corp.example/api/v3'],
    [
      'https://github.corp.example/api/v3',
      'github',
      'https://github.corp.example',
      'https://github.corp.example/api/v3',
    ],
    [
      'https://github.corp.example/api/v3/',
      'github',
      'https://github.corp.example',
      'https://github.corp.example/api/v3',
    ],
    ['https://acme.ghe.com', 'github', 'https://acme.ghe.com', 'https://api.acme.ghe.com'],
    ['https://api.acme.ghe.com', 'github', 'https://acme.ghe.com', 'https://api.acme.ghe.com'],
    ['https://gitlab.com', 'gitlab', 'https://gitlab.com', 'https://gitlab.com/api/v4'],
    [
      'https://gitlab.corp.example/root/api/v4',
      'gitlab',
      'https://gitlab.corp.example/root',
      'https://gitlab.corp.example/root/api/v4',
    ],
    ['codeberg.org', 'gitea', 'https://codeberg.org', 'https://codeberg.org/api/v1'],
    ['https://forgejo.example:3000', 'gitea', 'https://forgejo.example:3000', 'https://forgejo.example:3000/api/v1'],
  ])('%s', (url, kind, webUrl, apiUrl) => {
    expect(locate({ url })).toEqual({ kind, webUrl, apiUrl });
  });

  test('nothing given is github.com, or the forge whose job this is', () => {
    expect(locate({})).toMatchObject({ webUrl: 'https://github.com' });
    const ghes = { GITHUB_ACTIONS: 'true', GITHUB_SERVER_URL: 'https://ghe.corp.example' };
    expect(locate({ environment: ghes })).toMatchObject({ kind: 'github', apiUrl: 'https://ghe.corp.example/api/v3' });
    const gitea = { ...ghes, GITEA_ACTIONS: 'true', GITHUB_SERVER_URL: 'https://git.corp.example' };
    expect(locate({ environment: gitea })).toMatchObject({ kind: 'gitea' });
    const gitlab = { GITLAB_CI: 'true', CI_SERVER_URL: 'https://corp.example/gitlab' };
    expect(locate({ environment: gitlab })).toMatchObject({
      kind: 'gitlab',
      apiUrl: 'https://corp.example/gitlab/api/v4',
    });
    const remote = 'https://corp.example/gitlab/team/app.git';
    expect(locate({ environment: gitlab, remote })).toMatchObject({ webUrl: 'https://corp.example/gitlab' });
    expect(repositoryName(remote, locate({ environment: gitlab, remote }))).toBe('team/app');
  });

  test.each([
    ['git@github.com:acme/app.git', 'https://github.com', 'acme/app'],
    ['ssh://git@gitlab.com:2222/acme/web/app.git', 'https://gitlab.com', 'acme/web/app'],
    ['https://user:secret@github.com/acme/app', 'https://github.com', 'acme/app'],
    ['https://codeberg.org/acme/app.git', 'https://codeberg.org', 'acme/app'],
  ])('the remote %s', (remote, webUrl, name) => {
    const location = locate({ remote });
    expect(location.webUrl).toBe(webUrl);
    expect(repositoryName(remote, location)).toBe(name);
  });

  test.each([
    [{ url: 'http://github.corp.example' }, 'over https alone'],
    [{ url: 'https://user:pw@github.corp.example' }, 'must hold no password'],
    [{ url: 'https://git.corp.example' }, '--forge says it'],
    [{ url: '::' }, 'not the URL of a forge'],
    [{ kind: 'gitea' as const }, '--url says where'],
    [{ remote: '/srv/git/app.git' }, 'at no forge'],
  ])('%j is refused', (given, words) => {
    expect(() => locate(given)).toThrow(words);
  });

  test.each(['app', 'a/b/c', 'a/..', 'https://gitlab.com/a/b', 'a/b?c', 'a/$(x)', '-/x y'])(
    '%s is no repository',
    (name) => {
      expect(() => repositoryName(name, locate({}))).toThrow();
    },
  );
});

test('124 names of branches', () => {
  expect(branchName('dockmend/', 'fixes', [])).toBe('dockmend/fixes');
  expect(branchName('dockmend/', 'fixes', ['dockmend/fixes', 'dockmend/pins'])).toBe('dockmend/fixes');
  expect(branchName('dockmend/', 'fixes', ['dockmend'])).toBe('dockmend-fixes');
  expect(branchName('dockmend/', 'fixes', ['dockmend/fixes/deep'])).toBe('dockmend-fixes');
  expect(() => branchName('dockmend/', 'fixes', ['dockmend', 'dockmend-fixes/deep'])).toThrow('--branch-prefix');
});

test('shards', () => {
  expect(parseShard('2/4')).toEqual({ number: 2, of: 4 });
  for (const text of ['0/4', '5/4', '1/0', 'a/b', '1', '']) expect(parseShard(text)).toBe(undefined);
  for (const name of ['a/b', 'c/d', 'e/f']) {
    const parts = [1, 2, 3].filter((number) => inShard(name, { number, of: 3 }));
    expect(parts).toHaveLength(1);
  }
});
