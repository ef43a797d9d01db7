import { wrapped } from '../report/index.ts';
import type { Transform } from '../transform/index.ts';

/** What a person can press at a fix; `b` only where proofs are made, and `k` instead of `y` and `a` where one has failed. */
export type FixKey = 'y' | 'k' | 'n' | 'a' | 'd' | 'f' | 's' | 'e' | 'u' | 'b' | '?' | 'q';

/** The keys that stand for something at a fix. */
export function keysAt(proves: boolean, isDoubted: boolean): readonly FixKey[] {
  const some: FixKey[] = isDoubted ? ['k', 'n', 'd', 'f', 's', 'e', 'u'] : ['y', 'n', 'a', 'd', 'f', 's', 'e', 'u'];
  return [...some, ...(proves ? (['b'] as const) : []), '?', 'q'];
}

/** What is known of a transform, and what each key does. */
export function helpAt({ id, meta }: Transform, keys: readonly FixKey[], width: number): string {
  const words: Readonly<Record<FixKey, string>> = {
    y: 'apply this fix',
    k: 'keep it without proof: it is applied, and the report says that it is not proven',
    n: 'leave this as it is',
    a: `apply all fixes of ${id}, in every file`,
    d: `apply no fix of ${id}`,
    f: 'apply all fixes in this file but those that only a person can decide',
    s: 'settle: apply the safe ones of all that is left, write, and leave',
    e: 'edit the file in your editor, with this fix applied',
    u: 'undo the last decision',
    b: 'build with this fix, and show what it changes, before you decide',
    '?': 'this help',
    q: 'write what was accepted, and leave; Ctrl-C leaves and writes nothing',
  };
  const shown = keys.filter((key) => key !== '?').map((key) => `${key}  ${words[key]}`);
  const proofs = keys.includes('b')
    ? [
        '',
        ...wrapped(
          'What you apply is built while you go on; what does not hold is taken back, and you are told.',
          width,
        ),
      ]
    : [];
  return [...wrapped(meta.why, width), ...wrapped(meta.safetyNote, width), '', ...shown, ...proofs].join('\n');
}
