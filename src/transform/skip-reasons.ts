/** Why a finding has no fix: one sentence each, which the user reads. A detail may follow it in a report. */
export const skipReasons = {
  'shell-unknown': 'the shell that runs this is not known to be a plain POSIX shell',
  'shell-opaque': 'the shell text cannot be read with certainty',
  'text-spread': 'the text to change is spread over lines or comments, and a comment would be lost',
  'errexit-would-be-lost': 'joined to another command, the shell would no longer stop at each failure in it',
  'shell-options-would-leak': 'shell options that it sets would hold for what is joined to it as well',
  'process-left-running': 'a process that it starts may still run when it ends, and merging would keep it alive',
  'runtime-file-changed': 'it changes what the builder sets up anew for each `RUN`, which merging would keep',
  'working-directory-replaced':
    'it may remove or replace the working directory, which is entered again only by a new `RUN`',
  'shell-replaced': 'it changes the shell, which only a new `RUN` starts',
  'user-changed': 'it changes the user or the groups that the build runs as, which only a new `RUN` reads again',
  'mount-discarded': 'what is written to a mount is discarded between the two instructions',
  'startup-file': 'the shell may read a start-up file that the first instruction writes',
  'suppression-would-move': 'a comment that silences a rule would no longer stand above its instruction',
  'text-ends-open': 'the shell text ends in a comment or a lone backslash, which would take in what is joined to it',
  'text-too-long': 'the merged shell text would be longer than the kernel lets one argument be',
  'shell-state-used': 'the shell text reads a variable in which the shell keeps its own history',
} as const;

export type SkipReason = keyof typeof skipReasons;
