import { describe, expect, test } from 'vitest';
import { Dockerfile } from '../../src/dockerfile/index.ts';
import { applyEdits, type TextEdit } from '../../src/edit/index.ts';
import { tableFacts } from '../../src/engine/index.ts';
import { visitCommands } from '../../src/shell/index.ts';
import { addCommandAfter, appendCommand, type ShellBody, shellBody } from '../../src/transform/index.ts';
import { runAll, shells } from '../support/shells.ts';

const forms = [
  'X',
  'X && Y',
  'X || Y',
  'X && Y || X',
  'X || exit 3',
  'X || { Y; exit 3; }',
  'X; Y',
  'X; Y;',
  'X; Y && Z',
  '{ X; Y; }',
  'X && { Y; Z; }',
  '( X; Y )',
  '( X && Y )',
  '( X; Y ) && Z',
  'if X; then Y; fi',
  'if X; then Y; Z; fi; Z',
  'for i in 1 2; do X; Y; done',
  'for i in 1 2; do X && Y; done',
  'while X; do Y; break; done',
  'case a in a) X; Y;; esac',
  '! X',
  'X | Y',
  'f() { X; Y; }; f',
  'f() { X; Y; }; Z && f',
  'eval "X; Y"',
  'X && eval "Y; Z"',
  'X; exit 0',
];

function bodies(prefix: string): string[] {
  const texts = forms.flatMap((form) =>
    ['echo x', 'false'].flatMap((x) =>
      ['echo y', 'false'].flatMap((y) =>
        ['echo z', 'false'].map((z) => prefix + form.replaceAll('X', x).replaceAll('Y', y).replaceAll('Z', z)),
      ),
    ),
  );
  return [...new Set(texts)];
}

function edited(text: string, edit: (file: Dockerfile, body: ShellBody) => TextEdit | undefined): string | undefined {
  const source = `FROM debian:12\nRUN ${text}`;
  const file = new Dockerfile(source);
  const body = shellBody(file, file.instructions[1]!, tableFacts);
  if (typeof body !== 'object') throw new Error(`cannot read ${text}`);
  const found = edit(file, body);
  return found && file.args(new Dockerfile(applyEdits(source, [found])).instructions[1]!);
}

describe.each(shells)('in %s', (shell) => {
  test.each(['', 'set -e; ', 'set -e && '])('a command at the end runs after success alone, after %j', (prefix) => {
    const pairs = bodies(prefix).flatMap((text) => {
      const result = edited(text, (file, body) => appendCommand(file, body, 'echo added'));
      return result === undefined ? [] : [{ text, result }];
    });
    expect(pairs.length).toBeGreaterThan(50);
    const before = runAll(
      shell,
      pairs.map((pair) => pair.text),
    );
    const after = runAll(
      shell,
      pairs.map((pair) => pair.result),
    );
    const wrong = pairs.filter((_, at) => {
      const { output, ok } = before[at]!;
      return after[at]!.ok !== ok || after[at]!.output !== output + (ok ? 'added\n' : '');
    });
    expect(wrong).toEqual([]);
  });

  test.each(['', 'set -e; ', 'set -e && '])('a command after another changes nothing else, after %j', (prefix) => {
    const pairs = bodies(prefix).flatMap((text) => {
      const result = edited(text, (file, body) => {
        let first: TextEdit | undefined;
        visitCommands(body.script, (command) => {
          if (command.words[0]?.text !== 'set') first ??= addCommandAfter(file, body, command, 'echo added');
        });
        return first;
      });
      return result === undefined ? [] : [{ text, result }];
    });
    expect(pairs.length).toBeGreaterThan(50);
    const before = runAll(
      shell,
      pairs.map((pair) => pair.text),
    );
    const after = runAll(
      shell,
      pairs.map((pair) => pair.result),
    );
    const wrong = pairs.filter(
      (_, at) => after[at]!.ok !== before[at]!.ok || after[at]!.output.replaceAll('added\n', '') !== before[at]!.output,
    );
    expect(wrong).toEqual([]);
  });
});

test('some shell of this machine took part', () => {
  expect(shells.length).toBeGreaterThan(0);
});
