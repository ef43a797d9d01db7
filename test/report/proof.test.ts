import { expect, test } from 'vitest';
import { changeSentence, proofFindings } from '../../src/report/index.ts';
import { changeOf } from '../../src/verify/change.ts';
import { imageWith } from '../support/proof-images.ts';

const status = (...names: string[]): string =>
  names.map((name) => `Package: ${name}\nStatus: install ok installed\nVersion: 1\n\n`).join('');
const sized = (image: ReturnType<typeof imageWith>, size: number) => ({ ...image, size });

test('the same image', () => {
  const image = imageWith({ 'app/a': 'a' });
  expect(changeSentence(changeOf(image, imageWith({ 'app/a': 'a' })))).toBe('builds, and the image is the same');
});

test('size, packages, paths and configuration', () => {
  const before = imageWith({ 'app/a': 'a', 'app/b': 'b', 'app/c': 'c', 'var/lib/dpkg/status': status('curl', 'wget') });
  const after = imageWith({ 'app/a': 'other', 'app/d': 'd', 'var/lib/dpkg/status': status('curl') }, { User: 'web' });
  const mega = 1024 * 1024;
  expect(changeSentence(changeOf(sized(before, 812 * mega), sized(after, 790 * mega)))).toBe(
    'builds, image 790 MiB, 22 MiB smaller, 1 package fewer (wget), 2 paths gone, 1 new, 1 changed, configuration: User',
  );
  expect(changeSentence(changeOf(sized(after, 1), sized(after, 1)))).toBe('builds, and the image is the same');
  expect(changeSentence(changeOf(sized(before, 0), sized({ ...before }, 100)))).toBe(
    'builds, image 100 bytes, 100 bytes larger',
  );
});

test('of many packages that are gone, the first are named', () => {
  const same = { before: 1, after: 1 };
  const summary = { builder: 'x', builds: 2, time: 1, originalTime: 1, size: same, layers: same, runs: [] };
  const names = (count: number): string[] => Array.from({ length: count }, (_, index) => `p${index}`);
  const said = (count: number): string => proofFindings({ ...summary, packagesRemoved: names(count) })[1]!;
  expect(said(21)).toBe(`packages no longer installed: ${names(21).join(', ')}`);
  expect(said(30)).toBe(`packages no longer installed: ${names(20).join(', ')} and 10 more`);
});
