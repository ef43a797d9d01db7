import type { Exemptions } from './testing.ts';

/** Twins whose difference is a transform's own subject, by transform id, with the reason. */
export const exemptions: Readonly<Record<string, Exemptions>> = {};
