import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Dockerfile, DockerfileSyntaxError } from '../../src/dockerfile/index.ts';
import type { FileEdit } from '../../src/edit/index.ts';
import { type FixOptions, type FixResult, FixSession, fix, tableFacts } from '../../src/engine/index.ts';
import type { ImageFacts } from '../../src/facts/index.ts';
import {
  type ContextEntry,
  checkedTransform,
  type Download,
  type Facts,
  type Transform,
  transformFaults,
  type Usage,
} from '../../src/transform/index.ts';
import { fixtureContext } from './fixture-context.ts';

/**
 * One case folder: `Dockerfile`, and optionally `expected.Dockerfile`, `options.json`, `facts.json`, `findings.txt`,
 * `context/`, `context.json`, and `expected.context/` with the files that a fix writes beside the Dockerfile.
 */
export interface FixtureCase {
  readonly name: string;
  readonly source: string;
  /** Equal to the source where the file must not change. */
  readonly expected: string;
  readonly findings: string | undefined;
  readonly options: Readonly<Record<string, unknown>>;
  readonly facts: Facts;
  /** The files beside the Dockerfile that a run changes, by path from the build context. */
  readonly expectedFiles: ReadonlyMap<string, string>;
  /** The facts once such files are written. */
  factsWith(files: readonly FileEdit[]): Facts;
}

interface FactsFile {
  /** Digests by reference: a digest of an index, or `manifest sha256:…`, or `unavailable`, or `not-found`. */
  readonly digests?: Readonly<Record<string, string>>;
  /** Version tags by reference; null where no tag has the same digest. */
  readonly versions?: Readonly<Record<string, string | null>>;
  readonly images?: Readonly<Record<string, Partial<ImageFacts>>>;
  /** What source patterns match: kinds by path; a pattern that is absent is not known. */
  readonly sources?: Readonly<Record<string, Readonly<Record<string, ContextEntry['kind']>>>>;
  /** Hashes and sizes by URL. */
  readonly downloads?: Readonly<Record<string, Download>>;
  readonly usage?: Partial<Usage>;
  /** Paths that a container was seen to write. */
  readonly observed?: readonly string[];
}

/** Reads a case folder. Throws where its `Dockerfile` is missing or a JSON file is malformed. */
export function readFixtureCase(folder: string, name: string): FixtureCase {
  const text = (file: string): string | undefined => {
    const path = join(folder, name, file);
    return existsSync(path) ? readFileSync(path, 'utf8') : undefined;
  };
  const source = text('Dockerfile');
  if (source === undefined) throw new Error(`${name} has no Dockerfile`);
  const facts = JSON.parse(text('facts.json') ?? '{}') as FactsFile;
  const context = fixtureContext(join(folder, name));
  const given = factsOf(facts, context?.facts ?? tableFacts.context());
  return {
    name,
    source,
    expected: text('expected.Dockerfile') ?? source,
    findings: text('findings.txt'),
    options: JSON.parse(text('options.json') ?? '{}') as Record<string, unknown>,
    facts: given,
    expectedFiles: context?.expected ?? new Map(),
    factsWith: (files) => (files.length === 0 || !context ? given : factsOf(facts, context.with(files))),
  };
}

function factsOf(facts: FactsFile, context: ReturnType<Facts['context']>): Facts {
  return {
    image(reference) {
      const given = facts.images?.[reference];
      return given ? { source: 'registry', ...given } : tableFacts.image(reference);
    },
    digest(reference) {
      const given = facts.digests?.[reference];
      if (given === 'not-found') return { unavailable: 'not found', final: true };
      if (given === undefined || given === 'unavailable') return { unavailable: 'registry.example does not answer' };
      const single = given.startsWith('manifest ');
      return { digest: single ? given.slice('manifest '.length) : given, kind: single ? 'manifest' : 'index' };
    },
    version(reference) {
      const given = facts.versions?.[reference];
      return given === undefined ? { unavailable: 'registry.example does not answer' } : { tag: given ?? undefined };
    },
    source(pattern) {
      const given = facts.sources?.[pattern];
      if (!given) return { unavailable: 'the build context is not known' };
      return { entries: Object.entries(given).map(([path, kind]) => ({ path, kind })) };
    },
    download: (url) => facts.downloads?.[url] ?? tableFacts.download(url),
    context: () => context,
    usage: () => (facts.usage ? { builds: [], runs: [], children: [], syncs: [], ...facts.usage } : tableFacts.usage()),
    observed: () => (facts.observed ? { paths: facts.observed } : tableFacts.observed()),
  };
}

/** What a transform's case may be exempt from, each with the reason. */
export type Exemptions = Partial<Record<Twin, string>>;

export type Twin = 'crlf' | 'bom' | 'no-final-newline' | 'lower-case' | 'backtick' | 'heredoc' | 'onbuild';

