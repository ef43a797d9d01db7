import { describe, expect, test } from 'vitest';
import { DockerfileSyntaxError, limits, scan } from '../../src/dockerfile/index.ts';

function failure(source: string): DockerfileSyntaxError | undefined {
  try {
    scan(source);
    return undefined;
  } catch (error) {
    if (error instanceof DockerfileSyntaxError) return error;
    throw error;
  }
}

describe('limits', () => {
  const filled = (bytes: number): string => {
    const line = `# ${'x'.repeat(97)}\n`;
    const head = 'FROM a\n';
    const rest = bytes - head.length;
    return head + line.repeat(Math.floor(rest / line.length)) + '#'.repeat(rest % line.length);
  };

  test('1 MiB is read, a byte more is not', () => {
    expect(failure(filled(limits.fileBytes))).toBeUndefined();
    expect(failure(filled(limits.fileBytes + 1))?.message).toBe('larger than 1 MiB, which no Dockerfile is');
  });

  test('it counts bytes, not characters', () => {
    const wide = `FROM a\n${`# ${'é'.repeat(50)}\n`.repeat(10_500)}`;
    expect(wide.length).toBeLessThan(limits.fileBytes);
    expect(failure(wide)?.message).toMatch(/larger than 1 MiB/);
  });

  test('65,535 bytes a line are read, one more is not, and the line is named', () => {
    const line = (length: number): string => `FROM a\nRUN ${'x'.repeat(length - 4)}\n`;
    expect(failure(line(limits.lineBytes))).toBeUndefined();
    const error = failure(line(limits.lineBytes + 1));
    expect(error?.message).toBe('a line longer than 65535 bytes, which Docker does not read');
    expect(error?.position).toEqual({ line: 2, column: 1 });
    expect(error?.lineText.length).toBeLessThan(210);
    expect(failure(`FROM a\nRUN ${'é'.repeat(limits.lineBytes / 2)}\n`)?.position.line).toBe(2);
  });

  test('2,000 stages are read, one more is not', () => {
    expect(failure('FROM a\n'.repeat(limits.stages))).toBeUndefined();
    const error = failure('FROM a\n'.repeat(limits.stages + 1));
    expect(error?.message).toBe('more than 2000 stages');
    expect(error?.position).toEqual({ line: 2001, column: 1 });
  });
});

describe('what BuildKit does not read', () => {
  test.each([
    ['', 'no instructions in this file', 1, 1],
    ['# only\n\n# comments\n', 'no instructions in this file', 1, 1],
    ['FROM a\nENV x\n', 'ENV must have two arguments', 2, 5],
    ['FROM a\nLABEL a=b c\n', 'LABEL takes name=value pairs, and one has no =', 2, 11],
    ['FROM a\nRUN <<EOF\nx\n', 'the heredoc "EOF" has no closing line', 2, 1],
    ['# escape=x\nFROM a', 'the escape directive takes \\ or ` only', 1, 1],
    ['# escape=`\n# escape=`\nFROM a', 'only one escape parser directive can be used', 2, 1],
    ['FROM a\nCMD \\\n # c\n  [1]', 'a JSON array after CMD must hold strings only', 4, 3],
  ])('%j', (source, message, line, column) => {
    const error = failure(source);
    expect(error?.message).toBe(message);
    expect(error?.position).toEqual({ line, column });
  });
});
