import type { Dockerfile, Stage } from '../../src/dockerfile/index.ts';
import { type Facts, isAvailable } from '../../src/transform/index.ts';

/** The stages that become images, and how that is known. */
export type Targets =
  | {
      readonly kind: 'known';
      readonly stages: readonly Stage[] /** Nothing names one: the last stage is what a build makes. */;
      readonly assumed: boolean;
    }
  | { readonly kind: 'unclear'; readonly names: readonly string[] };

/** Names of stages that stand last and are not what is released. */
const ASIDE =
  /^(?:dev|devel|development|dev-?envs?|devcontainer|local|debug|debugger|tests?|testing|ci|lint|e2e|docs)$/i;

/** Which stages are built: the one that was asked for, those that builds of the repository name, else the last one. */
export function targetsOf(file: Dockerfile, facts: Facts, wanted: string): Targets {
  const final = file.finalStage;
  if (final === undefined) return { kind: 'known', stages: [], assumed: false };
  if (wanted !== '') {
    const stage = file.stageByName(wanted, { byIndex: true });
    return stage ? { kind: 'known', stages: [stage], assumed: false } : { kind: 'unclear', names: [wanted] };
  }
  const last = final.name?.text;
  const usage = facts.usage();
  const builds = isAvailable(usage) ? usage.builds : [];
  const names = [...new Set(builds.flatMap(({ target }) => target ?? []))];
  const unknown = names.filter((name) => file.stageByName(name, { byIndex: true }) === undefined);
  const stages = new Set(names.flatMap((name) => file.stageByName(name, { byIndex: true }) ?? []));
  if (stages.size === 0 && unknown.length > 0) return { kind: 'unclear', names: unknown };
  const isFinal = builds.length === 0 || builds.some(({ target }) => target === undefined);
  if (builds.length === 0 && last !== undefined && ASIDE.test(last)) return { kind: 'unclear', names: [last] };
  if (isFinal) stages.add(final);
  // What other stages build on, or copy from, is built on the way; its user would be theirs too.
  const leaves = [...stages].filter((stage) => file.descendants(stage).length === 0);
  const chosen = leaves.length > 0 ? leaves : [...stages];
  return {
    kind: 'known',
    stages: chosen.sort((a, b) => a.index - b.index),
    assumed: names.length === 0 && ends(file).length > 1,
  };
}

/** The stages that no other stage builds on, copies from or mounts: each may be what is built. */
export function ends(file: Dockerfile): Stage[] {
  const used = new Set<Stage>();
  for (const stage of file.stages) {
    if (stage.parent) used.add(stage.parent);
    for (const { keyword, flags } of stage.instructions) {
      const copied = keyword === 'COPY' ? flags.find((flag) => flag.name === 'from')?.value : undefined;
      const mounted = flags.flatMap((flag) =>
        flag.name === 'mount' ? (/\bfrom=([^,]+)/.exec(flag.value ?? '')?.[1] ?? []) : [],
      );
      for (const name of [...(copied === undefined ? [] : [copied]), ...mounted]) {
        const found = file.stageByName(name, { byIndex: true });
        if (found) used.add(found);
      }
    }
  }
  return file.stages.filter((stage) => !used.has(stage));
}
