import { describe, expect, test } from 'vitest';
import { Dockerfile, scan } from '../../src/dockerfile/index.ts';

/** Where dockerfile-ast and BuildKit read a file differently: ours is BuildKit's reading, and disputes are opaque. */
const listed = (source: string): string =>
  new Dockerfile(source).instructions
    .map(({ keyword, startLine, endLine, heredocs, opaque }) => {
      const names = heredocs.map((heredoc) => `<${heredoc.name}>`).join('');
      return `${keyword}@${startLine}-${endLine}${names}${opaque ? ' opaque' : ''}`;
    })
    .join(', ');

describe('instruction lists', () => {
  test.each([
    ['S1: two escapes at a line end are no continuation', 'RUN a \\\\\nRUN b', 'RUN@1-1 opaque, RUN@2-2 opaque'],
    [
      'S1: a Windows path that ends in two',
      'COPY a C:\\\\\nENV b=c\nUSER d',
      'COPY@1-1 opaque, ENV@2-2 opaque, USER@3-3',
    ],
    ['S2: a blank before a heredoc name', 'RUN cat << EOF\nhi\nEOF\nUSER x', 'RUN@1-3<EOF> opaque, USER@4-4'],
    ['S2: a tab before a heredoc name', 'RUN cat <<\tEOF\nhi\nEOF\nUSER x', 'RUN@1-3<EOF> opaque, USER@4-4'],
    ['S3: << in double quotes', 'RUN echo "a <<EOF b"\nRUN c', 'RUN@1-1 opaque, RUN@2-2 opaque'],
    ['S3: << in single quotes', "RUN echo 'a <<EOF b'\nRUN c", 'RUN@1-1 opaque, RUN@2-2 opaque'],
    ['S4: a file descriptor before <<', 'RUN 3<<EOF\nEOF\nUSER x', 'RUN@1-2<EOF> opaque, USER@3-3'],
    ['S5: a partly quoted name', "RUN <<eo'f'\nx\neof\nUSER y", 'RUN@1-3<eof> opaque, USER@4-4 opaque'],
    ['S5: an escaped quote in a name', "RUN <<'e'o\\'f\nx\neo'f\nUSER y", "RUN@1-3<eo'f> opaque, USER@4-4"],
    ['S5: a blank in a quoted name', "RUN <<'one two'\nx\none two\nUSER y", 'RUN@1-3<one two> opaque, USER@4-4'],
    [
      'S6: the dash is each heredoc’s own',
      'COPY <<-A <<B /d\n\ta\n\tA\n\tB\nB\nUSER x',
      'COPY@1-5<A><B> opaque, USER@6-6',
    ],
    ['S7: an empty name', "RUN cat <<''\nRUN x\n", 'RUN@1-1 opaque, RUN@2-2 opaque'],
    ['S7: a dash alone', 'RUN <<-\nRUN W', 'RUN@1-1 opaque, RUN@2-2 opaque'],
    ['S7: a name that ends in <', 'RUN <<F<\nRUN E', 'RUN@1-1 opaque, RUN@2-2 opaque'],
    ['S7: an open single quote', "RUN <<'\nRUN O", 'RUN@1-1 opaque, RUN@2-2 opaque'],
    ['S7: an open double quote', 'RUN <<"\nRUN d', 'RUN@1-1 opaque, RUN@2-2 opaque'],
    [
      'S8: a modifier that BuildKit does not know',
      'RUN echo ${x^^} <<EOF\nhi\nEOF',
      'RUN@1-1 opaque, HI@2-2 opaque, EOF@3-3 opaque',
    ],
    ['S8: an apostrophe before <<', "RUN echo it's <<EOF\nhi\nEOF", 'RUN@1-1 opaque, HI@2-2 opaque, EOF@3-3 opaque'],
    ['S9: a continuation line that starts with an escape', 'RUN a \\\n \\ b\nRUN c', 'RUN@1-2 opaque, RUN@3-3 opaque'],
    ['S9: an escape before a hash', 'RUN a \\\n \\# b\nRUN c', 'RUN@1-2 opaque, RUN@3-3 opaque'],
    ['S10: a line with the escape alone', '\\\nRUN a', 'RUN@1-2'],
    ['S11: a lone CR is no line end', 'RUN a\rRUN b\nUSER x', 'RUN@1-1 opaque, USER@2-2'],
    ['S12: a form feed ends a keyword', 'RUN\fa', 'RUN@1-1 opaque'],
    ['S12: a vertical tab ends a keyword', 'RUN\va', 'RUN@1-1 opaque'],
    ['S12: a no-break space before a keyword', '\u00a0RUN a', 'RUN@1-1 opaque'],
  ])('%s', (_, source, expected) => {
    expect(listed(source)).toBe(expected);
  });
});

