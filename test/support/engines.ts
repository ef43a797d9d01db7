import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/**
 * A Docker engine of its own, without networks, in a folder; the environment leads clients to it. With the size of a disk,
 * as mount(8) takes it, its images are on a file system in memory that only the engine sees, and that goes with it.
 */
export class DockerEngine {
  readonly #folder: string;
  readonly #disk: string | undefined;
  #daemon: ChildProcess | undefined;

  constructor(folder: string, disk?: string) {
    this.#folder = folder;
    this.#disk = disk;
  }

  /** Where its images are. */
  get root(): string {
    return join(this.#folder, this.#disk === undefined ? 'data' : 'disk/data');
  }

  /** Throws where it does not answer within half a minute. */
  async start(): Promise<void> {
    const socket = join(this.#folder, 'docker.sock');
    const place = (flag: string, name: string): string[] => [flag, join(this.#folder, name)];
    const own = ['--data-root', this.root, ...place('--exec-root', 'exec'), ...place('--pidfile', 'pid')];
    const args = ['dockerd', ...own, '-H', `unix://${socket}`, '--iptables=false', '--bridge=none'];
    const disk = join(this.#folder, 'disk');
    if (this.#disk !== undefined) mkdirSync(disk, { recursive: true });
    const [program, ...words] = this.#disk === undefined ? args : withDisk(disk, this.#disk, args);
    this.#daemon = spawn(program!, words, { stdio: 'ignore' });
    process.env.DOCKER_HOST = `unix://${socket}`;
    for (let tries = 0; tries < 150; tries++) {
      if (existsSync(socket) && this.docker('info').status === 0) return;
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
    throw new Error('dockerd does not answer');
  }

  /** Runs the client that belongs to the engine. */
  docker(...args: string[]) {
    return spawnSync('/usr/bin/docker', args, { encoding: 'utf8' });
  }

  /** How many build steps and containers are running. */
  steps(): number {
    return this.#runningSteps().length;
  }

  /** What runc keeps a state of. */
  #runningSteps(): string[] {
    const folders = [join(this.root, 'buildkit/executor'), join(this.#folder, 'exec/runtime-runc/moby')];
    return folders
      .flatMap((folder) => (existsSync(folder) ? readdirSync(folder) : []))
      .filter((name) => /^(?:[a-z0-9]{25}|[0-9a-f]{64})$/.test(name));
  }

  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
    const daemon = this.#daemon;
    if (daemon && daemon.exitCode === null && daemon.signalCode === null) {
      const ended = new Promise((resolve) => daemon.once('exit', resolve));
      daemon.kill(signal);
      await ended;
    }
    delete process.env.DOCKER_HOST;
    if (signal === 'SIGKILL') this.#sweep();
    this.#unmount();
  }

  /** Ends what a daemon that was killed has left: its containerd, and build steps. */
  #sweep(): void {
    const steps = this.#runningSteps();
    const containerd = textOf(join(this.#folder, 'exec/containerd/containerd.pid'));
    const pids = readdirSync('/proc').filter((name) => {
      if (!/^\d+$/.test(name)) return false;
      const groups = textOf(`/proc/${name}/cgroup`);
      return steps.some((step) => groups.includes(step));
    });
    for (const pid of [...pids, containerd].map(Number).filter((each) => each > 1)) {
      try {
        process.kill(pid, 'SIGKILL');
      } catch (error) {
        // One that ends with its parent may be gone by now.
        if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
      }
    }
  }

  /** A container in the network of the machine leaves a mount behind that its engine keeps for the next. */
  #unmount(): void {
    const mounts = readFileSync('/proc/mounts', 'utf8')
      .split('\n')
      .map((line) => line.split(' ')[1] ?? '');
    for (const mount of mounts
      .filter((each) => each.startsWith(`${this.#folder}/`))
      .sort()
      .reverse()) {
      spawnSync('umount', ['-l', mount]);
    }
  }
}

/** The words of a command with a small disk in memory on a folder, which only it and what it starts see. */
export function withDisk(folder: string, size: string, command: readonly string[]): string[] {
  const script = 'mount -t tmpfs -o "size=$1" none "$0" && shift && exec "$@"';
  return ['unshare', '-m', 'sh', '-c', script, folder, size, ...command];
}

/** A file's text; none where it is gone. */
function textOf(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

/** Whether disks can be mounted, which is root's alone, and not in every container. With CI=true it is an error if not. */
export function disks(): string | undefined {
  const [program, ...words] = withDisk(tmpdir(), '1m', ['true']);
  if (spawnSync(program!, words).status === 0) return undefined;
  const lack = 'no file system can be mounted here';
  if (process.env.CI === 'true') throw new Error(lack);
  return lack;
}

/**
 * Leads podman and buildah to a storage in a folder, and lets them build and run without privileges of the machine: as
 * root podman raises the limits of its containers, which takes a capability that root may lack, and crun wants one version
 * of cgroups.
 */
export function isolateStorage(folder: string): void {
  mkdirSync(folder, { recursive: true });
  const limits = ['[containers]', 'default_ulimits = ["nofile=1024:1024", "nproc=1024:1024"]'];
  writeFileSync(join(folder, 'containers.conf'), `${[...limits, '[engine]', 'runtime = "runc"'].join('\n')}\n`);
  const settings = [
    '[storage]',
    'driver = "vfs"',
    `graphroot = ${JSON.stringify(join(folder, 'graph'))}`,
    `runroot = ${JSON.stringify(join(folder, 'run'))}`,
  ];
  writeFileSync(join(folder, 'storage.conf'), `${settings.join('\n')}\n`);
  process.env.CONTAINERS_STORAGE_CONF = join(folder, 'storage.conf');
  process.env.CONTAINERS_CONF = join(folder, 'containers.conf');
  process.env.BUILDAH_ISOLATION = 'chroot';
}

const applets =
  'sh cat cp mkdir chmod chown touch rm ln mv echo sed grep id sleep test env ls sort httpd wc yes head wget mknod mkfifo'.split(
    ' ',
  );

/**
 * A stand-in for apt-get, with lists, recommended packages and a database, so that real fixes have something to do. As in
 * Debian, curl recommends ca-certificates.
 */
const aptGet = `#!/bin/sh
set -e
lists=/var/lib/apt/lists
add() {
  printf 'Package: %s\\nStatus: install ok installed\\nVersion: 1\\n\\n' "$1" >>/var/lib/dpkg/status
  echo "$1" >"/usr/bin/$1"
  printf '/.\\n/usr\\n/usr/bin\\n/usr/bin/%s\\n' "$1" >"/var/lib/dpkg/info/$1.list"
}
case $1 in
  update) mkdir -p $lists; echo index >$lists/index ;;
  install)
    shift
    recommends=yes
    names=
    yes=
    for word; do
      case $word in
        --no-install-recommends) recommends= ;;
        -y) yes=yes ;;
        *) names="$names $word" ;;
      esac
    done
    [ "$yes" ] || { echo Abort.; exit 1; }
    [ -e $lists/index ] || { echo "E: Unable to locate package$names"; exit 100; }
    for name in $names; do
      add "$name"
      [ "$recommends" ] || continue
      recommended="$name-extras"
      [ "$name" != curl ] || recommended="$recommended ca-certificates"
      for each in $recommended; do
        add "$each"
        printf 'Package: %s\\nAuto-Installed: 1\\n\\n' "$each" >>/var/lib/apt/extended_states
      done
    done ;;
esac
`;

/** Lays out the root file system of a tiny base image in a build context: busybox, its links, and the stand-in above. */
export function layOutRoot(folder: string): void {
  const busybox = spawnSync('sh', ['-c', 'command -v busybox'], { encoding: 'utf8' }).stdout.trim();
  for (const each of ['bin', 'etc', 'tmp', 'usr/bin', 'var/lib/apt', 'var/lib/dpkg/info']) {
    mkdirSync(join(folder, each), { recursive: true });
  }
  chmodSync(join(folder, 'tmp'), 0o1777);
  copyFileSync(busybox, join(folder, 'bin/busybox'));
  for (const applet of applets) symlinkSync('busybox', join(folder, 'bin', applet));
  writeFileSync(join(folder, 'etc/passwd'), 'root:x:0:0:root:/root:/bin/sh\nweb:x:5:5:web:/:/bin/sh\n');
  writeFileSync(join(folder, 'etc/group'), 'root:x:0:\nweb:x:5:\n');
  writeFileSync(join(folder, 'var/lib/apt/kept'), 'kept\n');
  writeFileSync(join(folder, 'var/lib/dpkg/status'), 'Package: base\nStatus: install ok installed\nVersion: 1\n\n');
  writeFileSync(join(folder, 'usr/bin/apt-get'), aptGet);
  chmodSync(join(folder, 'usr/bin/apt-get'), 0o755);
}
