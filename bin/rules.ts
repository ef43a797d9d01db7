import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs, promisify } from 'node:util';
import { Dockerfile, DockerfileSyntaxError, imageReferences } from '../src/dockerfile/index.ts';
import { applyEdits, type TextEdit } from '../src/edit/index.ts';
import { fix, type Report } from '../src/engine/index.ts';
import type { Answers } from '../src/transform/index.ts';
import { corpusCases, corpusFacts } from '../test/support/corpus/cases.ts';
import { shared } from '../test/support/shared.ts';
import { transforms } from '../transforms/index.ts';

/**
 * A table by rule of what other linters say about the corpus before and after every fix that `--unsafe --preset all`
 * makes, and, for what remains, why our own transforms that answer the rule left it.
 */

const usage = `node --import tsx bin/rules.ts [options]

  --hadolint <program>   hadolint
  --checkov <program>    Checkov
  --buildctl <program>   BuildKit's client, with --buildkit <address> of its daemon, for BuildKit's checks
  --accept               fixes that need a person's answer are made as well, with their defaults
  --limit <n>            every nth file only
`;

const { values } = parseArgs({
  options: {
    hadolint: { type: 'string' },
    checkov: { type: 'string' },
    buildctl: { type: 'string' },
    buildkit: { type: 'string' },
    accept: { type: 'boolean' },
    limit: { type: 'string' },
    help: { type: 'boolean' },
  },
});

const run = promisify(execFile);

/** How often each rule was broken. */
type Counts = Map<string, number>;

