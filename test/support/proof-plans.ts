import type { Changes } from '../../src/transform/index.ts';
import type { Plan, Planner } from '../../src/verify/proof.ts';

/** A fix of a test: the lines that it puts at the end of the Dockerfile, and what it says that it changes. */
export interface SmallFix {
  readonly lines: readonly string[];
  readonly changes?: Partial<Changes>;
  readonly safety?: 'safe' | 'unsafe';
  /** It is there only with another one. */
  readonly rests?: string;
  /** Why no build shows that it holds. */
  readonly unbuilt?: string;
}

/** Plans a Dockerfile to which fixes add lines, in their order. */
export function plannerOf(source: string, fixes: Readonly<Record<string, SmallFix>>): Planner {
  return (allowed) => {
    const isIn = (key: string): boolean => allowed?.has(key) ?? true;
    const taken = Object.entries(fixes).filter(([key, { rests }]) => isIn(key) && (rests === undefined || isIn(rests)));
    const text = [source.trimEnd(), ...taken.flatMap(([, { lines }]) => lines), ''].join('\n');
    return {
      text: taken.length === 0 ? source : text,
      files: [],
      fixes: taken.map(([key, { lines, changes = {}, safety = 'safe', unbuilt }]) => ({
        key,
        fix: { safety, edits: [], changes: { edits: [], ...changes } },
        unbuilt: () => unbuilt,
        touched: { keywords: new Set(lines.map((line) => line.split(' ')[0]!)), text: lines.join('\n') },
      })),
    } satisfies Plan;
  };
}
