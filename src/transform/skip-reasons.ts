/** Why a finding has no fix: one sentence each, which the user reads. A detail may follow it in a report. */
export const skipReasons = {
  'shell-unknown': 'the shell that runs this is not known to be a plain POSIX shell',
  'shell-opaque': 'the shell text cannot be read with certainty',
  'text-spread': 'the text to change is spread over lines or comments, and a comment would be lost',
} as const;

export type SkipReason = keyof typeof skipReasons;
