import {
  defineTransform,
  isAvailable,
  isNamedContext,
  type ReferenceToken,
  refusalWithout,
  type WritableReference,
  writableReferences,
} from '../src/transform/index.ts';

export const replaceLatestTag = defineTransform({
  id: 'replace-latest-tag',
  bases: false,
  meta: {
    summary: 'Replace `latest`, or no tag, with the version tag that has the same digest',
    why: 'A version says what the image is and what an update would change; `latest` says neither.',
    safety: 'safe',
    safetyNote:
      'The version tag has the same digest now, so the build takes the same image. Later it follows that version and not `latest`.',
    preset: 'recommended',
    since: '0.1.0',
    onbuild: true,
    answers: {
      hadolint: ['DL3006', 'DL3007'],
      trivy: ['DS-0001'],
      checkov: ['CKV_DOCKER_7'],
      kics: ['9efb0b2d-89c9-41a3-91ca-dcc0aec911fd', 'f45ea400-6bbe-4501-9fc7-1c3d75c32067'],
    },
  },
  needs: (file) => ({
    versions: writableReferences(file).flatMap((each) => (isLatest(each) ? [each.text] : [])),
    usage: writableReferences(file).some(isLatest),
  }),
  *find({ file, facts }) {
    for (const each of writableReferences(file)) {
      if (!isLatest(each)) continue;
      const { span, text, reference, token, holds, instruction } = each;
      const message = `\`${text}\` names no version: what it is changes with every release`;
      if (isNamedContext(facts, reference)) {
        yield { span, message, skipped: 'named-context' };
        continue;
      }
      const known = facts.version(text);
      if (!isAvailable(known)) {
        yield { span, message, ...refusalWithout(known) };
        continue;
      }
      if (known.tag === undefined) {
        yield { span, message, skipped: 'no-version-tag' };
        continue;
      }
      const written = reference.tag !== undefined;
      const start = holds === 'tag' || !written ? token.start : token.start + reference.spans.tag!.start - 1;
      const edit =
        holds === 'tag'
          ? { start, end: token.end, text: known.tag }
          : { start: written ? start : token.end, end: token.end, text: `:${known.tag}` };
      yield {
        span,
        message,
        fix: {
          title: `Replace \`${text}\` with version \`${known.tag}\`, which has the same digest`,
          safety: 'safe',
          evidence: ['registry'],
          edits: [edit],
          changes: { edits: [instruction!.index], ...(instruction!.onbuild && { config: ['OnBuild'] }) },
        },
      };
    }
  },
});

/** The directive `# syntax=` is left alone: its moving major tags are what its maintainers advise. */
function isLatest(each: WritableReference): each is ReferenceToken {
  if (!('token' in each) || each.use.place === 'syntax' || each.reference.digest !== undefined) return false;
  return each.reference.tag === undefined || each.reference.tag === 'latest';
}
