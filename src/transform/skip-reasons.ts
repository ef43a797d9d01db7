/** Why a finding has no fix: one sentence each, which the user reads. A detail may follow it in a report. */
export const skipReasons = {
  'shell-unknown': 'the shell that runs this is not known to be a plain POSIX shell',
  'shell-opaque': 'the shell text cannot be read with certainty',
  'text-spread': 'the text to change is spread over lines or comments, and a comment would be lost',
  'reference-unresolved': 'the image depends on a build argument without a default',
  'reference-from-argument':
    'part of the reference comes from a build argument, and a digest beside it would make that argument dead',
  'argument-shared': 'the build argument that holds the tag is used elsewhere too, where a digest would be wrong',
  'digest-beside-variable':
    'a digest stands beside a variable: builders ignore the variable, whatever value the build gives it',
  'reference-invalid': 'this is not an image reference that a builder can read',
  'reference-not-in-registry': 'this names no image in a registry',
  'reference-may-be-stage': 'inside ONBUILD this may name a stage of the Dockerfile that builds on this image',
  'registry-unavailable': 'the registry gave no answer',
  'no-version-tag': 'no version tag of the image has the same digest',
  'image-not-found': 'the registry does not have this image, or does not show it without credentials',
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
