import type { Fix } from '../transform/index.ts';

/** How it is known that a fix is right, as a clause, and that a person keeps it although no build shows it. */
export function known({ evidence }: Fix, unproven?: string): string {
  const how = evidence.length > 0 ? `known by ${evidence.join(', ')}` : 'edited by a person';
  return unproven === undefined ? how : `${how}; kept without proof: ${unproven}`;
}
