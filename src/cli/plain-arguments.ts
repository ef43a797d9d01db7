import { commandNames, type OptionName, type OptionUsage, optionUsage, type TypedArguments } from './usage.ts';

const names = new Map<string, OptionName>();
for (const [name, usage] of Object.entries(optionUsage) as [OptionName, OptionUsage][]) {
  names.set(`--${name}`, name);
  if (usage.alias) names.set(`-${usage.alias}`, name);
}

/**
 * Sorts a command line of plain words and known options without loading yargs, which would cost more than the main job
 * on a small file. Undefined for everything else (help, commands, mistakes), which yargs then judges.
 */
export function plainArguments(argv: readonly string[]): TypedArguments | undefined {
  if (argv.length === 1 && argv[0] === 'list') return { command: 'list', words: [], options: {} };
  const words: string[] = [];
  const options: Partial<Record<OptionName, boolean | string | string[]>> = {};
  for (let at = 0; at < argv.length; at++) {
    const word = argv[at]!;
    if (word === '-' || !word.startsWith('-')) {
      if (words.length === 0 && (commandNames as readonly string[]).includes(word)) return undefined;
      // Yargs takes the quotes around a word away, and an empty one for a value.
      if (word === '' || /["']/.test(word)) return undefined;
      words.push(word);
      continue;
    }
    const name = names.get(word);
    if (name === undefined) return undefined;
    const { type } = optionUsage[name];
    if (type === 'boolean') {
      // `--write true` means a value to yargs.
      if (options[name] !== undefined || /^(?:true|false)$/.test(argv[at + 1] ?? '')) return undefined;
      options[name] = true;
      continue;
    }
    const value = argv[++at];
    if (value === undefined || value.startsWith('-') || value === '' || /["']/.test(value)) return undefined;
    if (type === 'list' || type === 'values') {
      options[name] = [...((options[name] as string[] | undefined) ?? []), value];
    } else if (options[name] !== undefined) return undefined;
    else options[name] = value;
  }
  return { command: undefined, words, options };
}
