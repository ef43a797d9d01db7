import { describe, expect, test } from 'vitest';
import { compareImages, differenceLines, mayBeChance, nothingAllowed, without } from '../../src/verify/compare.ts';
import { pathMatcher } from '../../src/verify/globs.ts';
import { dockerArchive, type Files, imageWith, read, sha256 } from '../support/proof-images.ts';
import { tarOf } from '../support/registry-images.ts';

const lines = (
  before: Files,
  after: Files,
  allowed: Partial<typeof nothingAllowed> & {
    replaced?: readonly { before: string | undefined; after: string }[];
  } = {},
): string[] => differenceLines(compareImages(imageWith(before), imageWith(after), { ...nothingAllowed, ...allowed }));

describe('two images are compared', () => {
  test('equal ones differ in nothing', () => {
    expect(lines({ a: 'x', 'b/c': { mode: 0o755 } }, { a: 'x', 'b/c': { mode: 0o755 } })).toEqual([]);
  });

  test.each<[string, Files[string] | undefined, Files[string] | undefined, string]>([
    ['gone', 'x', undefined, '`/app/f` is gone'],
    ['new', undefined, 'x', '`/app/f` is new'],
    ['content', 'x', 'yy', '`/app/f` has another content (2 bytes, and had 1)'],
    ['mode', { mode: 0o4755 }, { mode: 0o755 }, '`/app/f` has mode 0755, and had 4755'],
    ['owner', { uid: 5 }, { uid: 0 }, '`/app/f` belongs to 0:0, and did to 5:0'],
    ['group', { gid: 5 }, { gid: 6 }, '`/app/f` belongs to 0:6, and did to 0:5'],
    ['type', { type: 'directory' }, 'x', '`/app/f` is a file, and was a directory'],
    ['link', { type: 'symlink', target: 'a' }, { type: 'symlink', target: 'b' }, '`/app/f` leads to b, and led to a'],
    ['capability', { attributes: 'security.capability=01' }, {}, '`/app/f` has other file capabilities'],
  ])('%s', (_name, before, after, expected) => {
    const files = (own: Files[string] | undefined): Files => (own === undefined ? {} : { 'app/f': own });
    expect(lines(files(before), files(after))).toEqual([expected]);
  });

  test('the mode of a symbolic link means nothing', () => {
    const link = (mode: number): Files => ({ l: { type: 'symlink', target: 'a', mode } });
    expect(lines(link(0o777), link(0o755))).toEqual([]);
  });

  test('what is in a folder that is gone is not told again, and a long list is cut', () => {
    const folder = { d: { type: 'directory' }, 'd/a': 'x', 'd/b/c': 'x', 'd-other': 'x' } as const;
    expect(lines(folder, {})).toEqual(['`/d` is gone', '`/d-other` is gone']);
    const many = Object.fromEntries(Array.from({ length: 9 }, (_, index) => [`f${index}`, 'x']));
    expect(lines(many, {})).toHaveLength(7);
    expect(lines(many, {}).at(-1)).toBe('and 3 more');
  });

  test('the configuration, with the names of variables alone', () => {
    const before = imageWith({}, { Env: ['TOKEN=hunter2', 'B=1'], Cmd: ['a'], ExposedPorts: { '80/TCP': {} } });
    const after = imageWith({}, { Env: ['TOKEN=other', 'C=1'], Cmd: ['b'], ExposedPorts: { '80/tcp': {} } });
    expect(differenceLines(compareImages(before, after, nothingAllowed))).toEqual([
      '`Cmd` is ["b"], and was ["a"]',
      '`Env TOKEN` has another value',
      '`Env B` is gone',
      '`Env C` is new',
    ]);
    const config = new Set(['Cmd', 'Env.TOKEN', 'Env.B'] as const);
    expect(differenceLines(compareImages(before, after, { ...nothingAllowed, config }))).toEqual(['`Env C` is new']);
  });

  test('what fixes may change is passed over, and no more', () => {
    const before = {
      'var/lib/apt/lists': { type: 'directory' },
      'var/lib/apt/lists/x': 'x',
      'var/lib/apt/y': 'y',
    } as const;
    expect(lines(before, {}, { paths: ['/var/lib/apt/lists/**'] })).toEqual(['`/var/lib/apt/y` is gone']);
  });

  test('copies of a file that a fix changes', () => {
    const replaced = [
      { before: sha256('old'), after: sha256('new') },
      { before: undefined, after: sha256('ignore') },
    ];
    expect(
      lines({ 'app/Dockerfile': 'old' }, { 'app/Dockerfile': 'new', 'app/.dockerignore': 'ignore' }, { replaced }),
    ).toEqual([]);
    expect(lines({ 'app/Dockerfile': 'old' }, { 'app/Dockerfile': 'other' }, { replaced })).toHaveLength(1);
  });
});

