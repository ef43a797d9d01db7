import { createHash } from 'node:crypto';
import type { TextEdit } from '../edit/index.ts';
import type { Report } from '../engine/index.ts';
import { hasMarks } from '../secrets/index.ts';
import type { LineIndex, Position, Span } from '../text/index.ts';
import { type Answers, skipReasons, type Transform } from '../transform/index.ts';
import { known } from './known.ts';
import type { FileChange, FileReport, Problem, Reporter } from './model.ts';
import { opaqueSentence, swallowedRule } from './prose.ts';
import { SourcePlaces, sourceEdits, suggestionsOf } from './suggestions.ts';

export interface SarifOptions {
  readonly toolVersion: string;
  /** Those that ran, or could have run: each is a rule. */
  readonly transforms: readonly Transform[];
}

type Fixed = Extract<FileReport, { result: unknown }>;

/**
 * Reports as SARIF 2.1.0 (OASIS standard), a rule for each transform. Places and replacements are in the file before any
 * fix; columns count UTF-16 code units. URIs are relative to the root of the repository.
 */
export function sarifReporter({ toolVersion, transforms }: SarifOptions): Reporter {
  const rules = new Map(transforms.map((each, index) => [each.id, index]));
  const failed: Problem[] = [];
  let first = true;
  return {
    begin() {
      const driver = { name: 'dockmend', semanticVersion: toolVersion, rules: [...transforms.map(rule), ofReading] };
      const head = { $schema: 'https://json.schemastore.org/sarif-2.1.0.json', version: '2.1.0' };
      const run = { tool: { driver }, columnKind: 'utf16CodeUnits' };
      return `${JSON.stringify(head).slice(0, -1)},"runs":[${JSON.stringify(run).slice(0, -1)},"results":[`;
    },
    file(report) {
      if ('problem' in report) {
        failed.push(report.problem);
        return '';
      }
      return resultsOf(report, rules)
        .map((result) => {
          const text = `${first ? '' : ','}\n${JSON.stringify(result)}`;
          first = false;
          return text;
        })
        .join('');
    },
    end(_tally, problems) {
      const all = [...failed, ...problems];
      const invocation = {
        executionSuccessful: all.length === 0,
        ...(all.length > 0 && { toolExecutionNotifications: all.map(notification) }),
      };
      return `\n],"invocations":[${JSON.stringify(invocation)}]}]}\n`;
    },
  };
}

/** The rule that no transform has: where an instruction is read as a part of another one. */
const ofReading = {
  id: swallowedRule,
  name: 'SwallowedInstruction',
  shortDescription: { text: 'An instruction is a part of the one above it' },
  fullDescription: {
    text: 'A line continuation above a line that looks like an instruction makes that line a part of the instruction above.',
  },
  defaultConfiguration: { level: 'warning' },
};

function rule({ id, meta }: Transform): object {
  const help = `${meta.why} ${meta.safetyNote}`;
  return {
    id,
    name: id.replace(/(?:^|-)(.)/g, (_, letter: string) => letter.toUpperCase()),
    shortDescription: { text: meta.summary },
    fullDescription: { text: meta.why },
    help: { text: help },
    defaultConfiguration: { level: 'warning' },
    properties: { safety: meta.safety, preset: meta.preset, tags: tags(meta.answers) },
  };
}

/** Rules of other tools, at most the twenty tags that GitHub takes. */
function tags(answers: Answers): string[] {
  return Object.entries(answers)
    .flatMap(([tool, rules]) => (rules as readonly string[]).map((each) => `${tool}/${each}`))
    .slice(0, 20);
}

