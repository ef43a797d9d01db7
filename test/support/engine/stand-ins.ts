import { createHash } from 'node:crypto';
import { copyFileSync, cpSync, existsSync, mkdirSync, realpathSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { keptFolder } from '../temporary.ts';
import { type Engine, engineCache, run } from './engine.ts';
import { recipes } from './stand-in-recipes.ts';

/**
 * Stand-ins for published base images, made of Debian's packages: the same users, entrypoint, working folder, ports and
 * tools as the image of that name has, and programs that do the same job. One root is made a machine; the rest are
 * layers on it.
 */
export class StandIns {
  readonly #engine: Engine;
  readonly #made = new Map<string, Promise<void>>();

  constructor(engine: Engine) {
    this.#engine = engine;
  }

  /** Makes what the FROM and COPY --from lines of a Dockerfile name, where there is a recipe for it. */
  async forDockerfile(text: string): Promise<void> {
    const names = [...text.matchAll(/^\s*FROM\s+(?:--\S+\s+)*(\S+)|--from=(\S+)/gim)].map(
      (each) => each[1] ?? each[2]!,
    );
    for (const name of new Set(names)) if (name in recipes) await this.make(name);
  }

  make(name: string): Promise<void> {
    let made = this.#made.get(name);
    if (made === undefined) {
      made = this.#make(name);
      this.#made.set(name, made);
    }
    return made;
  }

  async #make(name: string): Promise<void> {
    const recipe = recipes[name];
    if (recipe === undefined) throw new Error(`there is no stand-in for ${name}`);
    const tag = name.includes(':') ? name : `${name}:latest`;
    const { dockerfile, files = [] } = recipe;
    for (const base of recipe.needs ?? []) if (base !== 'scratch') await this.make(base);
    if (recipe.root !== undefined) {
      const { suite = 'bookworm' } = recipe;
      const hash = createHash('sha256')
        .update([suite, ...recipe.root].join(' '))
        .digest('hex')
        .slice(0, 16);
      const known = await this.#engine.docker(['image', 'inspect', '-f', '{{.Comment}}', tag]);
      if (known.stdout.trim() === hash) return;
      const said = await this.#engine.docker(['import', '-m', hash, await rootArchive(recipe.root, suite, hash), tag]);
      if (said.code !== 0) throw new Error(`${name} cannot be imported: ${said.stderr}`);
      return;
    }
    const folder = keptFolder();
    try {
      writeFileSync(join(folder, 'Dockerfile'), dockerfile!);
      for (const each of files) await copyInto(folder, each);
      for (const [name, text] of Object.entries(recipe.texts ?? {})) writeFileSync(join(folder, name), text);
      await this.#engine.build(folder, tag);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  }
}

/** A program of this machine that a stand-in takes along. */
async function copyInto(folder: string, name: 'node' | 'npm' | 'busybox' | 'user-tools'): Promise<void> {
  if (name === 'npm') {
    // Where Node is installed, npm and the headers lie beside it.
    const prefix = dirname(dirname(realpathSync(process.execPath)));
    cpSync(join(prefix, 'lib/node_modules/npm'), join(folder, 'npm/npm'), { recursive: true, verbatimSymlinks: true });
    cpSync(join(prefix, 'include/node'), join(folder, 'npm/include'), { recursive: true });
    return;
  }
  const sources = { node: process.execPath, busybox: '/usr/bin/busybox', 'user-tools': '' };
  const source = name === 'user-tools' ? await userTools() : realpathSync(sources[name]);
  copyFileSync(source, join(folder, name));
}

/** A Debian root with packages, made by mmdebstrap once a machine and kept as a tar file. */
async function rootArchive(packages: readonly string[], suite: string, hash: string): Promise<string> {
  const archive = join(engineCache, `root-${hash}.tar`);
  if (existsSync(archive)) return archive;
  mkdirSync(dirname(archive), { recursive: true });
  const part = `${archive}.${process.pid}.tar`;
  const without = ['doc', 'locale', 'info'].map((each) => `--dpkgopt=path-exclude=/usr/share/${each}/*`);
  const options = ['--variant=minbase', '--aptopt=APT::Install-Recommends "false"', ...without];
  const said = await run('mmdebstrap', [...options, `--include=${packages.join(',')}`, suite, part]);
  if (said.code !== 0) {
    rmSync(part, { force: true });
    throw new Error(`mmdebstrap failed: ${said.stderr.slice(-2000)}`);
  }
  renameSync(part, archive);
  return archive;
}

/**
 * BusyBox's `adduser` and `addgroup`, which Debian's BusyBox does not have: built from Debian's source package, with the
 * greatest id that Alpine sets.
 */
async function userTools(): Promise<string> {
  const made = join(engineCache, 'user-tools');
  if (existsSync(made)) return made;
  const folder = keptFolder();
  const script = `set -e
printf 'Types: deb-src\\nURIs: http://deb.debian.org/debian\\nSuites: bookworm\\nComponents: main\\n' > src.sources
sed -n 's/^Signed-By/&/p' /etc/apt/sources.list.d/debian.sources | head -1 >> src.sources
mkdir lists
set -- -o Dir::Etc::SourceList=/dev/null -o Dir::Etc::SourceParts="$PWD" -o Dir::State::Lists="$PWD/lists"
apt-get "$@" update -qq
apt-get "$@" source -qq --download-only busybox
tar xf busybox_*.orig.tar.bz2
cd busybox-*/
make -s allnoconfig
sed -i -E -e 's/^# CONFIG_(ADDUSER|ADDGROUP|FEATURE_ADDUSER_TO_GROUP|FEATURE_SHADOWPASSWDS|STATIC) is not set/CONFIG_\\1=y/' .config
yes '' | make -s oldconfig > /dev/null
sed -i -E -e 's/^(CONFIG_LAST_ID)=.*/\\1=256000/' -e 's/^(CONFIG_FIRST_SYSTEM_ID)=.*/\\1=100/' -e 's/^(CONFIG_LAST_SYSTEM_ID)=.*/\\1=999/' .config
yes '' | make -s oldconfig > /dev/null
make -s -j2 busybox
cp busybox ../user-tools
`;
  try {
    const said = await run('sh', ['-c', script], { cwd: folder });
    if (said.code !== 0) throw new Error(`BusyBox does not build: ${said.stderr.slice(-2000)}`);
    mkdirSync(engineCache, { recursive: true });
    copyFileSync(join(folder, 'user-tools'), `${made}.${process.pid}`);
    renameSync(`${made}.${process.pid}`, made);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  return made;
}
