import { readdirSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { type Clause, Dockerfile, scan } from '../../src/dockerfile/index.ts';
import { corpusFiles, shared, sharedGzip, sharedMissing, sharedText } from '../support/shared.ts';

/** The arguments as BuildKit's syntax tree holds them. */
function treeArguments(file: Dockerfile, index: number, clause: Clause): string[] {
  const instruction = file.instructions[index]!;
  const args = file.args(instruction, clause);
  switch (clause.keyword) {
    case 'ENV':
    case 'LABEL': {
      const separator = file.words(instruction, clause)[0]?.text.includes('=') ? '=' : '';
      return file.pairs({ ...instruction, ...clause }).flatMap(([name, value]) => [name, value, separator]);
    }
    case 'HEALTHCHECK': {
      const [kind = '', rest = ''] = args.split(/\s+(.*)/s);
      if (args === '') return [];
      return clause.json ? [kind, ...clause.json] : rest === '' ? [kind] : [kind, rest];
    }
    case 'RUN':
    case 'CMD':
    case 'ENTRYPOINT':
    case 'SHELL':
      return clause.json ? [...clause.json] : args === '' ? [] : [args];
    case 'MAINTAINER':
    case 'STOPSIGNAL':
    case 'USER':
    case 'WORKDIR':
      return args === '' ? [] : [args];
    case 'ONBUILD':
      return [];
    default:
      return clause.isKnown ? (clause.json?.slice() ?? file.words(instruction, clause).map((word) => word.text)) : [''];
  }
}

/** Go's %q for the strings of these cases. */
const quote = (text: string): string => JSON.stringify(text).replace(/\\u00([01][0-9a-f])/g, '\\x$1');

function dump(file: Dockerfile, index: number, clause: Clause): string {
  const instruction = file.instructions[index]!;
  const parts = [clause.keyword.toLowerCase()];
  if (clause.flags.length > 0) parts.push(`[${clause.flags.map((flag) => quote(flag.text)).join(' ')}]`);
  parts.push(...treeArguments(file, index, clause).map(quote));
  if (clause === instruction && instruction.onbuild) parts.push(`(${dump(file, index, instruction.onbuild)})`);
  return parts.join(' ');
}

describe.skipIf(!shared)(`BuildKit's parser cases${sharedMissing}`, () => {
  const root = 'vectors/buildkit-parser';
  const cases = (folder: string): string[] => (shared ? readdirSync(`${shared}/${root}/${folder}`) : []);

  test('there are 33 results and 4 negatives', () => {
    expect([cases('testfiles').length, cases('testfiles-negative').length]).toEqual([33, 4]);
  });

  test.each(cases('testfiles'))('%s', (name) => {
    const file = new Dockerfile(sharedText(`${root}/testfiles/${name}/Dockerfile`));
    const lines = file.instructions.map((instruction) => `(${dump(file, instruction.index, instruction)})`);
    expect(lines.join('\n')).toBe(sharedText(`${root}/testfiles/${name}/result`).trimEnd());
  });

  test.each(cases('testfiles-negative'))('rejects %s', (name) => {
    expect(() => new Dockerfile(sharedText(`${root}/testfiles-negative/${name}/Dockerfile`))).toThrow();
  });
});

describe.skipIf(!shared)(`BuildKit's reading of the corpus${sharedMissing}`, () => {
  interface Reading {
    path: string;
    escape: string;
    error?: string;
    instructions: [string, number, number, string, string[], string[], string[]][];
  }

  test('instructions, lines, form, heredocs, flags and arguments are equal', () => {
    const sources = new Map(corpusFiles().map((file) => [file.path, file.source]));
    const readings = sharedGzip('vectors/corpus-instructions.jsonl.gz').toString('utf8').trimEnd().split('\n');
    let accepted = 0;
    const differences: string[] = [];
    for (const line of readings) {
      const reading = JSON.parse(line) as Reading;
      const source = sources.get(reading.path)!;
      if (reading.error !== undefined) {
        if (!throws(() => scan(source))) differences.push(`${reading.path}: accepted`);
        continue;
      }
      accepted++;
      const file = new Dockerfile(source);
      const ours = file.instructions.map((each) => [
        each.logical.text.slice(each.start, each.keywordEnd),
        each.startLine,
        each.endLine,
        each.json ? 'json' : 'shell',
        each.heredocs.map((heredoc) => heredoc.name),
        each.flags.map((flag) => flag.text),
        treeArguments(file, each.index, each),
      ]);
      if (JSON.stringify(ours) === JSON.stringify(reading.instructions) && file.escape === reading.escape) continue;
      const at = ours.findIndex((each, index) => JSON.stringify(each) !== JSON.stringify(reading.instructions[index]));
      differences.push(`${reading.path}: ${JSON.stringify(ours[at])} not ${JSON.stringify(reading.instructions[at])}`);
    }
    expect(differences).toEqual([]);
    expect([accepted, readings.length]).toEqual([2309, 2313]);
  });
});

function throws(run: () => unknown): boolean {
  try {
    run();
    return false;
  } catch {
    return true;
  }
}
