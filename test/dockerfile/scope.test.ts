import { describe, expect, test } from 'vitest';
import { Dockerfile } from '../../src/dockerfile/index.ts';

/** A word expanded at the last instruction of a file; `?` where it is not known. */
function expanded(lines: readonly string[], word: string): string {
  const file = new Dockerfile(lines.join('\n'));
  const result = file.expand(word, file.instructions.at(-1)!);
  return result.ok ? result.value : '?';
}

describe('variables in a stage', () => {
  test.each([
    ['ENV sets for what follows, not for itself', ['FROM a', 'ENV X=1', 'ENV X=2 Y=$X', 'USER u'], '$X$Y', '21'],
    ['the old form of ENV', ['FROM a', 'ENV X a  b', 'USER u'], '$X', 'a  b'],
    ['ENV before the instruction only', ['FROM a', 'USER u'], '$X', '?'],
    ['a default of ARG', ['FROM a', 'ARG X=1', 'USER u'], '$X', '1'],
    ['ARG with several names', ['FROM a', 'ARG X=1 Y=2', 'USER u'], '$X$Y', '12'],
    ['ARG without a default, nowhere set', ['FROM a', 'ARG X', 'USER u'], '$X', '?'],
    ['a global ARG is not seen in a stage', ['ARG X=1', 'FROM a', 'USER u'], '$X', '?'],
    ['but where the stage declares it', ['ARG X=1', 'FROM a', 'ARG X', 'USER u'], '$X', '1'],
    ['a default of the stage wins over the global one', ['ARG X=1', 'FROM a', 'ARG X=2', 'USER u'], '$X', '2'],
    ['ARG after FROM is no global one', ['FROM a', 'ARG X=1', 'FROM b', 'ARG X', 'USER u'], '$X', '?'],
    ['ENV after ARG wins', ['FROM a', 'ARG X=1', 'ENV X=2', 'USER u'], '$X', '2'],
    ['ARG with a default after ENV wins, as in BuildKit', ['FROM a', 'ENV X=2', 'ARG X=1', 'USER u'], '$X', '1'],
    ['ARG without one does not', ['FROM a', 'ENV X=2', 'ARG X', 'USER u'], '$X', '2'],
    ['ENV by an ARG', ['FROM a', 'ARG V=1.2', 'ENV X=v$V', 'USER u'], '$X', 'v1.2'],
    ['what is made of an unknown is unknown', ['FROM a', 'ENV X=$BASE/bin', 'USER u'], '$X', '?'],
    ['platform arguments are not known', ['FROM a', 'ARG TARGETARCH', 'USER u'], '$TARGETARCH', '?'],
    ['a default of a platform argument', ['FROM a', 'ARG TARGETARCH=arm64', 'USER u'], '$TARGETARCH', 'arm64'],
    ['ENV of a parent stage', ['FROM a AS p', 'ENV X=1', 'FROM p', 'USER u'], '$X', '1'],
    ['ARG of a parent stage', ['FROM a AS p', 'ARG X=1', 'FROM p', 'USER u'], '$X', '1'],
    ['ENV is set again where a child begins', ['FROM a AS p', 'ENV X=1', 'ARG X=2', 'FROM p', 'USER u'], '$X', '1'],
    ['nothing of another stage', ['FROM a AS p', 'ENV X=1', 'FROM b', 'USER u'], '$X', '?'],
    ['names are case-sensitive', ['FROM a', 'ENV x=1', 'USER u'], '$X', '?'],
    ['single quotes keep a dollar', ['FROM a', "ENV X='$Y'", 'USER u'], '$X', '$Y'],
    ['an escaped dollar', ['FROM a', 'ENV X=\\$Y', 'USER u'], '$X', '$Y'],
    ['the escape character of the file', ['# escape=`', 'FROM a', 'ENV X=`$Y Z=C:\\d', 'USER u'], '$X $Z', '$Y C:\\d'],
  ])('%s', (_, lines, word, value) => {
    expect(expanded(lines, word)).toBe(value);
  });
});

describe('variables in FROM', () => {
  const base = (...lines: string[]): string | undefined => {
    const file = new Dockerfile(lines.join('\n'));
    return file.baseReference(file.stages.at(-1)!);
  };
  test.each([
    ['a global default', ['ARG T=1', 'FROM a:$T'], 'a:1'],
    ['a default by another', ['ARG V=1', 'ARG T=$V-slim', 'FROM a:$T'], 'a:1-slim'],
    ['the last one counts', ['ARG T=1', 'ARG T=2', 'FROM a:$T'], 'a:2'],
    ['a later one without a default takes nothing away', ['ARG T=1', 'ARG T', 'FROM a:$T'], 'a:1'],
    ['an argument of the stage before is not seen', ['FROM x', 'ARG T=1', 'FROM a${T}'], 'a'],
    ['a default in place', ['FROM a:${T:-3}'], 'a:3'],
    ['an alternative in place', ['ARG T=1', 'FROM a${T:+:b}'], 'a:b'],
    ['a trimmed value', ['ARG T=1.2.3', 'FROM a:${T%.*}'], 'a:1.2'],
    ['a replaced value', ['ARG T=1.2.3', 'FROM a:${T//./-}'], 'a:1-2-3'],
    ['a platform argument', ['FROM a:$TARGETARCH'], undefined],
    ['a platform argument, declared', ['ARG TARGETARCH', 'FROM a:$TARGETARCH'], undefined],
    ['a platform argument with a default', ['ARG TARGETARCH=arm64', 'FROM a:$TARGETARCH'], 'a:arm64'],
    ['a value that has to be set', ['FROM a:${T:?needed}'], undefined],
    ['an empty base', ['ARG T', 'FROM $T'], undefined],
  ])('%s', (_, lines, expected) => {
    expect(base(...lines)).toBe(expected);
  });
});

describe('stages', () => {
  const file = new Dockerfile('FROM a AS One\nFROM one AS two\nFROM ONE\nFROM two AS one\nCOPY --from=0 x y\n');

  test('a base names an earlier stage by its lower-cased name', () => {
    expect(file.stages.map((stage) => stage.parent?.index)).toEqual([undefined, 0, undefined, 1]);
  });
  test('a name of COPY --from is found in any case, the last stage of a name, by index for COPY only', () => {
    expect(file.stageByName('ONE', { byIndex: true })?.index).toBe(3);
    expect(file.stageByName('0', { byIndex: true })?.index).toBe(0);
    expect(file.stageByName('0', { byIndex: false })).toBeUndefined();
    expect(file.stageByName('9', { byIndex: true })).toBeUndefined();
  });
  test('descendants and root', () => {
    expect(file.descendants(file.stages[0]!).map((stage) => stage.index)).toEqual([1, 3]);
    expect(file.rootStage(file.stages[3]!).index).toBe(0);
  });
  test('the SHELL in force is that of the stage, else of its parents', () => {
    const shells = new Dockerfile(
      'FROM a AS p\nRUN 1\nSHELL ["bash", "-c"]\nRUN 2\nFROM p\nRUN 3\nSHELL ["sh", "-c"]\nRUN 4\nFROM b\nRUN 5',
    );
    const runs = shells.instructions.filter((each) => each.keyword === 'RUN');
    expect(runs.map((run) => shells.shellInstruction(run)?.json?.[0])).toEqual([
      undefined,
      'bash',
      'bash',
      'sh',
      undefined,
    ]);
  });
});
