import {
  type ShellCommand,
  type ShellScript,
  type ShellTree,
  visitCommands,
  visitTrees,
} from '../../src/shell/index.ts';
import { bareCommand } from '../../src/transform/index.ts';

/** A download that an interpreter runs without it ever being a file. */
export interface PipedDownload {
  readonly fetcher: ShellCommand;
  readonly shell: string;
}

const interpreters = /^(?:sh|bash|dash|ash|zsh|ksh|python[\d.]*|perl|ruby|node|php|pwsh|tclsh|Rscript)$/;

/** Downloads that go to an interpreter by a pipe, as the text of `sh -c`, or as a process substitution. */
export function pipedIntoShells(script: ShellScript): PipedDownload[] {
  const found: PipedDownload[] = [];
  visitTrees(script, (tree) => {
    if (tree.kind === 'pipeline') {
      const fetcher = fetcherIn(tree.commands[0]);
      const shell = tree.commands
        .slice(1)
        .map(interpreterOf)
        .find((each) => each !== undefined);
      if (fetcher && shell) found.push({ fetcher, shell });
    }
    if (tree.kind !== 'command') return;
    const shell =
      interpreterOf(tree) ?? (/^(?:eval|source|\.)$/.test(tree.words[0]?.text ?? '') ? tree.words[0]!.text : undefined);
    if (!shell) return;
    for (const word of tree.words) {
      for (const inner of word.substitutions) {
        visitCommands(inner, (command) => {
          const fetcher = fetcherIn(command);
          if (fetcher) found.push({ fetcher, shell });
        });
      }
    }
  });
  return found;
}

function fetcherIn(tree: ShellTree | undefined): ShellCommand | undefined {
  if (tree?.kind !== 'command') return undefined;
  const name = bareCommand(tree)?.name.split('/').at(-1);
  return name === 'curl' || name === 'wget' ? tree : undefined;
}

/** An interpreter that reads its program from its input or its arguments, and not from a file. */
function interpreterOf(tree: ShellTree): string | undefined {
  if (tree.kind !== 'command') return undefined;
  const bare = bareCommand(tree);
  const name = bare?.name.split('/').at(-1) ?? '';
  if (!bare || !interpreters.test(name)) return undefined;
  const first = bare.words.find(({ text }) => !/^-[a-z]*[esxu]*$/.test(text) || /c/.test(text));
  if (/^python|^node|^perl|^ruby|^php/.test(name) && first && first.text !== '-') return undefined;
  return name;
}
