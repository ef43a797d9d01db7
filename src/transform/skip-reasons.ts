/** Why a finding has no fix: one sentence each, which the user reads. A detail may follow it in a report. */
export const skipReasons = {
  'shell-unknown': 'the shell that runs this is not known to be a plain POSIX shell',
  'shell-opaque': 'the shell text cannot be read with certainty',
  'text-spread': 'the text to change is spread over lines or comments, and a comment would be lost',
  'context-unavailable': 'the file could not be read, as the build context is not known; `--context` names it',
  'source-variable': 'a variable in the source may stand for an archive or a URL, which only `ADD` takes',
  'source-archive': 'one of several sources is an archive, which `ADD` unpacks',
  'source-no-match': 'the source matches nothing in the build context now, so what a build will find is not known',
  'source-lfs-pointer': 'the checkout has a Git LFS pointer where a build may have an archive',
  'source-unreadable': 'the source is there but could not be read',
  'source-of-child': 'inside ONBUILD the source is a file of another build context, and may be an archive there',
  'flag-of-add': 'a flag stands here that only `ADD` takes',
  'command-needs-shell': 'the command uses shell syntax or variables, so it needs a shell',
  'command-is-builtin':
    'the first word is a command of the shell itself, and no program, or one that works differently',
  'entrypoint-would-take-command': 'in exec form `ENTRYPOINT` would get the words of `CMD`, which it ignores now',
  'entrypoint-hides-command':
    '`ENTRYPOINT` is in shell form and ignores `CMD`, so the form of `CMD` makes no difference',
  'working-directory-unknown': 'the working directory that this is relative to is not known',
  'pipefail-unsupported': 'the shell is dash, or may be, and dash up to 0.5.12 has no `pipefail` and fails on it',
  'pipe-stops-early': 'a command in a pipe may stop reading early, and `pipefail` would make that an error',
  'pipe-in-background': 'the first command runs in the background, where `pipefail` would not reach the rest',
  'pipe-status-normal':
    'a command in a pipe may fail without anything being wrong, and `pipefail` would make that an error',
  'comment-binds': 'a comment above it is about this instruction alone',
  'conditional-text':
    'comments here look like conditions of a preprocessor, so not all of the instructions may be used',
  'template-text': 'the text is a template, which another program fills in before a builder reads it',
  'label-exists': 'the stage sets this label already, and would lose its value',
  'overridden-later': 'a later instruction of the stage overrides this one',
  'value-unclear': 'the value cannot be written in the other form with certainty',
  'stage-name-taken': 'another stage has this name but for its case',
  'stage-name-in-variable': 'a variable, or text that cannot be read, may name this stage too',
} as const;

export type SkipReason = keyof typeof skipReasons;
