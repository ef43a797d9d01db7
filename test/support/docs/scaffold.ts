/** The verbs that the id of a transform may begin with. */
export const verbs = [
  'pin',
  'use',
  'replace',
  'add',
  'remove',
  'merge',
  'combine',
  'split',
  'convert',
  'write',
  'mount',
  'set',
] as const;

/** The files of a new transform by their paths, `transforms/index.ts` among them; or what is wrong with its id. */
export function scaffold(id: string, index: string, version: string): Map<string, string> | string {
  if (!/^[a-z0-9]+(?:-[a-z0-9]+)+$/.test(id)) return `\`${id}\` is not in kebab-case, such as replace-wget-with-curl`;
  if (!(verbs as readonly string[]).includes(id.split('-')[0]!)) {
    return `\`${id}\` says what is done to the file, and begins with one of ${verbs.join(', ')}`;
  }
  const name = id.replace(/-(.)/g, (_, letter: string) => letter.toUpperCase());
  const list = withEntry(index, id, name);
  if (list === undefined) return `\`${id}\` is in transforms/index.ts already, or that file has another shape`;
  const example = 'FROM debian:12\nSTOPSIGNAL 15\n';
  return new Map([
    [`transforms/${id}.ts`, transform(id, name, version)],
    ['transforms/index.ts', list],
    [`fixtures/${id}/example/Dockerfile`, example],
    [`fixtures/${id}/example/expected.Dockerfile`, 'FROM debian:12\nSTOPSIGNAL SIGTERM\n'],
    [`fixtures/${id}/example/findings.txt`, '2:1 fix safe Say what the fix does\n'],
    [`fixtures/${id}/unchanged-already/Dockerfile`, 'FROM debian:12\nSTOPSIGNAL SIGTERM\n'],
  ]);
}

/** The list with one more import and one more entry, at its end; undefined where it has the entry. */
function withEntry(index: string, id: string, name: string): string | undefined {
  const list = /(export const transforms[^=]*= \[)([^\]]*?),?(\s*\];)/.exec(index);
  if (!list || new RegExp(`'\\./${id}(?:/index)?\\.ts'`).test(index)) return undefined;
  const imports = [...index.matchAll(/^import \{ \w+ \} from '\.\/([\w-]+)(?:\/index)?\.ts';\n/gm)];
  const next = imports.find((each) => each[1]! > id) ?? imports.at(-1)!;
  const at = next[1]! > id ? next.index : next.index + next[0].length;
  const entries = list[2]!.split(',').map((each) => each.trim());
  const lines = [...entries, name].map((each) => `\n  ${each},`).join('');
  const listed = index.replace(list[0], `${list[1]}${lines}\n];`);
  return `${listed.slice(0, at)}import { ${name} } from './${id}.ts';\n${listed.slice(at)}`;
}

function transform(id: string, name: string, version: string): string {
  return `import { defineTransform } from '../src/transform/index.ts';

export const ${name} = defineTransform({
  id: '${id}',
  meta: {
    summary: 'Say what it does in one line',
    why: 'Say in a few sentences why the result is better.',
    safety: 'safe',
    safetyNote: 'Say what may differ in the image, and when the fix is less safe.',
    preset: 'recommended',
    since: '${version}',
    onbuild: false,
    answers: {},
  },
  *find({ file }) {
    for (const instruction of file.instructions) {
      if (instruction.keyword !== 'STOPSIGNAL' || instruction.opaque) continue;
      const { logical, argsStart, argsEnd, index, span } = instruction;
      if (file.args(instruction) !== '15') continue;
      const message = 'Say what is wrong and why it matters';
      if (!logical.isContiguous(argsStart, argsEnd)) {
        yield { span, message, skipped: 'text-spread' };
        continue;
      }
      yield {
        span,
        message,
        fix: {
          title: 'Say what the fix does',
          safety: 'safe',
          evidence: ['text'],
          edits: [{ ...logical.span(argsStart, argsEnd), text: 'SIGTERM' }],
          changes: { edits: [index] },
        },
      };
    }
  },
});
`;
}