describe('directives', () => {
  const read = (source: string): { escape: string; directives: string[]; comments: string[] } => {
    const file = new Dockerfile(source);
    return {
      escape: file.escape,
      directives: file.directives.map(({ name, value }) => `${name}=${value}`),
      comments: file.comments.map((comment) => comment.text),
    };
  };

  test('S13: blanks after a value do not end the directives', () => {
    expect(read('# syntax=x  \n# escape=`\nFROM a')).toEqual({
      escape: '`',
      directives: ['syntax=x', 'escape=`'],
      comments: [],
    });
  });

  test('S14: a value may hold blanks', () => {
    expect(read('# check=skip=A, B; error=true\n# escape=`\nFROM a')).toMatchObject({
      escape: '`',
      directives: ['check=skip=A, B; error=true', 'escape=`'],
    });
  });

  test('S15: an unknown key ends the directives, an indented one counts', () => {
    expect(read('# foo=bar\n# escape=`\nFROM a').escape).toBe('\\');
    expect(read('# foo-bar=x\n# escape=`\nFROM a').escape).toBe('\\');
    expect(read('\n# escape=`\nFROM a').escape).toBe('\\');
    expect(read('  # escape=`\nFROM a').escape).toBe('`');
  });

  test.each([
    '# foo-bar=x',
    '# vim:set ft=dockerfile:',
    '# hadolint ignore=DL3006',
    '# see https://x/?a=b',
    '# foo=bar',
  ])('S16: %s is a comment', (comment) => {
    expect(read(`${comment}\nFROM a`)).toEqual({ escape: '\\', directives: [], comments: [comment] });
    expect(new Dockerfile(`${comment}\nFROM a`).instructions[0]!.leading.map((each) => each.text)).toEqual([comment]);
  });
});