function resultsOf(report: Fixed, rules: ReadonlyMap<string, number>): object[] {
  const { result, diffPath, changes } = report;
  const places = new SourcePlaces(result);
  const suggestions = suggestionsOf(result, places);
  const seen = new Map<string, number>();
  const base = (each: Report, level: string, text: string, pass?: number): object => {
    const region = regionOf(span(each, places, pass), places.lines);
    const line = places.line(places.lines.lineAt(places.offset(each.finding.span.start, pass)));
    const index = rules.get(each.transform.id);
    return {
      ruleId: each.transform.id,
      ...(index !== undefined && { ruleIndex: index }),
      level,
      message: { text },
      locations: [{ physicalLocation: { artifactLocation: { uri: uriOf(diffPath) }, region } }],
      partialFingerprints: { primaryLocationLineHash: fingerprint(each.transform.id, line, seen) },
    };
  };
  const replacing = (path: string, edits: readonly TextEdit[], lines: LineIndex): object => ({
    artifactLocation: { uri: uriOf(path) },
    replacements: edits.map((edit) => ({
      deletedRegion: regionOf(edit, lines),
      ...(edit.text !== '' && { insertedContent: { text: edit.text } }),
    })),
  });
  const found = result.applied.map((each) => {
    const { fix, finding, pass } = each;
    const edits = sourceEdits(each, suggestions, result, places);
    const wanted = new Set((fix.files ?? []).map((file) => file.path));
    const artifacts = [
      ...(edits.length > 0 ? [replacing(diffPath, edits, places.lines)] : []),
      ...changes.filter((change) => isOneOf(change, wanted)).map(wholeFile),
    ];
    const text = `${finding.message}. ${fix.title} (${fix.safety}, ${known(fix, each.unproven)})`;
    const fixes = [{ description: { text: fix.title }, artifactChanges: artifacts }];
    return {
      ...base(each, 'warning', text, pass),
      ...(artifacts.length > 0 && !hasMarks(JSON.stringify(fixes)) && { fixes }),
    };
  });
  const rest = result.remaining.map((each) => {
    const { finding } = each;
    if ('skipped' in finding) {
      const detail = finding.detail === undefined ? '' : ` (${finding.detail})`;
      return base(each, 'note', `${finding.message}. Left as it is: ${skipReasons[finding.skipped]}${detail}`);
    }
    if (!('fix' in finding)) return base(each, 'warning', finding.message);
    const { fix } = finding;
    const text = `${finding.message}. ${fix.title} (${fix.safety}, not applied)`;
    // Where nothing was applied, the output is the source, and the edits are its own.
    const isOwn =
      result.output === result.source && fix.edits.length > 0 && !fix.edits.some((each) => hasMarks(each.text));
    const own = [{ description: { text: fix.title }, artifactChanges: [replacing(diffPath, fix.edits, places.lines)] }];
    return { ...base(each, 'warning', text), ...(isOwn && { fixes: own }) };
  });
  const swallowed = result.opaque.flatMap((each) => {
    if (!each.swallowed) return [];
    const { line, column, keyword } = each.swallowed;
    const region = { startLine: line, startColumn: column, endLine: line, endColumn: column + keyword.length };
    return [
      {
        ruleId: swallowedRule,
        ruleIndex: rules.size,
        level: 'warning',
        message: { text: opaqueSentence(each) },
        locations: [{ physicalLocation: { artifactLocation: { uri: uriOf(diffPath) }, region } }],
        partialFingerprints: {
          primaryLocationLineHash: fingerprint(swallowedRule, places.line(line), seen),
        },
      },
    ];
  });
  return [...found, ...rest, ...swallowed];
}

function isOneOf({ path }: FileChange, wanted: ReadonlySet<string>): boolean {
  return [...wanted].some((each) => path === each || path.endsWith(`/${each}`));
}

function wholeFile({ path, before, after }: FileChange): object {
  const deletedRegion = { charOffset: 0, charLength: before?.length ?? 0 };
  return {
    artifactLocation: { uri: uriOf(path) },
    replacements: [{ deletedRegion, insertedContent: { text: after } }],
  };
}

function span({ finding }: Report, places: SourcePlaces, pass: number | undefined): Span {
  const start = places.offset(finding.span.start, pass);
  return { start, end: Math.max(start, places.offset(finding.span.end, pass)) };
}

/** Ends are exclusive, lines and columns 1-based. */
function regionOf({ start, end }: Span, lines: LineIndex): object {
  const [from, to]: Position[] = [lines.positionAt(start), lines.positionAt(end)];
  return { startLine: from!.line, startColumn: from!.column, endLine: to!.line, endColumn: to!.column };
}

/** A path as a relative URI reference; a colon in its first segment would be taken for a scheme. */
export function uriOf(path: string): string {
  const encoded = path
    .split('/')
    .map((segment) => encodeURIComponent(segment).replaceAll('%3A', ':').replaceAll('%2B', '+').replaceAll('%40', '@'))
    .join('/');
  return /^[^/]*:/.test(encoded) ? `./${encoded}` : encoded;
}

/** Stable while lines move: the transform and the text of the line, and which of them it is, as GitHub has it. */
export function fingerprint(id: string, line: string, seen: Map<string, number>): string {
  const hash = createHash('sha256').update(`${id}\0${line.trim()}`).digest('hex').slice(0, 16);
  const count = (seen.get(hash) ?? 0) + 1;
  seen.set(hash, count);
  return `${hash}:${count}`;
}

function notification({ message, path, position }: Problem): object {
  const region = position && { startLine: position.line, startColumn: position.column };
  const physicalLocation = { artifactLocation: { uri: uriOf(path ?? '') }, ...(region && { region }) };
  return {
    level: 'error',
    message: { text: message },
    ...(path !== undefined && { locations: [{ physicalLocation }] }),
  };
}
