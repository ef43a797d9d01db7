import { describe, expect, test } from 'vitest';
import { argsScript, Dockerfile, type Instruction, TextMemo } from '../../src/dockerfile/index.ts';

const texts = (file: Dockerfile) => file.instructions.map((each) => each.text);

describe('what stands for the text of an instruction', () => {
  const before = new Dockerfile('FROM debian\nRUN a \\\n  b\nRUN <<EOF\nc\nEOF\nUSER web\n');

  test('is that of the earlier file where the text is the same, wherever it stands now', () => {
    const after = new Dockerfile('FROM debian:12\n\nRUN a \\\n  b\nLABEL x=y\nRUN <<EOF\nc\nEOF\nuser web\n', before);
    const [, run, heredoc] = texts(before);
    expect(texts(after)[1]).toBe(run);
    expect(texts(after)[3]).toBe(heredoc);
    expect(texts(before)).not.toContain(texts(after)[0]);
    expect(texts(before)).not.toContain(texts(after)[4]);
  });

  test('is another one where the content of a heredoc, the escape character or the file is', () => {
    const other = new Dockerfile('FROM debian\nRUN a \\\n  b\nRUN <<EOF\nd\nEOF\nUSER web\n', before);
    expect(texts(other)[2]).not.toBe(texts(before)[2]);
    const escaped = new Dockerfile('# escape=`\nFROM debian\nUSER web\n', before);
    expect(escaped.instructions.some((each) => texts(before).includes(each.text))).toBe(false);
    const unrelated = new Dockerfile(before.source);
    expect(unrelated.instructions.some((each) => texts(before).includes(each.text))).toBe(false);
  });

  test('is never that of two instructions of a file', () => {
    const twice = new Dockerfile('FROM a\nRUN x\nRUN x\n');
    const thrice = new Dockerfile('FROM a\nRUN x\nRUN x\nRUN x\n', twice);
    expect(new Set([...texts(twice), ...texts(thrice)]).size).toBe(4);
    expect(texts(thrice).slice(0, 3)).toEqual(texts(twice));
  });

  test('keeps what was made of it, nothing included', () => {
    const memo = new TextMemo<undefined>();
    let made = 0;
    const ask = (each: Instruction) =>
      memo.of(each, () => {
        made++;
        return undefined;
      });
    const after = new Dockerfile('FROM debian:12\nUSER web\n', before);
    ask(before.instructions[3]!);
    ask(after.instructions[1]!);
    ask(after.instructions[0]!);
    expect(made).toBe(2);
    const again = new Dockerfile(`# comment\n${before.source}`, before);
    expect(argsScript(again.instructions[1]!)).toBe(argsScript(before.instructions[1]!));
  });
});
