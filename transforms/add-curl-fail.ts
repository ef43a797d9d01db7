import { insertAfter, type TextEdit } from '../src/edit/index.ts';
import { type ShellCommand, type ShellTree, visitTrees } from '../src/shell/index.ts';
import { type BareCommand, bareCommand, defineTransform, type ShellBody, shellBodies } from '../src/transform/index.ts';

/** Options that ask for the answer itself, or send something, so that a status of 400 and above may be wanted. */
const asksForAnswer =
  /^(?:--fail|--fail-with-body|--fail-early|--write-out|--head|--request|--data.*|--json|--form.*|--upload-file|--dump-header|--include)(?:=|$)/;
/** Letters of the same, and of all options that take a value. */
const answerLetters = 'fwIXdFTDi';
const valuedLetters = 'AbcCdDeEFHKmoPQrtTuUwxXyYz';
/** Letters of options without a value, behind which others may stand in one word. */
const plainCluster = /^-[sSLkgJOR46#]+$/;
/** Programs that fail where they get nothing. */
const failsOnNothing =
  /^(?:tar|bsdtar|gunzip|gzip|zcat|unxz|xz|xzcat|bunzip2|bzip2|bzcat|zstd|unzstd|cpio|gpg|apt-key|dpkg)$/;

const message =
  'Without `-f` curl takes the page of an error for what was asked, so the build goes on with that and the layer is cached';

export const addCurlFail = defineTransform({
  id: 'add-curl-fail',
  meta: {
    summary: 'Make curl fail in a build step when the server says no',
    why: 'A missing file or a server that is down then stops the build where it happens, and not later with a broken archive, or never.',
    safety: 'unsafe',
    safetyNote:
      'A step that expects an answer with a status of 400 or above stops there. Requests that send something or ask for the status are left alone, and so is curl in front of a program that would not notice that nothing came.',
    preset: 'recommended',
    since: '0.1.0',
    onbuild: false,
    answers: {},
  },
  *find({ file, facts }) {
    for (const body of shellBodies(file, facts)) {
      for (const bare of downloads(body)) {
        const edit = withFail(body, bare);
        const { program } = bare;
        const span = body.instruction.logical.span(body.base + program.start, body.base + program.end);
        yield {
          span,
          message,
          fix: {
            title: 'Add `-f` to `curl`',
            safety: 'unsafe',
            evidence: ['text'],
            edits: [edit],
            changes: { edits: [body.instruction.index] },
          },
        };
      }
    }
  },
});

/** Calls of curl that keep what they fetch, and whose failure stops the step. */
function downloads(body: ShellBody): BareCommand[] {
  const found: BareCommand[] = [];
  const hasPipefail = body.shell.pipefail || /\bset\s+[^;&|]*pipefail/.test(body.script.text);
  const tolerated = new Set<ShellTree>();
  visitTrees(
    body.script,
    (tree) => {
      // What may fail in a condition, or is caught, is left to those who wrote it.
      if (tree.kind === 'and-or' && tree.operators.includes('||')) tolerate(tree, tolerated);
      if (tree.kind === 'compound') tolerate(tree, tolerated);
      if (tree.kind === 'pipeline') {
        const next = tree.commands[1];
        const reader = next?.kind === 'command' ? (bareCommand(next)?.name.split('/').at(-1) ?? '') : '';
        const isNoticed = tree.commands.length > 1 && (hasPipefail || failsOnNothing.test(reader));
        if (tree.negated || !isNoticed) tolerate(tree, tolerated);
        const first = tree.commands[0];
        if (isNoticed && !tolerated.has(tree) && first?.kind === 'command') add(first, true, found);
        tolerate(tree, tolerated);
      }
      if (tree.kind === 'command' && !tolerated.has(tree)) add(tree, false, found);
    },
    { nested: false },
  );
  return found;
}

function tolerate(tree: ShellTree, tolerated: Set<ShellTree>): void {
  const list = {
    start: tree.start,
    end: tree.end,
    statements: [{ start: tree.start, end: tree.end, tree, background: false }],
  };
  visitTrees(list, (each) => void (each !== tree && tolerated.add(each)), { nested: false });
}

function add(command: ShellCommand, piped: boolean, found: BareCommand[]): void {
  const bare = bareCommand(command);
  if (bare?.name.split('/').at(-1) !== 'curl' || bare.name.includes('=')) return;
  const words = bare.words.map((word) => word.text);
  if (!words.some((text) => /^["']?https?:\/\//.test(text)) || words.some((text) => asksForAnswer.test(text))) return;
  let keeps = piped || command.redirects.some(({ operator }) => operator.startsWith('>'));
  for (const [at, text] of words.entries()) {
    if (/^--(?:output|remote-name)/.test(text)) keeps = true;
    if (!/^-[A-Za-z#0-9]+$/.test(text)) continue;
    for (const letter of text.slice(1)) {
      if (answerLetters.includes(letter)) return;
      if (letter === 'o' || letter === 'O') keeps = true;
      if (valuedLetters.includes(letter)) break;
    }
    if (/o$/.test(text) && words[at + 1] === '/dev/null') return;
  }
  if (keeps) found.push(bare);
}

/** Among short options that are there, else as one of its own. */
function withFail({ instruction, base }: ShellBody, { program, words }: BareCommand): TextEdit {
  const cluster = words[0] && plainCluster.test(words[0].text) ? words[0] : undefined;
  if (cluster) return insertAfter(instruction, base + cluster.start + 1, 'f');
  return insertAfter(instruction, base + program.end, ' -f');
}
