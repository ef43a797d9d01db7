import { Dockerfile } from '../dockerfile/index.ts';
import { type SkipReason, writableReferences } from '../transform/index.ts';
import type { FileReport } from './model.ts';

/** A number before a run and after it. */
export interface Change {
  before: number;
  after: number;
}

/** What one transform did in a run. */
export interface TransformTotals {
  /** Fixes that were applied, by the safety that they have. */
  safe: number;
  unsafe: number;
  manual: number;
  /** Fixes that could be applied and were not. */
  available: number;
  refused: number;
  /** Dockerfiles that it changed. */
  files: number;
}

/** The numbers of a report page, file by file. */
export class Totals {
  readonly byTransform = new Map<string, TransformTotals>();
  readonly byReason = new Map<SkipReason, { count: number; readonly transforms: Set<string> }>();
  readonly repositories = new Set<string>();
  /** Image references that name a registry's image, and those of them that have a digest. */
  references = 0;
  readonly pinned: Change = { before: 0, after: 0 };
  /** RUN, COPY and ADD instructions, each of which makes a layer. */
  readonly layers: Change = { before: 0, after: 0 };
  /** Bytes that are sent to the builder, of the contexts whose ignore file changed. */
  readonly contextBytes: Change = { before: 0, after: 0 };
  contexts = 0;

  add(report: FileReport): void {
    if (report.repository !== undefined) this.repositories.add(report.repository);
    if ('problem' in report) return;
    const { result, contextBytes } = report;
    const files = new Map<string, TransformTotals>();
    for (const { transform, fix } of result.applied) {
      const totals = this.#of(transform.id);
      totals[fix.safety]++;
      files.set(transform.id, totals);
    }
    for (const totals of files.values()) totals.files++;
    for (const { transform, finding } of result.remaining) {
      if ('fix' in finding) this.#of(transform.id).available++;
      if (!('skipped' in finding)) continue;
      this.#of(transform.id).refused++;
      const reason = this.byReason.get(finding.skipped) ?? { count: 0, transforms: new Set() };
      reason.count++;
      reason.transforms.add(transform.id);
      this.byReason.set(finding.skipped, reason);
    }
    const [before, after] = [measured(result.source), measured(result.output)];
    this.references += after.references;
    this.pinned.before += before.pinned;
    this.pinned.after += after.pinned;
    this.layers.before += before.layers;
    this.layers.after += after.layers;
    if (!contextBytes) return;
    this.contexts++;
    this.contextBytes.before += contextBytes.before;
    this.contextBytes.after += contextBytes.after;
  }

  #of(id: string): TransformTotals {
    let totals = this.byTransform.get(id);
    if (!totals) {
      totals = { safe: 0, unsafe: 0, manual: 0, available: 0, refused: 0, files: 0 };
      this.byTransform.set(id, totals);
    }
    return totals;
  }
}

function measured(source: string): { references: number; pinned: number; layers: number } {
  const file = new Dockerfile(source);
  const references = writableReferences(file).filter(
    (each) => 'token' in each || each.refused !== 'reference-not-in-registry',
  );
  return {
    references: references.length,
    pinned: references.filter((each) =>
      /@sha(?:256|384|512):[0-9a-f]{64}/.test('token' in each ? each.text : each.use.text),
    ).length,
    layers: file.instructions.filter((each) => /^(?:RUN|COPY|ADD)$/.test(each.keyword)).length,
  };
}

/** Bytes for people, in the units of 1000. */
export function bytes(number: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB'];
  let value = number;
  let unit = 0;
  while (value >= 1000 && unit < units.length - 1) {
    value /= 1000;
    unit++;
  }
  return `${unit === 0 || value >= 100 ? Math.round(value) : value.toFixed(1)} ${units[unit]}`;
}