async function main(): Promise<void> {
  if (values.help || !shared) {
    console.log(values.help ? usage : 'skipped: no corpus here, set DOCKMEND_SHARED to the folder that holds it');
    return;
  }
  const folder = mkdtempSync(join(tmpdir(), 'dockmend-rules-'));
  try {
    const sides = { before: join(folder, 'before'), after: join(folder, 'after') };
    const { files, left } = writeSides(sides.before, sides.after);
    console.log(`${files} files\n`);
    for (const [tool, lint] of Object.entries(linters())) {
      const before = await lint(sides.before, files);
      const after = await lint(sides.after, files);
      print(tool as keyof Answers, before, after, left);
    }
    printAnswers(left);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** What transforms left, by the id of the transform: reasons and their numbers. */
type Left = Map<string, Counts>;

function writeSides(before: string, after: string): { files: number; left: Left } {
  const left: Left = new Map();
  const accept = values.accept ? transforms.map((each) => each.id) : [];
  let files = 0;
  const step = Number(values.limit ?? 1);
  for (const [at, each] of corpusCases().entries()) {
    if (at % step !== 0) continue;
    try {
      const result = fix(each.source, { transforms, facts: corpusFacts(each), choice: { safety: 'unsafe', accept } });
      for (const [root, text] of [
        [before, result.source],
        [after, result.output],
      ] as const) {
        mkdirSync(join(root, String(files)), { recursive: true });
        writeFileSync(join(root, String(files), 'Dockerfile'), text);
      }
      for (const report of result.remaining) add(left, report);
      files++;
    } catch (error) {
      if (!(error instanceof DockerfileSyntaxError)) throw error;
    }
  }
  return { files, left };
}

function add(left: Left, { transform, finding }: Report): void {
  const reason =
    'skipped' in finding ? finding.skipped : 'fix' in finding ? `left to a person (${finding.fix.safety})` : 'reported';
  const counts = left.get(transform.id) ?? new Map<string, number>();
  counts.set(reason, (counts.get(reason) ?? 0) + 1);
  left.set(transform.id, counts);
}

type Lint = (root: string, files: number) => Promise<Counts>;

function linters(): Partial<Record<keyof Answers, Lint>> {
  const { hadolint, checkov, buildctl, buildkit } = values;
  return {
    ...(hadolint && { hadolint: (root, files) => byHadolint(hadolint, root, files) }),
    ...(checkov && { checkov: (root) => byCheckov(checkov, root) }),
    ...(buildctl && buildkit && { buildkit: (root, files) => byBuildkit(buildctl, buildkit, root, files) }),
  };
}

async function byHadolint(program: string, root: string, files: number): Promise<Counts> {
  const counts: Counts = new Map();
  for (let at = 0; at < files; at += 200) {
    const paths = Array.from({ length: Math.min(200, files - at) }, (_, index) => `${root}/${at + index}/Dockerfile`);
    const { stdout } = await run(program, ['--no-fail', '-f', 'json', ...paths], { maxBuffer: 1 << 28 });
    for (const { code } of JSON.parse(stdout) as { code: string }[]) count(counts, code);
  }
  return counts;
}

async function byCheckov(program: string, root: string): Promise<Counts> {
  const flags = ['-d', root, '--framework', 'dockerfile', '-o', 'json', '--quiet', '--compact', '--soft-fail'];
  const { stdout } = await run(program, flags, { maxBuffer: 1 << 29 });
  const counts: Counts = new Map();
  const { results } = JSON.parse(stdout) as { results: { failed_checks: { check_id: string }[] } };
  for (const { check_id } of results.failed_checks) count(counts, check_id);
  return counts;
}

async function byBuildkit(program: string, address: string, root: string, files: number): Promise<Counts> {
  const counts: Counts = new Map();
  for (let at = 0; at < files; at++) {
    const place = `${root}/${at}`;
    const path = join(place, 'Dockerfile');
    writeFileSync(path, withoutImages(readFileSync(path, 'utf8')));
    const locals = ['--local', `context=${place}`, '--local', `dockerfile=${place}`];
    const flags = ['--frontend', 'dockerfile.v0', '--opt', 'requestid=frontend.lint', '--progress', 'quiet'];
    const said = await run(program, ['--addr', address, 'build', ...flags, ...locals]).catch((error) => error);
    for (const match of `${said.stdout}${said.stderr}`.matchAll(/^WARNING: (\w+)/gm)) count(counts, match[1]!);
  }
  return counts;
}

/**
 * The text with `scratch` for every image, and without a directive that names a frontend: nothing has to be fetched then,
 * so that the checks get to the end of the file.
 */
function withoutImages(source: string): string {
  const text = source.replace(/^#[ \t]*syntax[ \t]*=.*\r?\n/i, '');
  const file = new Dockerfile(text);
  const first = file.stages[0]?.from;
  if (!first) return text;
  const edits: TextEdit[] = [{ start: first.span.start, end: first.span.start, text: 'FROM scratch AS nothing\n' }];
  for (const { from, base, parent } of file.stages) {
    if (base && !parent) edits.push({ ...from.logical.span(base.start, base.end), text: 'scratch' });
  }
  for (const { place, span } of imageReferences(file)) {
    if (span && (place === 'copy-from' || place === 'mount-from')) edits.push({ ...span, text: 'nothing' });
  }
  return applyEdits(text, edits);
}

function count(counts: Counts, rule: string): void {
  counts.set(rule, (counts.get(rule) ?? 0) + 1);
}

function print(tool: keyof Answers, before: Counts, after: Counts, left: Left): void {
  console.log(`## ${tool}\n\n| rule | before | after | answered by | what remains, and why |\n|---|---|---|---|---|`);
  const rules = [...new Set([...before.keys(), ...after.keys()])].sort(
    (a, b) => (before.get(b) ?? 0) - (before.get(a) ?? 0),
  );
  for (const rule of rules) {
    const answering = transforms.filter((each) => each.meta.answers[tool]?.includes(rule));
    const why = answering.flatMap(({ id }) => spelled(left.get(id)));
    const ids = answering.map((each) => each.id).join(', ') || 'nothing';
    console.log(`| ${rule} | ${before.get(rule) ?? 0} | ${after.get(rule) ?? 0} | ${ids} | ${why.join('; ')} |`);
  }
  const total = (counts: Counts): number => [...counts.values()].reduce((sum, each) => sum + each, 0);
  console.log(`| all | ${total(before)} | ${total(after)} | | |\n`);
}

function printAnswers(left: Left): void {
  console.log(
    '## what our own transforms leave, and why\n\n| transform | rules that it answers | left |\n|---|---|---|',
  );
  for (const { id, meta } of transforms) {
    const rules = Object.entries(meta.answers).flatMap(([tool, names]) => (tool === 'kics' ? [] : (names ?? [])));
    const why = spelled(left.get(id));
    if (rules.length > 0 || why.length > 0)
      console.log(`| ${id} | ${rules.join(', ')} | ${why.join('; ') || 'nothing'} |`);
  }
}

function spelled(counts: Counts | undefined): string[] {
  return [...(counts ?? [])].sort((a, b) => b[1] - a[1]).map(([reason, number]) => `${reason} ${number}`);
}

await main();
