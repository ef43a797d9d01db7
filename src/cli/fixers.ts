import { type FixOptions, fixBatch, type Job, type JobResult, planWith } from '../engine/index.ts';
import type { Proofs, ProvenResult } from './proofs.ts';
import type { OpenPorts } from './wiring.ts';

export type Settings = Required<Pick<FixOptions, 'transforms' | 'choice' | 'options'>>;

/** A Dockerfile that was read, with the settings that count for it; files of one configuration share one object. */
export interface Loaded {
  readonly settings: Settings;
  readonly job: Job;
}

/** How the Dockerfiles of a run become results, in their order. */
export interface Fixer {
  /** How many of them are held, and have their facts gathered, at one time. */
  readonly batchSize: number;
  /** Whether it makes the proofs itself where it is given what makes them. */
  readonly proves?: boolean;
  fix(loaded: readonly Loaded[], ports: OpenPorts, proofs?: Proofs): Promise<ProvenResult[]>;
}

/** Fixes what the settings choose, without asking anybody. */
export const unattended: Fixer = {
  batchSize: 128,
  async fix(loaded, ports) {
    const groups = new Map<Settings, Job[]>();
    for (const { settings, job } of loaded) groups.set(settings, [...(groups.get(settings) ?? []), job]);
    const results = new Map<string, JobResult>();
    for (const [settings, jobs] of groups) {
      for (const result of await fixGroup(jobs, settings, ports)) results.set(result.path, result);
    }
    return loaded.map(({ job }) => results.get(job.path)!);
  },
};

/** Applies those fixes alone that were chosen before: their keys are given by the path of a Dockerfile. */
export function repeating(chosen: (path: string) => ReadonlySet<string>): Fixer {
  return {
    ...unattended,
    async fix(loaded, ports) {
      const results = await unattended.fix(loaded, ports);
      return results.map((each, index): JobResult => {
        if ('error' in each) return each;
        const { job, settings } = loaded[index]!;
        const { source } = job;
        return { ...each, result: planWith({ source, facts: each.facts, options: settings }, chosen(job.path)) };
      });
    },
  };
}

async function fixGroup(jobs: readonly Job[], settings: Settings, ports: OpenPorts): Promise<JobResult[]> {
  try {
    return await fixBatch(jobs, settings, ports);
  } catch (error) {
    return jobs.map(({ path }) => ({ path, error }));
  }
}
