import type { ProofSummary } from '../verify/index.ts';

/** What a proof by build saw, a sentence a line, without full stops: for a terminal, and for the body of a pull request. */
export function proofSentences(proof: ProofSummary): string[] {
  const { builder, builds, time, originalTime } = proof;
  const took = `${builds} ${builds === 1 ? 'build' : 'builds'} in ${seconds(time)}, the first took ${seconds(originalTime)}`;
  return [`proven by build: ${took} (${builder})`, ...proofFindings(proof)];
}

/** What a proof found of the images, which is the same each time. */
export function proofFindings({ size, layers, packagesRemoved, runs, notRun }: ProofSummary): string[] {
  const grown = size.after - size.before;
  const change = grown === 0 ? 'the same size' : `${bytes(Math.abs(grown))} ${grown < 0 ? 'smaller' : 'larger'}`;
  return [
    `the image: ${bytes(size.before)} before, ${bytes(size.after)} after (${change}); layers: ${layers.before} before, ${layers.after} after`,
    ...(packagesRemoved.length > 0 ? [`packages no longer installed: ${packagesRemoved.join(', ')}`] : []),
    ...runs.map((run) => `proven by run: ${run}`),
    ...(notRun === undefined ? [] : [`nothing is proven by a run: ${notRun}`]),
  ];
}

function seconds(milliseconds: number): string {
  return `${(milliseconds / 1000).toFixed(1)} s`;
}

function bytes(count: number): string {
  const mega = count / 1024 / 1024;
  return mega >= 10 ? `${Math.round(mega)} MiB` : `${mega.toFixed(1)} MiB`;
}
