import { spawnSync } from 'node:child_process';
import { describe, expect, test } from 'vitest';
import { recommendedPackages } from '../../src/facts/index.ts';

/** The index of Debian 12, where `apt-cache` of this machine has it. */
const index = readIndex();

function readIndex(): string {
  const policy = spawnSync('apt-cache', ['policy'], { encoding: 'utf8' });
  if (policy.error || !/\bn=bookworm\b/.test(policy.stdout)) return '';
  const all = spawnSync('apt-cache', ['dumpavail'], { encoding: 'utf8', maxBuffer: 1 << 30 }).stdout;
  // Of each package it has the newest version alone, which may be one of another archive.
  return `${all}\n\n${spawnSync('apt-cache', ['show', 'nodejs'], { encoding: 'utf8' }).stdout}`;
}

const isOfOther = (version: string): boolean => version.includes('nodesource');

type Group = readonly string[];
interface Package {
  readonly depends: readonly Group[];
  readonly recommends: readonly Group[];
}

/** Groups of alternatives, versions and architectures left out. */
function groups(text: string | undefined): Group[] {
  const names = (group: string) => group.split('|').map((each) => each.replace(/[([<:].*/s, '').trim());
  return text === undefined ? [] : text.split(',').map(names);
}

function parsed(text: string) {
  const packages = new Map<string, Package>();
  const providers = new Map<string, string[]>();
  const essential: string[] = ['apt'];
  for (const stanza of text.split('\n\n')) {
    const field = (name: string) => new RegExp(`^${name}: (.*)$`, 'm').exec(stanza)?.[1];
    const name = field('Package');
    if (name === undefined || packages.has(name) || isOfOther(field('Version') ?? '')) continue;
    const depends = [...groups(field('Pre-Depends')), ...groups(field('Depends'))];
    packages.set(name, { depends, recommends: groups(field('Recommends')) });
    if (field('Essential') === 'yes' || field('Priority') === 'required') essential.push(name);
    for (const [provided] of groups(field('Provides'))) {
      providers.set(provided!, [...(providers.get(provided!) ?? []), name]);
    }
  }
  const closure = (seeds: readonly string[], withRecommended: boolean, base: Iterable<string> = []): Set<string> => {
    const found = new Set(base);
    const queue = seeds.map((each) => (packages.has(each) ? each : (providers.get(each)?.[0] ?? each)));
    for (let name = queue.shift(); name !== undefined; name = queue.shift()) {
      const each = packages.get(name);
      if (!each || found.has(name)) continue;
      found.add(name);
      for (const group of withRecommended ? [...each.depends, ...each.recommends] : each.depends) {
        const candidates = group.flatMap((one) => [...(packages.has(one) ? [one] : []), ...(providers.get(one) ?? [])]);
        if (candidates.length > 0 && !candidates.some((one) => found.has(one))) queue.push(candidates[0]!);
      }
    }
    return found;
  };
  return { packages, closure, base: closure(essential, false) };
}

describe.skipIf(index === '')('recommended packages, in the index of Debian 12', () => {
  const { packages, closure, base } = parsed(index);
  for (const { name, recommendedBy, dependedOnBy } of recommendedPackages) {
    test(`${name} is there, and not in the base image`, () => {
      expect(packages.has(name)).toBe(true);
      expect(base.has(name)).toBe(false);
    });
    for (const each of recommendedBy) {
      test(`${name} comes along with ${each}, and is not needed by it`, () => {
        expect(closure([each], true, base).has(name)).toBe(true);
        expect(closure([each], false, base).has(name)).toBe(false);
      });
    }
    for (const each of dependedOnBy) {
      test(`${name} is needed by ${each}`, () => expect(closure([each], false, base).has(name)).toBe(true));
    }
  }
});
