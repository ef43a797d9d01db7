interface RegistryRow {
  readonly domain: string;
  /** It deletes manifests that no tag means any more, so that the pin of a moving tag breaks. */
  readonly dropsUntagged: boolean;
  readonly origin: string;
}

/** Read in November 2026 from what `origin` names. */
const table: readonly RegistryRow[] = [
  {
    domain: 'quay.io',
    dropsUntagged: true,
    // Its garbage collection takes untagged manifests once the time machine of their tag has run out.
    origin: 'docs.projectquay.io, Managing Quay: garbage collection',
  },
];

/** Whether a registry is known to delete manifests that no tag means any more. */
export function dropsUntagged(domain: string): boolean {
  return table.some((row) => row.dropsUntagged && (domain === row.domain || domain.endsWith(`.${row.domain}`)));
}
