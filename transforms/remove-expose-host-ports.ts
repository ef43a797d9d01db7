import { defineTransform } from '../src/transform/index.ts';

const port = String.raw`(?:\d+|\$\w+|\$\{\w+\})`;
const range = `${port}(?:-${port})?`;
/** `ip:host:container`, `host:container` and `ip::container`, each perhaps with a protocol. */
const mapping = new RegExp(
  String.raw`^((?:\d+\.\d+\.\d+\.\d+|\[[0-9A-Fa-f:.]+\]):(?:${range})?:|${range}:)(${range})(?:/(?:tcp|udp|sctp))?$`,
  'i',
);

export const removeExposeHostPorts = defineTransform({
  id: 'remove-expose-host-ports',
  bases: false,
  meta: {
    summary: 'Remove addresses and host ports from EXPOSE',
    why: 'EXPOSE says which ports of the container are listened on; it maps none. Builders drop the rest, and will make an error of it.',
    safety: 'safe',
    safetyNote:
      'BuildKit makes the same image, with the port of the container alone; Buildah stored the text as it was, and now stores what BuildKit does.',
    preset: 'style',
    since: '0.1.0',
    onbuild: false,
    answers: { buildkit: ['ExposeInvalidFormat'] },
  },
  *find({ file }) {
    for (const instruction of file.instructions) {
      if (instruction.keyword !== 'EXPOSE' || instruction.opaque) continue;
      const { logical, index } = instruction;
      for (const word of file.words(instruction)) {
        const match = mapping.exec(word.text);
        if (!match || !fits(match[1]!, match[2]!)) continue;
        const end = word.start + match[1]!.length;
        if (!logical.isContiguous(word.start, word.end)) continue;
        yield {
          span: logical.span(word.start, word.end),
          message: `\`EXPOSE\` maps no ports: of \`${word.text}\` the part before the last colon has no effect`,
          fix: {
            title: `Write \`${word.text}\` as \`${word.text.slice(match[1]!.length)}\``,
            safety: 'safe',
            evidence: ['text'],
            edits: [{ ...logical.span(word.start, end), text: '' }],
            changes: { edits: [index] },
          },
        };
      }
    }
  },
});

/** A range of container ports needs a host range of its length: else it is an error today, which a fix would hide. */
function fits(host: string, container: string): boolean {
  if (!container.includes('-')) return true;
  const ports = host.replace(/:$/, '').split(':').at(-1)!;
  return ports === '' || ports === container || (/^[\d-]+$/.test(ports + container) && span(ports) === span(container));

  function span(range: string): number {
    const [from, to] = range.split('-').map(Number);
    return (to ?? from!) - from!;
  }
}
