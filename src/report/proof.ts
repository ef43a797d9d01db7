import type { ImageChange, ProofSummary } from '../verify/index.ts';

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
    ...(packagesRemoved.length > 0 ? [`packages no longer installed: ${listed(packagesRemoved)}`] : []),
    ...runs.map((run) => `proven by run: ${run}`),
    ...(notRun === undefined ? [] : [`nothing is proven by a run: ${notRun}`]),
  ];
}

/** What a build showed of one fix, or of a few, in a line: for a person who decides on it. */
export function changeSentence({ size, packages, paths, config }: ImageChange): string {
  const grown = size.after - size.before;
  const named = (names: readonly string[]): string =>
    `${names.slice(0, shownNames).join(', ')}${names.length > shownNames ? ', ...' : ''}`;
  const counted = (names: readonly string[], what: string): string[] =>
    names.length === 0
      ? []
      : [`${names.length} ${names.length === 1 ? 'package' : 'packages'} ${what} (${named(names)})`];
  const places = [
    [paths.gone, 'gone'],
    [paths.added, 'new'],
    [paths.changed, 'changed'],
  ] as const;
  const seen = places.filter(([count]) => count > 0);
  const parts = [
    ...(grown === 0
      ? []
      : [`image ${bytes(size.after)}, ${bytes(Math.abs(grown))} ${grown < 0 ? 'smaller' : 'larger'}`]),
    ...counted(packages.gone, 'fewer'),
    ...counted(packages.added, 'more'),
    ...seen.map(([count, what], index) =>
      index === 0 ? `${count} ${count === 1 ? 'path' : 'paths'} ${what}` : `${count} ${what}`,
    ),
    ...(config.length > 0 ? [`configuration: ${config.join(', ')}`] : []),
  ];
  return ['builds', ...(parts.length > 0 ? parts : ['and the image is the same'])].join(', ');
}

const shownNames = 4;

/** As many as are read; a report in JSON has them all. */
const listedNames = 20;

function listed(names: readonly string[]): string {
  const more = names.length - listedNames;
  // One name is as long as saying that there is one more.
  return more > 1 ? `${names.slice(0, listedNames).join(', ')} and ${more} more` : names.join(', ');
}

function seconds(milliseconds: number): string {
  return `${(milliseconds / 1000).toFixed(1)} s`;
}

function bytes(count: number): string {
  if (count < 1024) return `${count} ${count === 1 ? 'byte' : 'bytes'}`;
  const mega = count / 1024 / 1024;
  if (mega < 1) return `${Math.round(count / 1024)} KiB`;
  return mega >= 10 ? `${Math.round(mega)} MiB` : `${mega.toFixed(1)} MiB`;
}
