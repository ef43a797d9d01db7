import { createHash } from 'node:crypto';

/** One of several parts of the work: `number` counts from 1. */
export interface Shard {
  readonly number: number;
  readonly of: number;
}

/** Reads `i/n`; undefined where it is none. */
export function parseShard(text: string): Shard | undefined {
  const match = /^(\d{1,5})\/(\d{1,5})$/.exec(text);
  const shard = { number: Number(match?.[1]), of: Number(match?.[2]) };
  return match && shard.number >= 1 && shard.number <= shard.of ? shard : undefined;
}

/** Whether a repository belongs to a shard; it does whatever other repositories there are. */
export function inShard(repository: string, shard: Shard | undefined): boolean {
  if (!shard) return true;
  const hash = createHash('sha256').update(repository.toLowerCase()).digest().readUInt32BE(0);
  return hash % shard.of === shard.number - 1;
}
