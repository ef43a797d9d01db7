import { readFileSync } from 'node:fs';
import { openPorts } from '../../../bin/ports.ts';
import { fixBatch } from '../../../src/engine/index.ts';
import { transforms } from '../../../transforms/index.ts';
import type { App } from './cases.ts';
import { kinds } from './kinds.ts';

/** What the transforms of an application's kind make of it. */
export interface Plan {
  readonly outcome: App['expected'];
  /** The Dockerfile after the fixes. */
  readonly output: string;
  /** Reasons of refusals, in order. */
  readonly reasons: readonly string[];
  /** What the refusals say in particular. */
  readonly details: readonly string[];
  /** The messages of the judged transform. */
  readonly messages: readonly string[];
}

/** Plans as a user's run does: without a network, with the build context and all that the folder says. */
export async function planApp(app: App, dockerfile: string): Promise<Plan> {
  const kind = kinds[app.kind];
  if (kind === undefined) throw new Error(`${app.name}: there is no kind ${app.kind}`);
  const ports = await openPorts({
    offline: true,
    registries: { insecure: [] },
    root: dockerfile.slice(0, dockerfile.lastIndexOf('/')),
    environment: { HOME: '/nonexistent' },
    userAgent: 'dockmend-apps',
    contextOf: () => undefined,
  });
  try {
    const [judged] = kind.transforms;
    const chosen = transforms.filter(({ id }) => kind.transforms.includes(id));
    const options = {
      transforms: chosen,
      choice: { safety: 'unsafe' as const },
      options: { [judged]: app.options ?? {} },
    };
    const job = { path: dockerfile, source: readFileSync(dockerfile, 'utf8') };
    const [result] = await fixBatch([job], options, ports);
    if (!result || 'error' in result) throw result?.error;
    const { output, applied, remaining, rejected } = result.result;
    if (rejected.length > 0) throw new Error(`${app.name}: rejected, ${rejected[0]!.why}`);
    const own = remaining.filter(({ transform }) => transform.id === judged).map(({ finding }) => finding);
    const reasons = own.flatMap((finding) => ('skipped' in finding ? [finding.skipped] : []));
    const details = own.flatMap((finding) => ('skipped' in finding ? [finding.detail ?? ''] : []));
    const fixed = applied.filter(({ transform }) => transform.id === judged);
    const messages = [...fixed.map(({ finding }) => finding), ...own].map(({ message }) => message);
    const outcome = fixed.length > 0 ? 'converted' : reasons.length > 0 ? 'refused' : 'unchanged';
    return { outcome, output, reasons, details, messages };
  } finally {
    await ports.close();
  }
}