const dpkgOf = (name: string, version: string): Files => ({
  'var/lib/dpkg/status': `Package: ${name}\nStatus: install ok installed\nVersion: ${version}\n`,
});

describe('noise', () => {
  test.each([
    'var/log/dpkg.log',
    'usr/lib/python3/__pycache__/a.cpython-311.pyc',
    'var/log/lastlog',
    'var/cache/apt/pkgcache.bin',
    'root/.npm/_cacache/index-v5/aa',
    'etc/passwd-',
    'usr/local/cargo/.global-cache',
  ])('%s may differ, and be in one image alone', (path) => {
    expect(lines({ [path]: 'x' }, { [path]: 'y' })).toEqual([]);
    expect(lines({ [path]: 'x' }, {})).toEqual([]);
  });

  test('its owner and mode are compared, and so is what is no regular file', () => {
    expect(lines({ 'var/log/x': { uid: 1 } }, { 'var/log/x': { uid: 2 } })).toHaveLength(1);
    expect(lines({ 'var/log/x': { type: 'symlink', target: '/dev/stdout' } }, {})).toEqual(['`/var/log/x` is gone']);
  });

  test('what differs in content alone must be there', () => {
    expect(lines({ 'etc/machine-id': 'x' }, { 'etc/machine-id': 'y' })).toEqual([]);
    expect(lines({ 'etc/machine-id': 'x' }, {})).toEqual(['`/etc/machine-id` is gone']);
  });

  test.each([
    'src/target/.rustc_info.json',
    'app/node_modules/.modules.yaml',
    'app/node_modules/.pnpm-workspace-state-v1.json',
    'usr/local/bundle/extensions/x86_64-linux/3.3.0/nio4r-2.7/gem_make.out',
  ])('%s may differ, and has to be there', (path) => {
    expect(lines({ [path]: 'x' }, { [path]: 'y' })).toEqual([]);
    expect(lines({ [path]: 'x' }, {})).toEqual([`\`/${path}\` is gone`]);
  });

  test('the day of a password is not its meaning, and the password is', () => {
    const shadow = (hash: string, day: number): Files => ({ 'etc/shadow': `root:${hash}:${day}:0:99999:7:::\n` });
    expect(lines(shadow('*', 1), shadow('*', 2))).toEqual([]);
    expect(lines(shadow('*', 1), shadow('$6$x', 1))).toHaveLength(1);
  });

  test.each<[string, Files, Files, string]>([
    ['a log that the program follows is lost', { 'var/log/cron.log': '' }, {}, '`/var/log/cron.log` is gone'],
    [
      'libraries are no longer found',
      { 'etc/ld.so.cache': 'x' },
      { 'etc/ld.so.cache': 'y' },
      'ld.so.cache` has another',
    ],
    ['a module without its source is lost', { 'app/core.pyc': 'x' }, {}, '`/app/core.pyc` is gone'],
    ['a module without its source is another', { 'app/core.pyc': 'x' }, { 'app/core.pyc': 'y' }, 'another content'],
    [
      'a certificate is lost',
      { 'etc/ssl/certs/java/cacerts': 'two' },
      { 'etc/ssl/certs/java/cacerts': '1' },
      'another content',
    ],
  ])('is not what a program needs: %s', (_name, before, after, expected) => {
    expect(lines(before, after).join('\n')).toContain(expected);
  });

  test('a compiled module beside its source means nothing, nor the folder of these', () => {
    expect(lines({ 'app/a.py': '', 'app/a.pyc': 'x' }, { 'app/a.py': '' })).toEqual([]);
    const cached = { 'app/__pycache__': { type: 'directory' }, 'app/__pycache__/a.cpython-311.pyc': 'x' } as const;
    expect(lines({ 'app/a.py': '', ...cached }, { 'app/a.py': '' })).toEqual([]);
  });

  test('what two builds of the original differ in is left out, in that respect alone', () => {
    const difference = (aspect: string) => ({ subject: '/app/build-id', what: '', aspect });
    expect(without([difference('content'), difference('mode')], [difference('content')])).toEqual([difference('mode')]);
  });

  test.each([
    ['/tmp/tmp.Xb12Qz', '/tmp/tmp.Qz9aXb', '/tmp/tmp.Xk00aa'],
    ['/app/dist/main.3fa9c2d1.js', '/app/dist/main.3b00c2dd.js', '/app/dist/main.9999ffff.js'],
    ['/tmp/tmpab12_9xy', '/tmp/tmpzz_00aaa', '/tmp/tmpqwertyu1'],
  ])('random names, as %s', (one, two, three) => {
    const moved = (from: string, to: string) => [
      { subject: from, what: 'is gone', aspect: 'gone' },
      { subject: to, what: 'is new', aspect: 'new' },
    ];
    expect(without(moved(one, three), moved(one, two))).toEqual([]);
    const lost = moved(one, three).slice(0, 1);
    expect(without(lost, [])).toEqual(lost);
    expect(without(moved(one, three), moved('/other/aaaaaaaa', '/other/bbbbbbbb'))).toHaveLength(2);
  });

  test('a file that is lost among random names is told', () => {
    const gone = (subject: string) => ({ subject, what: 'is gone', aspect: 'gone' });
    const come = (subject: string) => ({ subject, what: 'is new', aspect: 'new' });
    const noise = [gone('/app/a.1111.js'), come('/app/a.2222.js')];
    expect(without([gone('/app/a.1111.js'), gone('/app/a.4444.js'), come('/app/a.3333.js')], noise)).toHaveLength(2);
  });

  test('packages of another version may come from what a builder has kept', () => {
    const [version, other] = [dpkgOf('curl', '1'), dpkgOf('curl', '2')];
    const found = compareImages(imageWith(version), imageWith(other), nothingAllowed);
    expect(mayBeChance(found)).toBe(true);
    expect(mayBeChance(compareImages(imageWith(version), imageWith(dpkgOf('vim', '1')), nothingAllowed))).toBe(false);
  });
});