/**
 * Puts one case through everything that every case must hold, and returns what does not, a line each: the output byte
 * for byte, the findings, a second run, the twins, so many prefixes of the input (by default all of the example's, and 20 of
 * any other), and suppression comments.
 */
export function checkFixtureCase(
  transform: Transform,
  fixture: FixtureCase,
  exemptions: Exemptions = {},
  prefixes = fixture.name === 'example' ? fixture.source.length : 20,
): string[] {
  const problems: string[] = [];
  const options: FixOptions = {
    transforms: [transform],
    facts: fixture.facts,
    choice: { safety: 'unsafe', accept: [transform.id] },
    options: { [transform.id]: fixture.options },
  };
  const run = (source: string): FixResult => fix(source, options);
  const none: FixtureCase['expectedFiles'] = new Map();
  const expectOutput = (label: string, source: string, expected: string, files = none, facts = fixture.facts): void => {
    try {
      const { output, rejected, files: changed } = fix(source, { ...options, facts });
      if (output !== expected) problems.push(`${label}: ${difference(expected, output)}`);
      for (const each of rejected) problems.push(`${label}: rejected, ${each.why}`);
      problems.push(...differentFiles(files, changed).map((each) => `${label}: ${each}`));
      if (label === 'output') after = fixture.factsWith(changed);
    } catch (error) {
      problems.push(`${label}: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
    }
  };
  let after = fixture.facts;
  expectOutput('output', fixture.source, fixture.expected, fixture.expectedFiles);
  expectOutput('second run', fixture.expected, fixture.expected, none, after);
  if (fixture.findings !== undefined) {
    const found = listFindings(fixture.source, options);
    if (found !== fixture.findings) problems.push(`findings: ${difference(fixture.findings, found)}`);
  }
  const twin = (name: Twin, source: string | undefined, expected: string): void => {
    if (exemptions[name] !== undefined || source === undefined) return;
    const inert = name === 'heredoc' || name === 'onbuild';
    expectOutput(`${name} twin`, source, expected, inert ? none : fixture.expectedFiles);
  };
  const { source, expected } = fixture;
  const bare = !source.includes('\r');
  twin('crlf', bare ? crlf(source) : undefined, crlf(expected));
  twin('bom', source.startsWith('\uFEFF') ? undefined : `\uFEFF${source}`, `\uFEFF${expected}`);
  twin('no-final-newline', source.endsWith('\n') ? chop(source) : undefined, chop(expected));
  if (exemptions['lower-case'] === undefined) {
    const lower = lowerCaseKeywords(source);
    const { output } = run(lower);
    if (output.toLowerCase() !== expected.toLowerCase()) {
      problems.push(`lower-case twin: ${difference(expected.toLowerCase(), output.toLowerCase())}`);
    }
  }
  const turned = backtick(expected);
  twin('backtick', turned === undefined ? undefined : backtick(source), turned ?? '');
  const inside = inHeredoc(source);
  twin('heredoc', inside, inside);
  if (!transform.meta.onbuild) {
    const wrapped = inOnbuild(source);
    twin('onbuild', wrapped, wrapped ?? '');
  }
  checkPrefixes(fixture.source, prefixes, run, problems);
  for (const silenced of [silencedGlobally(source, transform.id), silencedEverywhere(source, transform.id)]) {
    expectOutput('suppression', silenced, silenced);
  }
  return problems;
}

/**
 * Holds a transform to the contract, and puts every case of a folder through `checkFixtureCase`: there is one called
 * `example`, and one that begins with `unchanged-`. Returns what does not hold, a line each, none where all does.
 */
export function checkTransform(
  transform: Transform,
  folder: string,
  exemptions: Readonly<Record<string, Exemptions>> = {},
): string[] {
  const faults = transformFaults(transform);
  if (faults.length > 0) return faults;
  const names = readdirSync(folder, { withFileTypes: true }).flatMap((entry) =>
    entry.isDirectory() ? entry.name : [],
  );
  const lacking = [
    ...(names.includes('example') ? [] : ['there is no case `example`']),
    ...(names.some((name) => name.startsWith('unchanged-')) ? [] : ['there is no case that begins with `unchanged-`']),
  ];
  const checked = checkedTransform(transform);
  const problems = names.sort().flatMap((name) => {
    const fixture = readFixtureCase(folder, name);
    const kept =
      name.startsWith('unchanged-') && fixture.expected !== fixture.source ? ['it is expected to change'] : [];
    return [...kept, ...checkFixtureCase(checked, fixture, exemptions[name])].map((problem) => `${name}: ${problem}`);
  });
  return [...lacking, ...problems];
}

/** The findings about a text, a line each, in the form of `findings.txt`. */
export function listFindings(source: string, options: FixOptions): string {
  const session = new FixSession(source, options);
  const reports = [...session.findings(options.facts ?? tableFacts)];
  reports.sort((a, b) => a.line - b.line || a.column - b.column);
  const lines = reports.map(({ line, column, finding }) => {
    const place = `${line}:${column}`;
    if ('fix' in finding) return `${place} fix ${finding.fix.safety} ${finding.fix.title}`;
    if ('skipped' in finding) return `${place} skip ${finding.skipped}`;
    return `${place} report ${finding.message}`;
  });
  return lines.map((line) => `${line}\n`).join('');
}

function checkPrefixes(source: string, count: number, run: (source: string) => FixResult, problems: string[]): void {
  const step = Math.max(1, Math.floor(source.length / count));
  for (let length = 0; length < source.length; length += step) {
    try {
      run(source.slice(0, length));
    } catch (error) {
      if (error instanceof DockerfileSyntaxError) continue;
      problems.push(`prefix of ${length}: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
      return;
    }
  }
}

/** What differs between the files that a case expects beside its Dockerfile and those that a run changes. */
function differentFiles(expected: ReadonlyMap<string, string>, changed: readonly FileEdit[]): string[] {
  const problems: string[] = [];
  for (const { path, after } of changed) {
    const wanted = expected.get(path);
    if (wanted === undefined) problems.push(`changes ${path}, which expected.context/ lacks\n${after}`);
    else if (wanted !== after) problems.push(`${path}: ${difference(wanted, after)}`);
  }
  const missing = [...expected.keys()].filter((path) => !changed.some((each) => each.path === path));
  return [...problems, ...missing.map((path) => `${path} is not changed`)];
}

function difference(expected: string, found: string): string {
  const [a, b] = [expected.split('\n'), found.split('\n')];
  const at = a.findIndex((line, index) => line !== b[index]);
  const line = at === -1 ? a.length : at;
  return `line ${line + 1} is ${JSON.stringify(b[line])}, not ${JSON.stringify(a[line])}\n${found}`;
}

const crlf = (text: string): string => text.replaceAll('\n', '\r\n');
const chop = (text: string): string => text.replace(/\r?\n$/, '');

function lowerCaseKeywords(source: string): string {
  let result = source;
  for (const { logical, start, keywordEnd } of new Dockerfile(source).instructions) {
    const span = logical.span(start, keywordEnd);
    result = result.slice(0, span.start) + result.slice(span.start, span.end).toLowerCase() + result.slice(span.end);
  }
  return result;
}

/** The same file with the backtick as escape; undefined where backslashes or backticks mean something else in it. */
function backtick(source: string): string | undefined {
  const file = new Dockerfile(source);
  const continued = source.replace(/\\([ \t]*\r?\n)/g, '`$1');
  const escapes =
    /\\/.test(continued) && file.instructions.some((each) => each.keyword !== 'RUN' && /\\/.test(each.logical.text));
  if (
    escapes ||
    source.includes('`') ||
    source.startsWith('#!') ||
    file.directives.some((each) => each.name === 'escape')
  )
    return undefined;
  if (file.instructions.some((each) => each.heredocs.length > 0) || /\\\\[ \t]*\r?\n/.test(source)) return undefined;
  return `${source.startsWith('\uFEFF') ? '\uFEFF' : ''}# escape=\`\n${continued.replace(/^\uFEFF/, '')}`;
}

function inHeredoc(source: string): string {
  const body = source.replace(/^\uFEFF/, '');
  return `FROM scratch\nCOPY <<'END-OF-TWIN' /twin\n${body}${body.endsWith('\n') ? '' : '\n'}END-OF-TWIN\n`;
}

/** The same file with every instruction but FROM inside an ONBUILD; undefined where none can be. */
function inOnbuild(source: string): string | undefined {
  const file = new Dockerfile(source);
  const inner = file.instructions.filter((each) => !['FROM', 'ONBUILD'].includes(each.keyword) && each.stage);
  if (inner.length === 0 || file.instructions.some((each) => !each.stage && each.keyword !== 'ARG')) return undefined;
  let result = source;
  for (const { span } of [...inner].reverse())
    result = `${result.slice(0, span.start)}ONBUILD ${result.slice(span.start)}`;
  return result;
}

function silencedGlobally(source: string, id: string): string {
  const file = new Dockerfile(source);
  const at = file.lines.lineStart(file.lines.lineAt(file.instructions[0]!.span.start));
  const top = at === 0 && source.startsWith('\uFEFF') ? 1 : at;
  return `${source.slice(0, top)}# dockmend global ignore=${id} reason=twin\n${source.slice(top)}`;
}

function silencedEverywhere(source: string, id: string): string {
  const file = new Dockerfile(source);
  let result = source;
  for (const { startLine } of [...file.instructions].reverse()) {
    const at = file.lines.lineStart(startLine);
    const top = at === 0 && source.startsWith('\uFEFF') ? 1 : at;
    result = `${result.slice(0, top)}# dockmend ignore=${id} reason=twin${file.eol}${result.slice(top)}`;
  }
  return result;
}
