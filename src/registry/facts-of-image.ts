import type { ImageFacts, System } from '../facts/index.ts';
import type { ImageDescription } from './image-config.ts';
import type { ImageFiles } from './image-files.ts';
import { packageManagerNames } from './tracked-paths.ts';

/** The system by the ID of os-release(5), as the distributions' own files have it. */
const systems: Readonly<Record<string, System>> = {
  debian: 'debian',
  ubuntu: 'ubuntu',
  alpine: 'alpine',
  wolfi: 'wolfi',
  chainguard: 'wolfi',
  rhel: 'rhel',
  centos: 'rhel',
  rocky: 'rhel',
  almalinux: 'rhel',
  ol: 'rhel',
  fedora: 'fedora',
  amzn: 'amazon',
  azurelinux: 'azurelinux',
  mariner: 'azurelinux',
  photon: 'photon',
  suse: 'suse',
  opensuse: 'suse',
  sles: 'suse',
  arch: 'arch',
};

/** What an image's configuration says. */
export function factsOfConfig({ config, platform }: ImageDescription): ImageFacts {
  const { Healthcheck: check, Shell: shell, StopSignal: stopSignal } = config;
  return {
    source: 'registry',
    ...(platform.os === 'windows' && { system: 'windows' as const }),
    user: config.User,
    workingDir: config.WorkingDir,
    entrypoint: config.Entrypoint ?? [],
    cmd: config.Cmd ?? [],
    ...(shell && shell.length > 0 && { shell }),
    env: Object.fromEntries(config.Env.map((pair) => pair.split(/=(.*)/s).slice(0, 2) as [string, string])),
    exposedPorts: config.ExposedPorts,
    volumes: config.Volumes,
    onBuild: config.OnBuild,
    healthcheck: check !== undefined && check.Test.length > 0 && check.Test[0] !== 'NONE',
    ...(stopSignal !== undefined && { stopSignal }),
  };
}

/** What an image's files say. What may be otherwise, as a layer was not read, is left out. */
export function factsOfFiles(files: ImageFiles): Omit<ImageFacts, 'source'> {
  const { osRelease, users, groups } = files;
  const sh = shellOf(files);
  const system = systemOf(files, sh);
  const { ID: id = 'linux', VERSION_ID: version = '', VERSION_CODENAME: codename } = osRelease ?? {};
  return {
    ...(system && { system }),
    ...(osRelease && { release: { id, version, ...(codename && { codename }) } }),
    ...(sh && { sh }),
    ...(users !== undefined && { users: users ?? [] }),
    ...(groups !== undefined && { groups: (groups ?? []).map(({ name, gid }) => ({ name, gid })) }),
    ...(files.inPath && { programs: files.inPath }),
  };
}

const dialects = { dash: 'dash', bash: 'bash', busybox: 'ash', ash: 'ash' } as const;

function shellOf({ programs, inPath }: ImageFiles): ImageFacts['sh'] {
  const sh = programs.sh?.find((program) => program.path === '/bin/sh');
  if (!sh) return inPath && !inPath.includes('/bin/sh') ? 'none' : undefined;
  const name = sh.target.slice(sh.target.lastIndexOf('/') + 1);
  if (Object.hasOwn(dialects, name)) return dialects[name as keyof typeof dialects];
  // BusyBox images have one file under many names, any of which may be the first.
  for (const each of ['busybox', 'bash', 'dash'] as const) {
    if (programs[each]?.some((program) => program.target === sh.target)) return dialects[each];
  }
  return name === 'sh' ? undefined : 'other';
}

function systemOf({ osRelease, programs, complete }: ImageFiles, sh: ImageFacts['sh']): System | undefined {
  if (osRelease === undefined) return undefined;
  // The release says what the files are from, but not that the shell and the package manager were left out.
  if (complete && sh === 'none' && packageManagerNames.every((name) => programs[name]?.length === 0)) {
    return 'distroless';
  }
  if (osRelease === null) return sh === 'ash' ? 'busybox' : undefined;
  const ids = [osRelease.ID ?? '', ...(osRelease.ID_LIKE ?? '').split(/\s+/)];
  // `opensuse-leap`, `opensuse-tumbleweed`.
  return ids.map((id) => systems[id.replace(/^opensuse-.*/, 'opensuse')]).find((each) => each !== undefined);
}