describe('package databases are compared as packages', () => {
  const dpkg = (packages: Record<string, string>, more: Files = {}): Files => ({
    'var/lib/dpkg/status': Object.entries(packages)
      .map(([name, version]) => `Package: ${name}\nStatus: install ok installed\nVersion: ${version}\n`)
      .join('\n'),
    ...more,
  });
  const auto = { 'var/lib/apt/extended_states': 'Package: libx\nArchitecture: amd64\nAuto-Installed: 1\n\n' };

  test('in any order', () => {
    expect(lines(dpkg({ a: '1', b: '2' }), dpkg({ b: '2', a: '1' }))).toEqual([]);
    expect(lines(dpkg({ a: '1', b: '1' }), dpkg({ a: '2', c: '1' }))).toEqual([
      '`package a` has version 2, and had 1',
      '`package b` is gone',
      '`package c` is new',
    ]);
  });

  test('of Alpine', () => {
    const apk = (version: string): Files => ({ 'lib/apk/db/installed': `C:Q1\nP:musl\nV:${version}\n\nP:zlib\nV:1\n` });
    expect(lines(apk('1'), apk('2'))).toEqual(['`package musl` has version 2, and had 1']);
  });

  test('fewer may be installed: those that came for others, with what is theirs', () => {
    const before = dpkg(
      { app: '1', libx: '1', 'ca-certificates': '1' },
      {
        ...auto,
        'var/lib/dpkg/info/libx.list': '/.\n/usr\n/usr/lib/libx.so\n/opt/libx\n',
        'var/lib/dpkg/info/app.list': '/.\n/usr/bin/app\n',
        'usr/lib/libx.so': 'x',
        'opt/libx': 'x',
        'etc/made-by-postinst': 'x',
        'usr/bin/app': 'x',
        'usr/local/bin/own': 'built with libx',
        'srv/data': 'x',
      },
    );
    const fine: Files = {
      ...dpkg({ app: '1', 'ca-certificates': '1' }, auto),
      'var/lib/dpkg/info/app.list': '/.\n/usr/bin/app\n',
      'usr/bin/app': 'x',
      'usr/local/bin/own': 'built with libx',
      'srv/data': 'x',
    };
    expect(lines(before, fine, { fewerPackages: true })).toEqual([]);
    expect(lines(before, fine)[0]).toBe('`package libx` is gone');
    const less = { ...fine, 'usr/bin/app': 'y', 'usr/local/bin/own': 'built without' };
    expect(lines(before, less, { fewerPackages: true })).toEqual([
      '`/usr/bin/app` has another content (1 bytes, and had 1)',
      '`/usr/local/bin/own` has another content (13 bytes, and had 15)',
    ]);
    const asked = { ...fine, ...dpkg({ 'ca-certificates': '1' }, auto) };
    expect(lines(before, asked, { fewerPackages: true })[0]).toBe('`package app` is gone');
    const vital = { ...fine, ...dpkg({ app: '1' }, auto) };
    expect(lines(before, vital, { fewerPackages: true })).toEqual(['`package ca-certificates` is gone']);
  });

  test('owners in system folders count by their names, as their numbers move up where a package makes no user', () => {
    const image = (group: number, packages: Record<string, string>, files: Files): Files =>
      dpkg(packages, {
        ...auto,
        'var/lib/dpkg/info/app.list': '/usr/lib/helper\n',
        'etc/group': `root:x:0:\nbus:x:${group}:\nweb:x:${group - 1}:\n`,
        ...files,
      });
    const helper = { 'usr/lib/helper': { gid: 996, mode: 0o4754 }, 'srv/app': { gid: 996 } };
    const before = image(996, { app: '1', libx: '1' }, helper);
    const moved = (files: Files, packages: Record<string, string> = { app: '1' }) =>
      lines(before, image(997, packages, files), { fewerPackages: true });
    expect(moved({ 'usr/lib/helper': { gid: 997, mode: 0o4754 }, 'srv/app': { gid: 996 } })).toEqual([]);
    expect(moved({ 'usr/lib/helper': { gid: 997, mode: 0o754 }, 'srv/app': { gid: 997 } })).toEqual([
      '`/srv/app` belongs to 0:997, and did to 0:996',
      '`/usr/lib/helper` has mode 0754, and had 4754',
    ]);
    expect(moved({ 'usr/lib/helper': { gid: 996, mode: 0o4754 }, 'srv/app': { gid: 996 } })).toEqual([]);
    expect(moved({ 'usr/lib/helper': { gid: 0, mode: 0o4754 }, 'srv/app': { gid: 996 } })).toHaveLength(1);
    expect(moved({ ...helper, 'usr/lib/helper': { gid: 997 } }, { app: '1', libx: '1' })).toHaveLength(2);
  });

  test('the empty folders below /usr/local go with the package whose script makes them, and with no other', () => {
    const folder = { type: 'directory' } as const;
    const fonts = {
      'usr/local/share/fonts': folder,
      'usr/local/share/sgml': folder,
      'usr/local/share/sgml/dtd': folder,
    };
    const made = (script: string, more: Files = {}): Files =>
      dpkg({ app: '1', libx: '1' }, { ...auto, ...fonts, 'var/lib/dpkg/info/libx.postinst': script, ...more });
    const after = dpkg({ app: '1' }, auto);
    const naming =
      'LOCALDIR=/usr/local/share/fonts\nmkdir /usr/local/share/sgml\ninstall -d "/usr/local/share/sgml/dtd"\n';
    const fewer = { fewerPackages: true };
    expect(lines(made(naming), after, fewer)).toEqual([]);
    expect(lines(made(naming, { 'usr/local/share/fonts/own.ttf': 'x' }), after, fewer)).toEqual([
      '`/usr/local/share/fonts` is gone',
    ]);
    expect(lines(made('mkdir /usr/local/share/fonts-more /usr/local/share/sgml\n'), after, fewer)).toEqual([
      '`/usr/local/share/fonts` is gone',
      '`/usr/local/share/sgml` is gone',
    ]);
    const stays = { ...after, 'var/lib/dpkg/info/app.postinst': naming };
    expect(lines({ ...made('true\n'), ...stays, ...dpkg({ app: '1', libx: '1' }) }, stays, fewer)).toEqual([
      '`/usr/local/share/fonts` is gone',
      '`/usr/local/share/sgml` is gone',
    ]);
  });
});

