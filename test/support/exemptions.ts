import type { Exemptions } from './testing.ts';

/** Twins whose difference is a transform's own subject, by transform id, with the reason. */
export const exemptions: Readonly<Record<string, Exemptions>> = {
  'use-consistent-keyword-case': { onbuild: 'the ONBUILD that the twin puts in front counts as a keyword in capitals' },
};
