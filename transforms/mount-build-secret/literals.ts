import type { Dockerfile } from '../../src/dockerfile/index.ts';
import type { Secret } from '../../src/secrets/index.ts';
import { type Facts, type Finding, shellBody } from '../../src/transform/index.ts';
import { mentions, variablesRead } from './reads.ts';

/** Reports about secrets whose values stand in the file: no edit takes those back. */
export function* literalFindings(file: Dockerfile, facts: Facts, secrets: readonly Secret[]): Generator<Finding> {
  for (const secret of secrets) {
    if (!secret.literal) continue;
    const { instruction, span, place, kind, name, certain } = secret;
    const what = name === undefined ? `a ${kind}` : `\`${name}\``;
    if (!certain) {
      if (place !== 'environment' || name === undefined) continue;
      const report = `\`${name}\` has a value that everyone knows, and every container starts with it: give containers their own, as with \`docker run --env ${name}\``;
      yield {
        span: instruction.logical.span(instruction.start, instruction.keywordEnd),
        message: report,
        report: true,
      };
      continue;
    }
    const keyword = (instruction.onbuild ?? instruction).keyword;
    const holds =
      name === undefined ? `\`${keyword}\` holds ${what}` : `\`${keyword}\` sets ${what} to a value that stands here`;
    const message = `${holds}, so that everyone with the repository or the image has it: rotate it, and ${instead(file, facts, secret)}`;
    // The place of the value, and never the value.
    yield {
      span:
        place === 'text' || place === 'command'
          ? span
          : instruction.logical.span(instruction.start, instruction.keywordEnd),
      message,
      report: true,
    };
  }
}

function instead(file: Dockerfile, facts: Facts, { place, name }: Secret): string {
  if (place === 'label') return 'leave it out of the labels';
  if (name === undefined) return 'give the new one to this step as a secret mount (`RUN --mount=type=secret`)';
  const readers = file.instructions.filter(({ keyword }) => /^(?:CMD|ENTRYPOINT|HEALTHCHECK)$/.test(keyword));
  const runs = file.instructions.filter((each) => {
    if (each.keyword !== 'RUN') return false;
    const body = shellBody(file, each, facts);
    return typeof body === 'object' ? variablesRead(body.script).has(name) : mentions(each.logical.text, [name]);
  });
  const build =
    runs.length > 0 ? `to the \`RUN\` in line ${runs.map((each) => each.startLine).join(', ')} as a secret mount` : '';
  const atStart = readers.filter((each) => mentions(each.logical.text, [name])).map(({ keyword }) => `\`${keyword}\``);
  if (place === 'argument') return `give the new one ${build || 'to the steps that need it as a secret mount'}`;
  const who = atStart.length > 0 ? `, where ${[...new Set(atStart)].join(' and ')} reads it` : '';
  const run = `to containers when they start (\`docker run --env ${name}\`, or a file that is mounted)${who}`;
  return `give the new one ${build ? `${build}, and ` : ''}${run}`;
}