describe('with fewer packages', () => {
  const status = (...names: string[]): string => names.map((name) => `Package: ${name}\nVersion: 1\n`).join('\n');
  const image = (files: Files, ...packages: string[]) => ({
    ...imageWith({ 'var/lib/dpkg/status': status(...packages), ...files }),
    origins: new Map(Object.keys(files).map((path) => [path, 1])),
  });
  const lists = {
    'var/lib/dpkg/info/app.list': '/usr/bin/app\n',
    'var/lib/apt/extended_states': 'Package: libx\nAuto-Installed: 1\n',
  };
  const extra = {
    'var/lib/dpkg/info/libx.list': '/usr/lib/sysusers.d/libx.conf\n',
    'usr/lib/sysusers.d/libx.conf': 'u xbus - "X"\n',
    'var/lib/dpkg/info/libx.preinst': 'adduser --system --group xd\n',
    'var/lib/dpkg/info/libx.postinst': 'update-alternatives --install /usr/bin/view view /usr/bin/xview 1\n',
  };
  const compared = (was: Files, is: Files) =>
    differenceLines(
      compareImages(image({ ...lists, ...extra, ...was }, 'app', 'libx'), image({ ...lists, ...is }, 'app'), {
        ...nothingAllowed,
        fewerPackages: true,
      }),
    );

  test.each<[string, string, string, string, boolean]>([
    ['that a script makes', 'passwd', 'root:x:0:0::/:\nxd:x:101:102::/:\n', 'root:x:0:0::/:\n', true],
    ['that is made for systemd', 'passwd', 'root:x:0:0::/:\nxbus:x:101:102::/:\n', 'root:x:0:0::/:\n', true],
    ['with another number', 'passwd', 'xd:x:101:102::/:\nd:x:103:104::/:\n', 'd:x:101:102::/:\n', true],
    ['in a group', 'group', 'xd:x:101:\nssl:x:9:d,xd\n', 'ssl:x:9:d\n', true],
    ['of the application', 'passwd', 'xd:x:101:102::/:\nweb:x:1000:1000::/:\n', '', false],
    ['of the application with another number', 'passwd', 'web:x:1000:1000::/:\n', 'web:x:1001:1000::/:\n', false],
    ['with another home', 'passwd', 'd:x:101:102::/:\n', 'd:x:101:102::/home:\n', false],
    ['that is new', 'passwd', '', 'xd:x:101:102::/:\n', false],
    ['no longer in its group', 'group', 'ssl:x:9:d,web\n', 'ssl:x:9:d\n', false],
    ['whose name is part of another', 'passwd', 'x:x:101:102::/:\n', '', false],
    ['with another password', 'shadow', 'root:*:1:0:::::\n', 'root:!:1:0:::::\n', false],
    ['with a password of another day', 'shadow', 'root:*:1:0:::::\nxd:!:1::::::\n', 'root:*:2:0:::::\n', true],
  ])('a user %s', (_name, database, was, is, isFine) => {
    const found = compared({ [`etc/${database}`]: was }, { [`etc/${database}`]: is });
    expect(found).toEqual(isFine ? [] : [expect.stringContaining(`/etc/${database}\` has another content`)]);
  });

  test.each<[string, string, boolean]>([
    ['a program that its script names', 'usr/bin/view', true],
    ['another program that the step made', 'usr/bin/tool', false],
    ['the languages', 'usr/lib/locale/locale-archive', false],
    ['the time zone', 'etc/localtime', false],
  ])('%s', (_name, path, isFine) => {
    expect(compared({ [path]: 'x' }, {})).toEqual(isFine ? [] : [`\`/${path}\` is gone`]);
  });

  test('a link that the alternatives led to a program of a package that is gone', () => {
    const link = (target: string) => ({ type: 'symlink', target }) as const;
    const tool = { 'usr/bin/tool': link('/etc/alternatives/tool') };
    const real = { 'var/lib/dpkg/info/libx.list': '/usr/bin/xtool\n', 'usr/bin/xtool': 'x' };
    expect(compared({ ...real, ...tool, 'etc/alternatives/tool': link('/usr/bin/xtool') }, {})).toEqual([]);
    expect(compared({ ...real, ...tool, 'etc/alternatives/tool': link('/opt/own/tool') }, {})).toEqual([
      '`/usr/bin/tool` is gone',
    ]);
    expect(compared({ ...real, 'usr/bin/tool': link('/usr/bin/xtool') }, {})).toEqual(['`/usr/bin/tool` is gone']);
  });

  test('the certificates stay where their package does', () => {
    const bundle = { 'etc/ssl/certs/ca-certificates.crt': 'x' };
    const both = { ...lists, 'var/lib/dpkg/status': status('app', 'ca-certificates') };
    expect(
      compared({ ...both, ...extra, 'var/lib/dpkg/status': status('app', 'ca-certificates', 'libx'), ...bundle }, both),
    ).toEqual(['`/etc/ssl/certs/ca-certificates.crt` is gone, and `ca-certificates` is installed']);
  });
});

