import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { FixSession } from '../src/engine/index.ts';
import { type Finding, type Option, skipReasons, type Transform } from '../src/transform/index.ts';
import { transforms } from '../transforms/index.ts';
import { verbs } from './support/docs/scaffold.ts';
import { readFixtureCase } from './support/testing.ts';

const answered: Readonly<Record<string, RegExp>> = {
  hadolint: /^(?:DL\d{4}|SC\d{4})$/,
  buildkit: /^[A-Z][A-Za-z]+$/,
  trivy: /^DS-\d{4}$/,
  checkov: /^CKV2?_DOCKER_\d+$/,
  kics: /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/,
  tally: /^[a-z]+\/[\w/-]+$/,
  cis: /^\d+\.\d+$/,
};
const safeties = ['safe', 'unsafe', 'manual'];

/** Sentence case, no final stop; a first word in code or with its own spelling keeps it. */
function isSentence(text: string): boolean {
  return (
    text !== '' &&
    text.trim() === text &&
    !/[.!:;,]$/.test(text) &&
    /^[^a-z]|^[a-z]+[A-Z-]/.test(text) &&
    !/\n/.test(text)
  );
}

/** Every finding that a transform has about its fixtures. */
function findings(transform: Transform): (Finding & { readonly where: string })[] {
  const folder = join('fixtures', transform.id);
  return readdirSync(folder).flatMap((name) => {
    const { source, facts, options } = readFixtureCase(folder, name);
    const session = new FixSession(source, { transforms: [transform], facts, options: { [transform.id]: options } });
    return session.findings(facts).map(({ finding }) => ({ ...finding, where: name }));
  });
}

test('ids are unique, and every file of transforms/ is listed', () => {
  const ids = transforms.map((each) => each.id);
  expect(new Set(ids).size).toBe(ids.length);
  const files = readdirSync('transforms', { withFileTypes: true })
    .map((entry) => entry.name.replace(/\.ts$/, ''))
    .filter((name) => name !== 'index');
  expect([...new Set(files)].sort()).toEqual([...ids].sort());
});

test('every folder of fixtures belongs to a transform, or to none in particular', () => {
  const ids = transforms.map((each) => each.id);
  expect(readdirSync('fixtures').filter((name) => !name.startsWith('_') && !ids.includes(name))).toEqual([]);
});

test('skip reasons are clauses: lower case, as they follow a colon, and without a final stop', () => {
  for (const [id, sentence] of Object.entries(skipReasons)) {
    expect(id).toMatch(/^[a-z]+(?:-[a-z]+)*$/);
    expect(sentence, id).toMatch(/^(?:[a-z`]|[A-Z`]{2})[^\n]*[^.\s]$/);
  }
});

describe.each(transforms.map((each) => [each.id, each] as const))('%s', (id, transform) => {
  const { meta, options = {} } = transform;

  test('is named by what it does', () => {
    expect(id).toMatch(/^[a-z0-9]+(?:-[a-z0-9]+)+$/);
    expect(verbs).toContain(id.split('-')[0]);
    const module = existsSync(`transforms/${id}.ts`) ? `transforms/${id}.ts` : `transforms/${id}/index.ts`;
    const name = id.replace(/-(.)/g, (_, letter: string) => letter.toUpperCase());
    expect(readFileSync(module, 'utf8')).toMatch(new RegExp(`export const ${name}\\b|export \\{[^}]*\\b${name}\\b`));
  });

  test('says what it does, why, and how safe that is', () => {
    expect(isSentence(meta.summary), meta.summary).toBe(true);
    expect(meta.summary.length).toBeLessThanOrEqual(90);
    for (const text of [meta.why, meta.safetyNote]) expect(text).toMatch(/^[A-Z`].{20,}\.$/s);
    expect(safeties).toContain(meta.safety);
    expect(['recommended', 'style']).toContain(meta.preset);
    expect(meta.since).toMatch(/^\d+\.\d+\.\d+$/);
    expect(typeof meta.onbuild).toBe('boolean');
  });

  test('names the rules of other tools as they do', () => {
    for (const [tool, rules] of Object.entries(meta.answers)) {
      expect(rules.length, tool).toBeGreaterThan(0);
      for (const rule of rules) expect(rule, tool).toMatch(answered[tool]!);
    }
  });

  test('documents its options', () => {
    for (const [name, option] of Object.entries(options) as [string, Option][]) {
      expect(name).toMatch(/^[a-z][A-Za-z0-9]*$/);
      expect(isSentence(option.summary), option.summary).toBe(true);
      if (option.type === 'choice') expect(option.choices).toContain(option.default);
    }
  });

  test('has an example that changes, and a case that must not', () => {
    const cases = readdirSync(join('fixtures', id));
    const expected = ['expected.Dockerfile', 'expected.context'];
    expect(expected.some((each) => existsSync(join('fixtures', id, 'example', each)))).toBe(true);
    expect(cases.some((name) => name.startsWith('unchanged-'))).toBe(true);
  });

  test('speaks in sentences, and is never less safe than it says', () => {
    const all = findings(transform);
    expect(all.length).toBeGreaterThan(0);
    for (const finding of all) {
      expect(isSentence(finding.message), `${finding.where}: ${finding.message}`).toBe(true);
      if (!('fix' in finding)) continue;
      const { title, safety, evidence, edits } = finding.fix;
      expect(isSentence(title), `${finding.where}: ${title}`).toBe(true);
      expect(evidence.length).toBeGreaterThan(0);
      expect(edits.length + (finding.fix.files?.length ?? 0)).toBeGreaterThan(0);
      expect(safeties.indexOf(safety), `${finding.where}: ${title}`).toBeLessThanOrEqual(safeties.indexOf(meta.safety));
    }
  });

  if (transform.bases === false)
    test('never asks what a base image is', () => {
      const folder = join('fixtures', id);
      for (const name of readdirSync(folder)) {
        const { source, facts, options } = readFixtureCase(folder, name);
        const image = (reference: string) => {
          throw new Error(`${name} asks about ${reference}`);
        };
        const session = new FixSession(source, { transforms: [transform], options: { [id]: options } });
        session.findings({ ...facts, image });
        expect(session.needs().images, name).toEqual([]);
      }
    });
});
