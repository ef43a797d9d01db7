import type { Answers } from '../transform/index.ts';

/** The tools whose rules transforms answer; `dockmend` for our own reports, whose rules are transforms. */
export type Tool = keyof Answers | 'dockmend';

/** What another tool said about a place. */
export interface Reported {
  /** Undefined where the report does not say which tool made it: the rule alone has to. */
  readonly tool: Tool | undefined;
  readonly rule: string;
  /** As the tool spells it; `-` and the like for standard input. */
  readonly path: string;
  /** 1-based and inclusive; undefined where it is about the whole file. */
  readonly lines: readonly [start: number, end: number] | undefined;
}

type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

/**
 * Reads the JSON of hadolint (`--format json`), Trivy (`--format json`), BuildKit's checks (`docker build
 * --call=check,format=json`) or SARIF. Undefined where a text is none of them.
 */
export function readReported(text: string): Reported[] | undefined {
  let json: Json;
  try {
    json = JSON.parse(text.replace(/^\uFEFF/, '')) as Json;
  } catch {
    return undefined;
  }
  if (Array.isArray(json)) return json.every((each) => field(each, 'code') !== undefined) ? hadolint(json) : undefined;
  if (Array.isArray(field(json, 'runs'))) return sarif(json);
  if (field(json, 'warnings') !== undefined || field(json, 'sources') !== undefined) return buildkit(json);
  if (field(json, 'SchemaVersion') !== undefined || field(json, 'Results') !== undefined) return trivy(json);
  return undefined;
}

function hadolint(json: readonly Json[]): Reported[] {
  return json.flatMap((each) => {
    const rule = text(field(each, 'code'));
    const line = number(field(each, 'line'));
    if (rule === undefined) return [];
    return [{ tool: 'hadolint', rule, path: text(field(each, 'file')) ?? '-', lines: line ? [line, line] : undefined }];
  });
}

/** BuildKit, frontend/subrequests/lint: places are ranges of one of the sources, which have the names of their files. */
function buildkit(json: Json): Reported[] {
  const sources = list(field(json, 'sources')).map((each) => text(field(each, 'filename')) ?? '-');
  return list(field(json, 'warnings')).flatMap((each) => {
    const rule = text(field(each, 'ruleName'));
    if (rule === undefined) return [];
    const location = field(each, 'location');
    const path = sources[number(field(location, 'sourceIndex')) ?? 0] ?? 'Dockerfile';
    const ranges = list(field(location, 'ranges')).flatMap((range) => {
      const start = number(field(field(range, 'start'), 'line'));
      return start ? [[start, number(field(field(range, 'end'), 'line')) ?? start] as const] : [];
    });
    const found = ranges.length > 0 ? ranges : [undefined];
    return found.map((lines) => ({ tool: 'buildkit', rule, path, lines }) as const);
  });
}

/** Trivy, pkg/types: what passed or was excepted stands among the misconfigurations when it is asked for. */
function trivy(json: Json): Reported[] {
  return list(field(json, 'Results')).flatMap((result) => {
    const path = text(field(result, 'Target')) ?? '-';
    return list(field(result, 'Misconfigurations')).flatMap((each): Reported[] => {
      const rule = text(field(each, 'AVDID')) ?? text(field(each, 'ID'));
      if (rule === undefined || (text(field(each, 'Status')) ?? 'FAIL') !== 'FAIL') return [];
      const cause = field(each, 'CauseMetadata');
      const start = number(field(cause, 'StartLine'));
      return [
        { tool: 'trivy', rule, path, lines: start ? [start, number(field(cause, 'EndLine')) ?? start] : undefined },
      ];
    });
  });
}

const drivers: readonly (readonly [RegExp, Tool])[] = [
  [/^dockmend$/i, 'dockmend'],
  [/hadolint/i, 'hadolint'],
  [/trivy/i, 'trivy'],
  [/checkov/i, 'checkov'],
  [/kics/i, 'kics'],
  [/^tally/i, 'tally'],
  [/buildkit|buildx|docker build/i, 'buildkit'],
];

function sarif(json: Json): Reported[] {
  return list(field(json, 'runs')).flatMap((run) => {
    const driver = field(field(run, 'tool'), 'driver');
    const name = text(field(driver, 'name')) ?? '';
    const tool = drivers.find(([pattern]) => pattern.test(name))?.[1];
    const rules = list(field(driver, 'rules'));
    return list(field(run, 'results')).flatMap((result) => {
      const index = number(field(result, 'ruleIndex')) ?? number(field(field(result, 'rule'), 'index'));
      const rule =
        text(field(result, 'ruleId')) ??
        text(field(field(result, 'rule'), 'id')) ??
        text(field(index === undefined ? undefined : rules[index], 'id'));
      // What its owner silenced, and what is no fault.
      const isSilent = list(field(result, 'suppressions')).length > 0;
      if (rule === undefined || isSilent || !/^(?:fail|undefined)$/.test(String(field(result, 'kind')))) return [];
      return list(field(result, 'locations')).map((location) => {
        const place = field(location, 'physicalLocation');
        const uri = text(field(field(place, 'artifactLocation'), 'uri')) ?? '-';
        return { tool, rule, path: pathOf(uri), lines: regionLines(field(place, 'region'), tool) };
      });
    });
  });
}

function regionLines(region: Json | undefined, tool: Tool | undefined): Reported['lines'] {
  const start = number(field(region, 'startLine'));
  if (start === undefined) return undefined;
  const end = number(field(region, 'endLine')) ?? start;
  // Trivy has this for what has no place.
  const isNowhere = start === 1 && end === 1 && number(field(region, 'endColumn')) === 1;
  return tool === 'trivy' && isNowhere ? undefined : [start, end];
}

function pathOf(uri: string): string {
  try {
    return decodeURIComponent(uri.replace(/^file:\/\/(?=\/)/, ''));
  } catch {
    return uri;
  }
}

function field(json: Json | undefined, name: string): Json | undefined {
  const isObject = typeof json === 'object' && json !== null && !Array.isArray(json);
  return isObject && Object.hasOwn(json, name) ? (json as { readonly [key: string]: Json })[name] : undefined;
}

function list(json: Json | undefined): readonly Json[] {
  return Array.isArray(json) ? (json as readonly Json[]) : [];
}

function text(json: Json | undefined): string | undefined {
  return typeof json === 'string' && json !== '' ? json : undefined;
}

function number(json: Json | undefined): number | undefined {
  return typeof json === 'number' && Number.isInteger(json) && json >= 0 ? json : undefined;
}
