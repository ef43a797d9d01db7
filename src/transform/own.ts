import type { Finding, Input, Option, Options, Transform } from './contract.ts';
import { skipReasons } from './skip-reasons.ts';

/** A transform that is not what the contract asks for, or that failed. */
export class TransformError extends Error {
  constructor(id: string, message: string, cause?: unknown) {
    super(`transform \`${id}\`: ${message}`, { cause });
    this.name = 'TransformError';
  }
}

const safeties: readonly unknown[] = ['safe', 'unsafe', 'manual'];
const evidences: readonly unknown[] = ['text', 'context', 'registry', 'build'];

/** What keeps a value from being a transform, a sentence each; none where it is one. */
export function transformFaults(value: unknown): string[] {
  if (!isObject(value)) return ['it is no object'];
  const { id, meta, options = {}, needs, find } = value;
  const faults: string[] = [];
  const expect = (holds: boolean, fault: string): void => {
    if (!holds) faults.push(fault);
  };
  expect(
    typeof id === 'string' && /^[a-z0-9]+(?:-[a-z0-9]+)+$/.test(id),
    '`id` is words in lower case with hyphens between them, such as replace-wget-with-curl',
  );
  expect(typeof find === 'function', '`find` is a function');
  expect(needs === undefined || typeof needs === 'function', '`needs` is a function, or absent');
  if (!isObject(meta)) return [...faults, '`meta` is an object'];
  for (const name of ['summary', 'why', 'safetyNote', 'since']) {
    expect(typeof meta[name] === 'string' && meta[name] !== '', `\`meta.${name}\` is a text`);
  }
  expect(safeties.includes(meta.safety), '`meta.safety` is safe, unsafe or manual');
  expect(meta.preset === 'recommended' || meta.preset === 'style', '`meta.preset` is recommended or style');
  expect(typeof meta.onbuild === 'boolean', '`meta.onbuild` is true or false');
  const isList = (rules: unknown): boolean => Array.isArray(rules) && rules.every((rule) => typeof rule === 'string');
  expect(
    isObject(meta.answers) && Object.values(meta.answers).every(isList),
    '`meta.answers` has lists of rules by the names of tools, or nothing',
  );
  if (!isObject(options)) return [...faults, '`options` is an object, or absent'];
  for (const [name, option] of Object.entries(options)) expect(isOption(option), `\`options.${name}\` is no option`);
  return faults;
}

function isOption(value: unknown): value is Option {
  if (!isObject(value) || typeof value.summary !== 'string') return false;
  const isText = typeof value.default === 'string';
  switch (value.type) {
    case 'choice':
      return isText && Array.isArray(value.choices) && value.choices.includes(value.default);
    case 'string':
      return isText;
    case 'strings':
      return Array.isArray(value.default) && value.default.every((each) => typeof each === 'string');
    default:
      return value.type === 'boolean' && typeof value.default === 'boolean';
  }
}

/**
 * The same transform with each of its findings held to the contract, for one that the project's own tests do not hold
 * to it. Its `find` and `needs` throw TransformError where a finding breaks the contract, and for every error of its own.
 */
export function checkedTransform<O extends Options>(transform: Transform<O>): Transform<O> {
  const { id, needs } = transform;
  return {
    ...transform,
    ...(needs && { needs: (file, options) => attempt(id, () => needs.call(transform, file, options)) }),
    *find(input) {
      const found = attempt(id, () => [...transform.find(input)]);
      for (const finding of found) {
        const fault = findingFault(finding, transform, input);
        if (fault !== undefined) throw new TransformError(id, fault);
      }
      yield* found;
    },
  };
}

function attempt<T>(id: string, run: () => T): T {
  try {
    return run();
  } catch (error) {
    throw new TransformError(id, error instanceof Error ? error.message : String(error), error);
  }
}

function findingFault(finding: Finding, { meta }: Transform, { file }: Pick<Input, 'file'>): string | undefined {
  if (!isObject(finding)) return 'a finding is an object';
  const { length } = file.source;
  const isSpan = (span: unknown): boolean =>
    isObject(span) && isOffset(span.start, length) && isOffset(span.end, length) && span.start <= span.end;
  if (!isSpan(finding.span)) return 'the `span` of a finding lies in the file';
  if (typeof finding.message !== 'string' || finding.message === '') return 'a finding has a `message`';
  const kinds = ['fix', 'skipped', 'report'].filter((kind) => kind in finding);
  if (kinds.length !== 1) return 'a finding has one of `fix`, `skipped` and `report`';
  if ('skipped' in finding && !Object.hasOwn(skipReasons, finding.skipped)) {
    return `there is no skip reason \`${String(finding.skipped)}\``;
  }
  if (!('fix' in finding)) return undefined;
  const { fix } = finding;
  if (!isObject(fix) || typeof fix.title !== 'string' || fix.title === '') return 'a fix has a `title`';
  if (!safeties.includes(fix.safety)) return 'the `safety` of a fix is safe, unsafe or manual';
  if (safeties.indexOf(fix.safety) > safeties.indexOf(meta.safety)) {
    return `a fix is ${fix.safety}, and \`meta.safety\`, which is that of the least safe one, says ${meta.safety}`;
  }
  if (!Array.isArray(fix.evidence) || !fix.evidence.every((each) => evidences.includes(each))) {
    return 'the `evidence` of a fix is a list of text, context, registry and build';
  }
  const isEdit = (edit: unknown): boolean => isSpan(edit) && typeof (edit as { text?: unknown }).text === 'string';
  if (!Array.isArray(fix.edits) || !fix.edits.every(isEdit))
    return 'the `edits` of a fix are spans of the file with a `text`';
  const { changes } = fix;
  const isIndex = (index: unknown): boolean => isOffset(index, file.instructions.length - 1);
  if (
    !isObject(changes) ||
    !Array.isArray(changes.edits) ||
    ![...changes.edits, ...(changes.removes ?? [])].every(isIndex)
  ) {
    return '`changes` names the instructions of a fix by their indexes';
  }
  return undefined;
}

function isOffset(value: unknown, highest: number): value is number {
  return Number.isInteger(value) && (value as number) >= 0 && (value as number) <= highest;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
