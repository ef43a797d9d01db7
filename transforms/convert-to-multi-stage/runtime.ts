import {
  chainguardRuntime,
  debianSlim,
  distrolessRuntime,
  type Libc,
  type NoRuntime,
  type Runtime,
  scratchRuntime,
} from '../../src/facts/index.ts';
import { aptCertificates, type ContainerNeeds, missingProgram } from './pitfalls.ts';
import { type Artifact, type Refusal, refuse } from './plan.ts';
import type { Subject } from './subject.ts';

/** What a compiled program needs of the image that it runs in. */
export interface ProgramNeeds {
  /** `static` for a program without a C library; else the one that it was linked to. */
  readonly libc: Libc | 'static' | undefined;
  /** The distroless image that holds its libraries. */
  readonly distroless: 'static' | 'base' | 'cc';
  /** It needs the C++ library. */
  readonly cpp?: boolean;
  readonly container: ContainerNeeds;
  /** It speaks TLS, or may. */
  readonly certificates: boolean;
  /** It makes temporary files. */
  readonly temporary: boolean;
}

/** A runtime for a compiled program, with what it takes from the build stage to be complete. */
export interface ChosenRuntime {
  readonly runtime: Runtime;
  readonly packages: readonly string[];
  readonly artifacts: readonly Artifact[];
}

/** Chooses the runtime of a compiled program: as the user wants, else the smallest one that holds what it needs. */
export function runtimeForProgram(subject: Subject, needs: ProgramNeeds): ChosenRuntime | Refusal {
  const { container } = needs;
  const needsSystem = container.shell || container.packages.length > 0 || container.programs.length > 0;
  if (needsSystem || subject.wants === 'slim') return slimFor(subject, needs);
  const found = smallest(subject, needs);
  if (typeof found === 'string') return refuse(found);
  const certificates = addedCertificates(subject);
  if (found.family !== 'scratch') return { runtime: found, packages: [], artifacts: certificates };
  if (needs.temporary) return refuse('no-runtime-image', 'an empty image has no `/tmp`');
  const brings = scratchFiles(subject);
  return brings ? { runtime: found, packages: [], artifacts: brings } : refuse('release-unknown');
}

function smallest(subject: Subject, needs: ProgramNeeds): Runtime | NoRuntime {
  switch (subject.wants) {
    case 'scratch':
      return scratchRuntime({ libc: needs.libc });
    case 'chainguard':
      return chainguardRuntime('static', { libc: needs.libc });
    default:
      return distrolessRuntime(needs.libc === 'static' ? 'static' : needs.distroless, { libc: needs.libc });
  }
}

/** The slim image of the builder's own Debian release: whatever was linked there is at home. */
function slimFor(subject: Subject, needs: ProgramNeeds): ChosenRuntime | Refusal {
  const { release } = subject;
  const isStatic = needs.libc === 'static';
  const name = isStatic ? 'trixie' : release?.name;
  if (name === undefined || (!isStatic && !release?.exact)) return refuse('release-unknown');
  const runtime = debianSlim(name);
  if (!runtime) return refuse(notDebian(release?.name), release && `\`${release.name}\``);
  const missing = missingProgram(needs.container, runtime);
  if (missing !== undefined) return refuse('runs-other-programs', `\`${missing}\``);
  const packages = new Set(needs.container.packages);
  if (needs.cpp && !isStatic) packages.add('libstdc++6');
  const certificates = addedCertificates(subject);
  if (needs.certificates && certificates.length === 0) packages.add('ca-certificates');
  return { runtime, packages: [...packages].sort(), artifacts: certificates };
}

function notDebian(release: string | undefined): 'libc-differs' | 'runtime-past-support' | 'no-runtime-image' {
  if (release === 'alpine') return 'libc-differs';
  return /^(?:buster|bullseye|bookworm)$/.test(release ?? '') ? 'runtime-past-support' : 'no-runtime-image';
}

/** The bundle of certificates, where the build adds some of its own to it. */
export function addedCertificates(subject: Subject): Artifact[] {
  const adds = subject.commands.some((each) => each.name === 'update-ca-certificates');
  return adds ? [{ from: '/etc/ssl/certs/ca-certificates.crt' }] : [];
}

/** What an empty image lacks and the build stage is known to have; undefined where that is not known. */
function scratchFiles(subject: Subject): Artifact[] | undefined {
  const { repository, tag } = subject.base;
  const isDebian = subject.release?.libc.kind === 'glibc';
  const official = repository === 'golang' || repository === 'rust';
  const has = (name: string) => subject.commands.some((each) => each.words.includes(name));
  const certificates = official || aptCertificates(subject);
  const zones = (official && isDebian && !/slim/.test(tag)) || has('tzdata');
  if (!certificates) return undefined;
  return [
    { from: '/etc/ssl/certs/ca-certificates.crt' },
    ...(zones ? [{ from: '/usr/share/zoneinfo' }] : []),
    { from: '/etc/passwd' },
    { from: '/etc/group' },
  ];
}