test('with fewer packages, what other steps made in folders of the system stays', () => {
  const status = (...names: string[]): string => names.map((name) => `Package: ${name}\nVersion: 1\n`).join('\n');
  const lists = { 'var/lib/dpkg/info/app.list': '/usr/bin/app\n', 'usr/bin/app': 'x' };
  const extra = {
    'var/lib/dpkg/info/libx.list': '/usr/lib/libx.so\n/var\n/var/lib\n/var/lib/libx\n',
    'var/lib/dpkg/info/libx.postinst': 'addgroup --system xgroup\n',
    'usr/lib/libx.so': 'x',
  };
  const auto = { 'var/lib/apt/extended_states': 'Package: libx\nAuto-Installed: 1\n' };
  const own = { 'etc/app.conf': 'x', 'usr/lib/plugin.so': 'x', 'var/lib/app/index': 'x' };
  // Later steps make the state of packages anew.
  const later = { ...own, 'var/lib/libx/index': 'x' };
  const image = (files: Files) => ({
    ...imageWith(files),
    origins: new Map(Object.keys(files).map((path) => [path, path in later ? 2 : path === 'etc/group' ? 0 : 1])),
  });
  const before = {
    ...later,
    ...lists,
    ...extra,
    ...auto,
    'etc/group': 'root:x:0:\nxgroup:x:101:\n',
    'etc/libx.conf': 'x',
    'etc/hostnames': 'x',
  };
  const after = { ...own, ...lists, ...auto, 'etc/group': 'root:x:0:\n' };
  const compared = (is: Files) =>
    differenceLines(
      compareImages(
        image({ ...before, 'var/lib/dpkg/status': status('app', 'libx') }),
        image({ ...is, 'var/lib/dpkg/status': status('app') }),
        { ...nothingAllowed, fewerPackages: true },
      ),
    );
  expect(compared(after)).toEqual([]);
  expect(compared({ ...after, 'etc/app.conf': 'y' })).toEqual([expect.stringContaining('/etc/app.conf')]);
  const { 'usr/lib/plugin.so': _, ...less } = after;
  expect(compared(less)).toEqual(['`/usr/lib/plugin.so` is gone']);
  const { 'var/lib/app/index': __, ...lost } = after;
  expect(compared(lost)).toEqual(['`/var/lib/app/index` is gone']);
});

