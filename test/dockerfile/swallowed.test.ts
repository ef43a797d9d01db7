import { expect, test } from 'vitest';
import { Dockerfile } from '../../src/dockerfile/index.ts';

function swallowed(text: string): string[] {
  const file = new Dockerfile(`FROM debian:13\n${text}`);
  return file.instructions.flatMap((each) => {
    expect(each.opaque).toBe(each.swallowed !== undefined);
    return each.swallowed ? [`${each.swallowed.keyword} ${file.lines.lineAt(each.swallowed.start)}`] : [];
  });
}

test('an instruction below a line that is continued', () => {
  expect(swallowed('RUN apt-get install -y \\\n    curl \\\nCOPY . /app\n')).toEqual(['COPY 4']);
  expect(swallowed('RUN apt-get install -y \\\n    curl \\\n\n# why\nCOPY . /app\nWORKDIR /app\n')).toEqual(['COPY 6']);
  expect(swallowed('RUN echo a && \\\n  RUN echo b\n')).toEqual(['RUN 3']);
  expect(swallowed('WORKDIR C:\\app\\\nCOPY . .\n')).toEqual(['COPY 3']);
  expect(swallowed('RUN \\\nCOPY . .\n')).toEqual(['COPY 3']);
  expect(swallowed('CMD ["a"] \\\nEXPOSE 80\n')).toEqual(['EXPOSE 3']);
  expect(swallowed('# escape\nRUN curl \\\r\nENV A=b\r\n')).toEqual(['ENV 4']);
  expect(swallowed('ONBUILD RUN curl \\\nCOPY . .\n')).toEqual(['COPY 3']);
});

test('words of a shell, text in quotes, and instructions inside others', () => {
  expect(swallowed('RUN apk \\\n  add curl && \\\n  env A=b \\\n  user x\n')).toEqual([]);
  expect(swallowed('RUN psql -c "SELECT * \\\n  FROM users"\n')).toEqual([]);
  expect(swallowed("RUN printf '\\\nFROM scratch\\n\\\nCOPY a b\\n'\n")).toEqual([]);
  expect(swallowed('HEALTHCHECK --interval=3s \\\n  CMD curl -f http://localhost\n')).toEqual([]);
  expect(swallowed('ONBUILD HEALTHCHECK --interval=3s \\\n  CMD curl -f http://localhost\n')).toEqual([]);
  expect(swallowed('ONBUILD \\\n  COPY . /app\n')).toEqual([]);
  expect(swallowed('RUN <<EOF\nCOPY . .\nEOF\n')).toEqual([]);
  expect(swallowed('RUN COPY=1 \\\n  FROM=2 make\n')).toEqual([]);
  expect(swallowed('LABEL a="b \\\n  RUN it" \\\n  c="\\"d"\n')).toEqual([]);
});
