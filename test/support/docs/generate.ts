import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { answerLines, optionType } from '../../../src/cli/index.ts';
import { configSchema, keys } from '../../../src/config/index.ts';
import { fix } from '../../../src/engine/index.ts';
import { reportSchema, unifiedDiff } from '../../../src/report/index.ts';
import type { Transform } from '../../../src/transform/index.ts';
import { listFindings, readFixtureCase } from '../testing.ts';

/** Every generated file, by its path below the root of the project, with its text. */
export function generatedFiles(root: string, transforms: readonly Transform[]): Map<string, string> {
  const files = new Map<string, string>();
  for (const transform of transforms) files.set(`docs/transforms/${transform.id}.md`, page(root, transform));
  files.set('docs/transforms/README.md', `# Transforms\n\n${table(transforms, '')}`);
  files.set('schema/dockmend.schema.json', json(configSchema(transforms)));
  files.set('schema/report.schema.json', json(reportSchema()));
  files.set('README.md', readme(root, transforms));
  return files;
}

function json(value: object): string {
  return `${JSON.stringify(value, undefined, 2)}\n`;
}

function page(root: string, transform: Transform): string {
  const { id, meta, options = {} } = transform;
  const sections = [
    `# ${id}`,
    meta.summary,
    `| Preset | Safety | Since | Looks inside \`ONBUILD\` |\n|---|---|---|---|\n| ${meta.preset} | ${meta.safety} | ${meta.since} | ${meta.onbuild ? 'yes' : 'no'} |`,
    `## Why\n\n${meta.why}`,
    `## What it may change\n\n${meta.safetyNote}`,
    `## Example\n\n${example(root, transform)}`,
  ];
  const rows = Object.entries(options).map(
    ([name, option]) =>
      `| \`${name}\` | ${escapePipes(optionType(option))} | \`${JSON.stringify(option.default)}\` | ${escapePipes(option.summary)} |`,
  );
  if (rows.length > 0) {
    sections.push(`## Options\n\n| Option | Takes | Default | What it is for |\n|---|---|---|---|\n${rows.join('\n')}`);
  }
  const answers = answerLines(meta.answers);
  if (answers.length > 0) {
    const lines = answers.map((line) => `- ${line}`).join('\n');
    sections.push(
      `## Rules of other tools\n\nIt resolves these, and honours the comments that silence them:\n\n${lines}`,
    );
  }
  sections.push(
    `## Turning it off\n\n\`\`\`dockerfile\n# dockmend ignore=${id} reason=...\n\`\`\`\n\nabove an instruction, or for the whole project in \`.dockmend.yaml\`:\n\n\`\`\`yaml\ntransforms:\n  ${id}: false\n\`\`\``,
  );
  return `${sections.join('\n\n')}\n`;
}

/** The example fixture as a diff, with its findings. */
function example(root: string, transform: Transform): string {
  const fixture = readFixtureCase(join(root, 'fixtures', transform.id), 'example');
  const { source, facts, options } = fixture;
  const settings = {
    transforms: [transform],
    facts,
    choice: { safety: 'unsafe', accept: [transform.id] },
    options: { [transform.id]: options },
  } as const;
  const { output, files } = fix(source, settings);
  const diff = unifiedDiff({ path: 'Dockerfile', before: source, after: output }).split('\n').slice(3).join('\n');
  const findings = listFindings(source, settings);
  const shown = output === source ? `\`\`\`dockerfile\n${source}\`\`\`` : `\`\`\`diff\n${diff}\`\`\``;
  const beside = files.map((file) => `\`\`\`diff\n${unifiedDiff(file)}\`\`\``);
  return [shown, ...beside, `\`\`\`text\n${findings}\`\`\``].join('\n\n');
}

function table(transforms: readonly Transform[], folder: string): string {
  const rows = transforms.map(({ id, meta }) => {
    const rules = answerLines(meta.answers)
      .map((line) => escapePipes(line.replace(/: .*?(?=$)/, (list) => (list.length > 60 ? '' : list))))
      .join('; ');
    return `| [${id}](${folder}${id}.md) | ${escapePipes(meta.summary)} | ${meta.safety} | ${meta.preset} | ${rules} |`;
  });
  return `| Transform | What it does | Least safe fix | Preset | Answers |\n|---|---|---|---|---|\n${rows.join('\n')}\n`;
}

function escapePipes(text: string): string {
  return text.replaceAll('|', '\\|');
}

/** The README with its generated regions made anew; the text around them is written by hand. */
function readme(root: string, transforms: readonly Transform[]): string {
  const regions: Readonly<Record<string, () => string>> = {
    transforms: () => table(transforms, 'docs/transforms/'),
    session: () => `\`\`\`text\n$ dockmend -i${session(root)}\`\`\`\n`,
    'before-after': () => `\`\`\`diff\n${beforeAfter(root, transforms)}\`\`\`\n`,
    keys: () =>
      `| Key | What it is for |\n|---|---|\n${Object.entries(keys)
        .map(([name, key]) => `| \`${name}\` | ${escapePipes(key.summary)} |`)
        .join('\n')}\n`,
  };
  const text = readFileSync(join(root, 'README.md'), 'utf8');
  return text.replace(
    /(<!-- generated: ([a-z-]+) -->\n)[\s\S]*?(<!-- end -->)/g,
    (_, open: string, name: string, close: string) => {
      const region = regions[name];
      if (!region) throw new Error(`README.md has an unknown region ${name}`);
      return `${open}${region()}${close}`;
    },
  );
}

/** What the default run makes of one file of the combined fixtures. */
function beforeAfter(root: string, transforms: readonly Transform[]): string {
  const name = 'node-service';
  const { source, facts } = readFixtureCase(join(root, 'fixtures', '_combined'), name);
  const chosen = transforms.filter((each) => each.meta.preset === 'recommended');
  const { output } = fix(source, { transforms: chosen, facts });
  return unifiedDiff({ path: 'Dockerfile', before: source, after: output });
}

/** The interactive session that a test records at a real terminal, without what the test adds to it. */
function session(root: string): string {
  const text = readFileSync(join(root, 'test/cli/interactive-session.txt'), 'utf8');
  return text.replace(/^\n+/, '\n').replace(/EXIT \d+\n$/, '');
}
