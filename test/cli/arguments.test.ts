import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readArguments } from '../../src/cli/arguments.ts';
import { plainArguments } from '../../src/cli/plain-arguments.ts';
import { optionUsage } from '../../src/cli/usage.ts';
import { yargsArguments } from '../../src/cli/yargs-arguments.ts';

const version = (): string => '1.2.3';

async function failure(argv: readonly string[]): Promise<string> {
  try {
    await readArguments(argv, version);
  } catch (error) {
    if ((error as Error).name === 'UsageError') return (error as Error).message;
    throw error;
  }
  return 'no error';
}

describe('a mistyped command line', () => {
  test.each([
    [['--wirte'], 'unknown option --wirte; did you mean `--write`'],
    [['--write', '--formta', 'json'], 'unknown option --formta; did you mean `--format`'],
    [['-x'], 'unknown option -x; --help shows them all'],
    [['--no-such-thing-at-all'], 'unknown option --such-thing-at-all; --help shows them all'],
    [['--format', 'yaml'], '--format takes terminal, diff, json, sarif, github, rdjson, gitlab, not "yaml"'],
    [['--preset=none'], '--preset takes recommended, style, all, not "none"'],
    [['--only'], '--only takes a value'],
    [['--only', ','], '--only takes the id of a transform'],
    [['--config', '--write'], '--config takes a value'],
    [['--write', '--check'], '--write and --check exclude each other'],
    [['--quiet', '--verbose'], '--quiet and --verbose exclude each other'],
    [['-', 'Dockerfile'], '- is standard input, and stands alone'],
    [['--run-env', 'A=1'], '--run-env is about builds: --verify or --observe makes them'],
    [['--verify=run', '--run-env', 'postgres://app:hunter22@db/x'], '--run-env takes NAME=value, or NAME'],
    [['--verify=run', '--run-network', ''], '--run-network takes a value'],
    [['explain'], 'explain takes the id of a transform'],
    [['list', 'this'], 'unexpected word "this"'],
  ])('%j', async (argv, expected) => {
    expect(await failure(argv)).toBe(expected);
  });
});

describe('a command line', () => {
  const read = async (argv: readonly string[]): Promise<object> => {
    const found = await readArguments(argv, version);
    return found.command === 'fix' ? found.fix : found;
  };

  test('words, flags and lists', async () => {
    expect(await read(['a', '--only', 'x,y', '--only', 'z', '-wq', 'b'])).toMatchObject({
      paths: ['a', 'b'],
      only: ['x', 'y', 'z'],
      write: true,
      quiet: true,
      unsafe: undefined,
      config: undefined,
    });
    expect(await read(['--no-config', '--no-unsafe'])).toMatchObject({ config: false, unsafe: false, paths: [] });
    expect(await read(['--config=c.yaml', '--', '--write'])).toMatchObject({
      config: 'c.yaml',
      paths: ['--write'],
      write: false,
    });
    expect(await read(['-', '--write'])).toMatchObject({ stdin: true, write: true, paths: [] });
    expect(await read(['007', '0x10'])).toMatchObject({ paths: ['007', '0x10'] });
  });

  test('commands, help and version', async () => {
    expect(await read(['list'])).toEqual({ command: 'list' });
    expect(await read(['explain', 'x'])).toEqual({ command: 'explain', id: 'x' });
    expect(await read(['--version'])).toEqual({ command: 'text', text: '1.2.3\n' });
    const help = (await read(['--help'])) as { text: string };
    for (const name of Object.keys(optionUsage)) expect(help.text).toContain(`--${name}`);
  });

  test('what is sorted without yargs is sorted as yargs does', async () => {
    const names = Object.keys(optionUsage).map((name) => `--${name}`);
    const word = fc.constantFrom(...names, '-w', '-q', '-v', 'a', 'b/c', '-', 'x y', 'set-pipefail,b', '7', 'style');
    await fc.assert(
      fc.asyncProperty(fc.array(word, { maxLength: 6 }), async (argv) => {
        const plain = plainArguments(argv);
        if (plain) expect(await yargsArguments(argv, version)).toEqual(plain);
      }),
      { numRuns: 150 },
    );
  });
});
