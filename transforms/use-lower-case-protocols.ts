import { defineTransform } from '../src/transform/index.ts';

export const useLowerCaseProtocols = defineTransform({
  id: 'use-lower-case-protocols',
  bases: false,
  meta: {
    summary: 'Write the protocols of EXPOSE in lower case',
    why: 'The image configuration has them in lower case; BuildKit warns of others.',
    safety: 'safe',
    safetyNote: 'BuildKit makes the same image; Buildah stored the capitals, and now stores what BuildKit does.',
    preset: 'style',
    since: '0.1.0',
    onbuild: false,
    answers: { buildkit: ['ExposeProtoCasing'] },
  },
  *find({ file }) {
    for (const instruction of file.instructions) {
      if (instruction.keyword !== 'EXPOSE' || instruction.opaque) continue;
      const { logical, index } = instruction;
      for (const word of file.words(instruction)) {
        const protocol = /^["']?[\w.:[\]${}-]+\/([A-Za-z]+)["']?$/.exec(word.text)?.[1];
        if (!protocol || !/^(?:tcp|udp|sctp)$/i.test(protocol) || protocol === protocol.toLowerCase()) continue;
        const start = word.start + word.text.lastIndexOf('/') + 1;
        const end = start + protocol.length;
        if (!logical.isContiguous(start, end)) continue;
        yield {
          span: logical.span(word.start, word.end),
          message: `The protocol of \`${word.text}\` has capitals`,
          fix: {
            title: `Write the protocol \`${protocol}\` in lower case`,
            safety: 'safe',
            evidence: ['text'],
            edits: [{ ...logical.span(start, end), text: protocol.toLowerCase() }],
            changes: { edits: [index] },
          },
        };
      }
    }
  },
});
