import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { contextFacts, openContext } from '../../src/context/index.ts';
import { fix, tableFacts } from '../../src/engine/index.ts';
import { mountBuildSecret } from '../../transforms/mount-build-secret/index.ts';
import { describeInFullSuite, root, temporaryFolder } from '../support/parts.ts';
import { type SecretApp, secretApps } from '../support/secret-apps/apps.ts';
import { Engine } from '../support/secret-apps/engine.ts';
import { type Services, startServices } from '../support/secret-apps/services.ts';

const parts = ['dockerd', 'mmdebstrap', 'git', 'ssh-keygen', root] as const;

/** Debian's engine has no frontend that mounts a secret as a variable, and fetches none. */
const needsCurrentFrontend = (app: SecretApp): boolean => app.dockerfile.startsWith('# syntax=');

describeInFullSuite('secrets in real builds', parts, () => {
  const folder = temporaryFolder();
  const engine = new Engine(folder.path);
  const token = `tok${createHash('sha256').update(folder.path).digest('hex')}`;
  let services: Services;
  let key: { readonly secret: string; readonly shown: string };

  beforeAll(async () => {
    mkdirSync(join(folder.path, 'served'));
    services = await startServices(join(folder.path, 'served'), token);
    await engine.start();
    const path = join(folder.path, 'key');
    execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', 'ci', '-f', path]);
    key = { secret: readFileSync(path, 'utf8'), shown: readFileSync(`${path}.pub`, 'utf8') };
  }, 240_000);
  afterAll(async () => {
    await engine.stop();
    await services.stop();
    folder.remove();
  });

  const secretOf = (app: SecretApp): string => (app.proof[1] === 'PUBLIC' ? key.secret : token);

  const filled = (app: SecretApp, text: string): string =>
    text
      .replaceAll('HOSTNAME', services.host.split(':')[0]!)
      .replaceAll('HOST', services.host)
      .replaceAll('BASE', engine.base)
      .replaceAll('DIGEST', createHash('sha256').update(token).digest('hex'))
      .replace(/\bSECRET\b/, token)
      .replace(/^KEY$/, secretOf(app));

  const prepare = (app: SecretApp, name: string, dockerfile: string): string => {
    const place = join(folder.path, name);
    mkdirSync(place);
    writeFileSync(join(place, 'Dockerfile'), dockerfile);
    for (const [path, text] of Object.entries(app.files ?? {})) {
      writeFileSync(join(place, path), filled(app, text), { mode: 0o600 });
    }
    return place;
  };

  /** Whether a secret stands anywhere in an image; of a key, one of its lines. */
  const isIn = (tag: string, secret: string): Promise<boolean> =>
    engine.holds(tag, secret.split('\n').find((line) => /^[\w+/]{40}/.test(line)) ?? secret);

  const all = process.env.DOCKMEND_TEST_BUILDS === 'all';
  const buildable = secretApps.filter((app) => !needsCurrentFrontend(app));
  // A third of them is what a run of everything has time for; they differ in one thing each.
  test.each(buildable.map((app, at) => [app.name, app, at] as const).filter(([, , at]) => all || at % 3 === 0))(
    '%s',
    async (_, app, at) => {
      const [path, text] = app.proof;
      const secret = secretOf(app);
      const expected = text === 'PUBLIC' ? key.shown.split(' ').slice(0, 2).join(' ') : text;
      const source = filled(app, app.dockerfile);

      const before = prepare(app, `before-${at}`, source);
      const given = app.argument === undefined ? [] : ['--build-arg', `${app.argument}=${secret}`];
      await engine.build(before, `before-${at}`, given, {});
      expect(await engine.read(`before-${at}`, path)).toContain(expected);
      expect(await isIn(`before-${at}`, secret)).toBe(true);

      const dockerfile = join(before, 'Dockerfile');
      const context = contextFacts(openContext(before, { root: before, dockerfile }), {
        root: before,
        dockerfile,
        siblings: [],
      });
      const result = fix(source, {
        transforms: [mountBuildSecret],
        facts: { ...tableFacts, context: () => context },
        choice: { safety: 'safe', accept: ['mount-build-secret'] },
      });
      expect(result.applied.length).toBeGreaterThan(0);
      const words = result.applied.flatMap(({ finding }) => printedFlags(finding.message));
      expect(words.length).toBeGreaterThan(0);

      const after = prepare(app, `after-${at}`, result.output);
      await engine.build(after, `after-${at}`, words, app.argument === undefined ? {} : { [app.argument]: secret });
      expect(await engine.read(`after-${at}`, path)).toContain(expected);
      expect(await isIn(`after-${at}`, secret)).toBe(false);
    },
    120_000,
  );
});

/** The flags of the command that a finding prints. */
function printedFlags(message: string): string[] {
  const command = /`docker build (.+?) \.`/.exec(message)?.[1];
  return command === undefined ? [] : command.split(' ');
}