describe('values', () => {
  const first = (source: string) => {
    const file = new Dockerfile(source);
    return { file, instruction: file.instructions[0]! };
  };
  const args = (source: string): string => {
    const { file, instruction } = first(source);
    return file.args(instruction);
  };
  const flags = (source: string): string[] => first(source).instruction.flags.map((flag) => flag.text);
  const words = (source: string): string[] => {
    const { file, instruction } = first(source);
    return file.words(instruction).map((word) => word.text);
  };
  const json = (source: string): readonly string[] | undefined => first(source).instruction.json;
  const heredocs = (source: string): string[] =>
    first(source).instruction.heredocs.map(({ content }) => source.slice(content.start, content.end));

  test('V1: an indented comment after a continuation is taken out', () => {
    expect(args('RUN a && \\\n  # c\n  b')).toBe('a &&   b');
  });
  test('V2: an escape at the start of a continuation line stays', () => {
    expect(args('RUN a \\\n \\x')).toBe('a  \\x');
  });
  test('V3: blanks in JSON strings stay', () => {
    expect(json('CMD ["nginx","-g","daemon off;"]')).toEqual(['nginx', '-g', 'daemon off;']);
  });
  test('V4: JSON escapes are those of JSON', () => {
    expect(json('CMD ["\\u00e9","C:\\foo"]')).toEqual(['é', 'C:\foo']);
  });
  test.each(['CMD ["a"] # x', 'CMD ["a",]', 'CMD ["a\\x"]', 'CMD ["a\tb"]', 'COPY ["a","b"];'])(
    'V5: %j is not JSON',
    (source) => {
      expect(json(source)).toBeUndefined();
    },
  );
  test('V6: JSON over several lines', () => {
    expect(json('CMD ["a", \\\n # c\n "b"]')).toEqual(['a', 'b']);
    const file = new Dockerfile('# escape=`\nCMD ["a", `\n "b"]');
    expect(file.instructions[0]!.json).toEqual(['a', 'b']);
  });
  test.each(['CMD [1]', 'CMD [["a"]]', 'CMD [null]', 'COPY ["a", true]'])('V7: %s is an error', (source) => {
    expect(() => scan(source)).toThrow(/must hold strings only/);
  });
  test('V8: a flag may hold quoted and escaped blanks', () => {
    expect(flags('RUN --mount=type=cache,target="/a b" x')).toEqual(['--mount=type=cache,target=/a b']);
    expect(flags('RUN --mount=target=/a\\ b x')).toEqual(['--mount=target=/a b']);
    expect(args('RUN --mount=type=cache,target="/a b" x')).toBe('x');
  });
  test('V9: quotes of a flag are removed', () => {
    expect(first('COPY --from="b" x y').instruction.flags[0]).toMatchObject({ name: 'from', value: 'b' });
    expect(first("HEALTHCHECK --interval='5m' CMD x").instruction.flags[0]).toMatchObject({ value: '5m' });
    expect(first('FROM --platform="$P" x').instruction.flags[0]).toMatchObject({ value: '$P' });
  });
  test('V10: two dashes end the flags and are dropped', () => {
    expect([flags('COPY -- a b'), words('COPY -- a b')]).toEqual([[], ['a', 'b']]);
    expect([flags('RUN -- --x'), args('RUN -- --x')]).toEqual([[], '--x']);
  });
  test('V11: every instruction takes flags', () => {
    expect([flags('CMD --x ["a"]'), json('CMD --x ["a"]')]).toEqual([['--x'], ['a']]);
  });
  test('V12: ARG takes several names', () => {
    expect(words('ARG a b=c')).toEqual(['a', 'b=c']);
  });
  test('V13: blanks at the start of continuation lines stay in values', () => {
    const pairs = (source: string): ReturnType<Dockerfile['pairs']> => {
      const { file, instruction } = first(source);
      return file.pairs(instruction);
    };
    expect(pairs('ENV K \\\n  a \\\n  b')).toEqual([['K', 'a   b']]);
    expect(pairs('LABEL k="a \\\n   b"')).toEqual([['k', '"a    b"']]);
    expect(words('ARG K="\\\n  a"')).toEqual(['K="  a"']);
  });
  test('V14: quotes stay in a name until it is expanded', () => {
    const { file, instruction } = first('LABEL "k"="v"');
    expect(file.pairs(instruction)).toEqual([['"k"', '"v"']]);
  });
  test('V15: escapes stay in words', () => {
    expect(words('COPY a\\b C:\\\\x')).toEqual(['a\\b', 'C:\\\\x']);
    expect(words('ADD "c:\\t\\x.pfx" .')).toEqual(['"c:\\t\\x.pfx"', '.']);
    expect(args('HEALTHCHECK \\:')).toBe('\\:');
  });
  test('V16: a heredoc keeps its escapes', () => {
    expect(heredocs('RUN <<EOF\nfoo\\\nEOF')).toEqual(['foo\\\n']);
    expect(heredocs('COPY <<EOF /a\n\\foo\nEOF')).toEqual(['\\foo\n']);
  });
  test.each(['LABEL a="x <<y@z>>"', 'USER <<X', 'CMD <<EOF', 'ENTRYPOINT cat <<EOF', 'RUN ["cat", "<<EOF"]'])(
    'V17: %s has no heredoc',
    (source) => {
      expect(heredocs(source)).toEqual([]);
    },
  );
  test('V17: RUN, COPY, ADD and those inside ONBUILD have', () => {
    for (const keyword of ['RUN', 'COPY', 'ADD', 'ONBUILD RUN', 'onbuild copy']) {
      expect(heredocs(`${keyword} <<A /a\nx\nA\n`)).toEqual(['x\n']);
    }
  });
  test('V18: a dangling continuation does not reach beyond the last text', () => {
    for (const source of ['RUN a \\\n', 'RUN a \\\n# c\n']) {
      const { instruction } = first(source);
      expect(source.slice(instruction.span.start, instruction.span.end)).toBe('RUN a');
    }
  });
  test('V19, V20: the base is one word, flags or quotes around it or not', () => {
    const base = (source: string): string | undefined => new Dockerfile(source).stages[0]!.base?.text;
    expect(base('FROM org/a.b:1')).toBe('org/a.b:1');
    expect(base('FROM "alpine:3"')).toBe('"alpine:3"');
    expect(new Dockerfile('FROM "alpine:3"').baseReference(new Dockerfile('FROM "alpine:3"').stages[0]!)).toBe(
      'alpine:3',
    );
    expect(base('FROM --platform=x --foo=y a')).toBe('a');
    expect(flags('COPY --chown=1 --from=b . .')).toEqual(['--chown=1', '--from=b']);
  });
});

test.each([
  'RUN \\\n# comment\\comment\n',
  'RUN \\\n  # C:\\foo\n  echo a\n',
  'RUN a \\\n \\# b\nRUN c',
  'ARG A=1\n\n\nFROM a\n',
  ' RUN $x\n',
  '\ufeffARG A=$B\nFROM x',
])('%j, on which accessors of dockerfile-ast fail, is read', (source) => {
  expect(() => new Dockerfile(source)).not.toThrow();
});