describe('what layers tell', () => {
  const layersOf = async (...layers: Parameters<typeof tarOf>[0][]) => {
    const tars = await Promise.all(layers.map((entries) => tarOf(entries)));
    return read(await dockerArchive(tars.map((tar, index) => [`${index}/layer.tar`, tar] as const)));
  };
  type Entries = Parameters<typeof tarOf>[0];
  const links: Entries = [
    ['app/a', 'x'],
    ['app/b', { type: 'link', linkname: 'app/a' }],
  ];
  const compared = async (before: Entries[], after: Entries[], allowed: Partial<typeof nothingAllowed> = {}) =>
    differenceLines(
      compareImages(await layersOf(...before), await layersOf(...after), { ...nothingAllowed, ...allowed }),
    );

  test('names of one file that are copies now', async () => {
    expect(await compared([links], [links])).toEqual([]);
    const copies: Entries[] = [links, [['app/b', 'x']]];
    expect(await compared([links], copies)).toEqual(['`/app/b` is a copy of `/app/a`, and was the same file']);
    expect(await compared(copies, [links])).toEqual([]);
    expect(await compared([links], copies, { paths: ['/app/b'] })).toEqual([]);
    // A later step that changes an owner makes copies of them.
    expect(await compared([links], copies, { owners: ['/app/**'] })).toEqual([]);
  });

  test('what a lower layer keeps', async () => {
    const token: Entries = [['app/token', 'secret']];
    const removed: Entries = [['app/.wh.token', '']];
    expect(await compared([links], [links, token, removed])).toEqual([
      '`/app/token` stays in a layer that is below the one which removes it',
    ]);
    expect(await compared([links, token, removed], [links, token, removed])).toEqual([]);
    expect(await compared([links, token], [links, token, removed], { paths: ['/app/token'] })).toEqual([]);
    expect(await compared([links], [links, token, [['.wh.app', '']], links])).toHaveLength(1);
    // What another layer held already, and logs, tell nobody anything new.
    expect(await compared([[...links, ['b', 'secret']]], [[...links, ['b', 'secret']], token, removed])).toEqual([]);
    const log: Entries[] = [[['var/log/dpkg.log', 'y']], [['var/log/.wh.dpkg.log', '']]];
    expect(await compared([links], [links, ...log])).toEqual([]);
  });

  test('a random name that is kept there counts once', () => {
    const left = (subject: string) => ({ subject, what: '', aspect: 'layer' });
    expect(mayBeChance([left('/tmp/tmp.Xb12')])).toBe(true);
    expect(without([left('/tmp/tmp.Xb12')], [left('/tmp/tmp.Qz9a')])).toEqual([]);
    expect(without([left('/tmp/token')], [left('/tmp/tmp.Qz9a')])).toHaveLength(1);
    expect(without([left('/app/tmp.Xb12')], [left('/tmp/tmp.Qz9a')])).toHaveLength(1);
  });
});

