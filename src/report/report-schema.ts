import { skipReasons } from '../transform/index.ts';
import { reportVersion } from './json.ts';

const text = { type: 'string' } as const;
const number = { type: 'integer', minimum: 0 } as const;
const object = (properties: Record<string, object>, optional: readonly string[] = []): object => ({
  type: 'object',
  properties,
  required: Object.keys(properties).filter((name) => !optional.includes(name)),
  additionalProperties: false,
});
const list = (items: object): object => ({ type: 'array', items });

const place = { transform: text, line: number, column: number, message: text };
const fix = {
  ...place,
  title: text,
  safety: { enum: ['safe', 'unsafe', 'manual'] },
  evidence: list({ enum: ['text', 'context', 'registry', 'build'] }),
  asks: list(object({ option: text, message: text, default: text })),
  diff: text,
};
const problem = object(
  {
    kind: { enum: ['usage', 'configuration', 'input', 'syntax', 'unstable', 'transform', 'build', 'internal'] },
    message: text,
    path: text,
    line: number,
    column: number,
    lines: list(text),
  },
  ['path', 'line', 'column', 'lines'],
);
const pair = object({ before: number, after: number });
const proof = object(
  {
    builder: text,
    builds: number,
    seconds: { type: 'number', minimum: 0 },
    originalSeconds: { type: 'number', minimum: 0 },
    size: pair,
    layers: pair,
    packagesRemoved: list(text),
    runs: list(text),
    notRun: text,
  },
  ['notRun'],
);

/** The JSON schema of the report that `--format json` prints. Lines and columns are 1-based, in the file before any fix. */
export function reportSchema(): object {
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    title: 'dockmend report',
    ...object({
      schemaVersion: { const: reportVersion },
      tool: object({ name: { const: 'dockmend' }, version: text }),
      written: { type: 'boolean' },
      files: list({
        oneOf: [
          object({ path: text, problem }),
          object(
            {
              path: text,
              fixes: list(object({ ...fix, unproven: text }, ['asks', 'unproven'])),
              available: list(object(fix, ['asks'])),
              refused: list(
                object({ ...place, reason: { enum: Object.keys(skipReasons) }, sentence: text, detail: text }, [
                  'detail',
                ]),
              ),
              reported: list(object(place)),
              rejected: list(object({ ...place, why: text, lines: list(text) }, ['lines'])),
              opaque: list(
                object(
                  {
                    line: number,
                    column: number,
                    keyword: text,
                    sentence: text,
                    swallowed: object({ keyword: text, line: number, column: number }),
                  },
                  ['swallowed'],
                ),
              ),
              suppressed: number,
              changes: list(object({ path: text, new: { type: 'boolean' }, diff: text })),
              proof,
            },
            ['proof'],
          ),
        ],
      }),
      problems: list(problem),
      summary: object({
        files: number,
        changed: number,
        fixes: number,
        unproven: number,
        unsafe: number,
        refused: number,
        reported: number,
        rejected: number,
        suppressed: number,
        problems: number,
        manual: { type: 'object', additionalProperties: number },
      }),
    }),
  };
}
