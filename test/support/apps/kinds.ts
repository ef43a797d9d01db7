/** What is done to the applications of a kind, and how the result is run. */
export interface Kind {
  /** Ids of the transforms that are applied; the first one is the one that is judged. */
  readonly transforms: readonly [string, ...string[]];
  /** Flags of `docker run` that the result must bear. */
  readonly flags: readonly string[];
  /** Whether the process in the container may not be root. */
  readonly nonRoot: boolean;
}

/** The kinds by name: the folders of `test/apps`. */
export const kinds: Readonly<Record<string, Kind>> = {
  'multi-stage': {
    transforms: ['convert-to-multi-stage'],
    flags: ['--cap-drop', 'ALL', '--security-opt', 'no-new-privileges'],
    nonRoot: true,
  },
  'non-root': {
    transforms: ['add-non-root-user'],
    flags: ['--cap-drop', 'ALL', '--security-opt', 'no-new-privileges'],
    nonRoot: true,
  },
};