test.each([
  ['/a/**', ['/a', '/a/b', '/a/b/c'], ['/ab', '/b']],
  ['/**/.npm/**', ['/.npm', '/root/.npm/x', '/home/a/.npm'], ['/root/.npmrc']],
  ['/a/*.bin', ['/a/x.bin'], ['/a/b/x.bin', '/a/x.bin2']],
  ['/etc/{a,b}-', ['/etc/a-', '/etc/b-'], ['/etc/c-', '/etc/a']],
  ['**', ['/', '/a/b'], []],
  ['/a?c', ['/abc'], ['/a/c', '/ac']],
  ['/a+(b)', ['/a+(b)'], ['/aab']],
])('the glob %s', (glob, yes, no) => {
  const matches = pathMatcher([glob]);
  expect(yes.filter((path) => !matches(path))).toEqual([]);
  expect(no.filter(matches)).toEqual([]);
});

test('a package has a version that the original has too, today or when it was kept', () => {
  const image = (version: string) =>
    imageWith({ 'var/lib/dpkg/status': `Package: curl\nStatus: install ok installed\nVersion: ${version}\n` });
  const [kept, fresh, other] = ['1', '2', '0'].map((version) => image(version));
  const noise = compareImages(kept!, fresh!, nothingAllowed);
  expect(mayBeChance(noise)).toBe(true);
  expect(without(compareImages(kept!, image('2'), nothingAllowed), noise)).toEqual([]);
  expect(without(compareImages(kept!, other!, nothingAllowed), noise)).toHaveLength(1);
});

