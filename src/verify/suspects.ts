import type { Difference } from './compare.ts';
import type { ProvableFix } from './proof.ts';

/** The instructions that decide over each part of the configuration (OCI image specification, Dockerfile reference). */
const keywordsOf: Readonly<Record<string, readonly string[]>> = {
  Author: ['MAINTAINER'],
  Cmd: ['CMD', 'ENTRYPOINT', 'SHELL'],
  Entrypoint: ['ENTRYPOINT', 'SHELL'],
  Env: ['ENV', 'ARG'],
  ExposedPorts: ['EXPOSE'],
  Healthcheck: ['HEALTHCHECK', 'SHELL'],
  Labels: ['LABEL', 'MAINTAINER'],
  OnBuild: ['ONBUILD'],
  Platform: ['FROM'],
  Shell: ['SHELL'],
  StopSignal: ['STOPSIGNAL'],
  User: ['USER'],
  Volumes: ['VOLUME'],
  WorkingDir: ['WORKDIR'],
};

const writing = ['RUN', 'COPY', 'ADD', 'WORKDIR'];

/** How many differences are looked at: what is at fault shows in the first. */
const looked = 20;

/** Fixes that are likely to have made differences: a guess that saves builds, and is tried before it counts. */
export function suspectsOf(fixes: readonly ProvableFix[], differences: readonly Difference[]): ReadonlySet<string> {
  return new Set(differences.slice(0, looked).flatMap((each) => suspectsOfOne(fixes, each)));
}

function suspectsOfOne(fixes: readonly ProvableFix[], { subject }: Difference): string[] {
  const keys = (isSuspect: (touched: ProvableFix['touched']) => boolean): string[] =>
    fixes.filter(({ touched }) => isSuspect(touched)).map(({ key }) => key);
  const touching = (keywords: readonly string[]): string[] =>
    keys((touched) => keywords.some((each) => touched.keywords.has(each)));
  const field = keywordsOf[subject.split(' ')[0]!];
  if (field) return touching(field);
  const name = subject.startsWith('package ') ? subject.slice('package '.length) : subject;
  const mentions = (word: string): string[] => (word.length > 1 ? keys(({ text }) => text.includes(word)) : []);
  const found = [name, name.slice(name.lastIndexOf('/') + 1)].map(mentions).find((each) => each.length > 0);
  return found ?? touching(writing);
}

/** Fixes that wrote something into the step that failed, by its title in the log. */
export function suspectsOfStep(fixes: readonly ProvableFix[], [step = '']: readonly string[]): ReadonlySet<string> {
  const title = step.replace(/\s+/g, ' ');
  const wrote = (inserted: string): boolean => inserted.length > 3 && title.includes(inserted);
  const found = fixes.filter(({ fix }) => fix.edits.some(({ text }) => wrote(text.replace(/[\\\s]+/g, ' ').trim())));
  return new Set(found.map(({ key }) => key));
}
