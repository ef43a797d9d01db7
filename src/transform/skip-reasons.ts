/** Why a finding has no fix: one sentence each, which the user reads. A detail may follow it in a report. */
export const skipReasons = {
  'shell-unknown': 'the shell that runs this is not known to be a plain POSIX shell',
  'shell-opaque': 'the shell text cannot be read with certainty',
  'text-spread': 'the text to change is spread over lines or comments, and a comment would be lost',
  'index-needed-later': 'a later step reads the package index without updating it, and would fail without it',
  'cache-needed-later': 'a later step works offline from this cache',
  'status-unclear': 'a command added here could hide a failure, or change when the step stops',
  'between-matters': 'what stands between the two instructions may matter to the update',
  'flags-differ': 'the two instructions do not have the same flags',
  'not-a-chain': 'the second instruction is not a plain chain of commands, so a failing update would not stop it',
  'comment-binds': 'a comment above it is about this instruction alone',
  'no-equivalent': '`apt-get` has no command or option that is known to mean the same',
  'output-used': 'something reads what the command prints, which would differ',
  'user-not-root': 'the user here is not root, so `sudo` is needed',
  'sudo-options': '`sudo` has options or assignments, which say more than to run as root',
  'sudo-builtin': 'without `sudo` the shell would run its own command of this name',
} as const;

export type SkipReason = keyof typeof skipReasons;