test('a user is the same by its numbers where a safe fix writes it otherwise', () => {
  const image = (User: string) => imageWith({ 'etc/passwd': 'web:x:5:5::/:' }, { User });
  const allowed = { ...nothingAllowed, config: new Set(['User'] as const), sameUser: true };
  expect(compareImages(image('web'), image('5'), allowed)).toEqual([]);
  expect(compareImages(image('web'), image('1001'), allowed)).toHaveLength(1);
  expect(compareImages(image('web'), image('1001'), { ...allowed, sameUser: false })).toEqual([]);
});

test('a name that the original always has is no random one', () => {
  const of = (gone: string, made: string) => [
    { subject: gone, what: '', aspect: 'gone' },
    { subject: made, what: '', aspect: 'new' },
  ];
  const found = [...of('/data/ab12cd', '/data/99xxyy'), ...of('/data/config', '/data/konfig')];
  expect(without(found, of('/data/ab12cd', '/data/zz00kk'))).toEqual([]);
  expect(without(found, of('/data/ab12cd', '/data/zz00kk'), (path) => path === '/data/config')).not.toEqual([]);
});

test('what tools make anew in each layer may be another in between where packages are fewer, and nothing else', () => {
  const status = (...names: string[]) =>
    names.map((name) => `Package: ${name}\nStatus: install ok installed\nVersion: 1\n`).join('\n');
  const image = (...names: string[]) =>
    imageWith({ 'var/lib/dpkg/status': status(...names), 'etc/shells': 'end', 'app/key': 'end' });
  const between = (path: string) => new Map([[path, [{ ...imageWith({ x: 'middle' }).files.get('x')! }]]]);
  const told = (path: string, fewerPackages: boolean) =>
    differenceLines(
      compareImages(image('a', 'b'), { ...image('a'), covered: between(path) }, { ...nothingAllowed, fewerPackages }),
    ).filter((line) => line.includes('in a layer'));
  expect(told('etc/shells', true)).toEqual([]);
  expect(told('etc/shells', false)).toHaveLength(1);
  expect(told('app/key', true)).toHaveLength(1);
});
