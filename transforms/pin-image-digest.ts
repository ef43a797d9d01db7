import type { Dockerfile } from '../src/dockerfile/index.ts';
import { insertLinesAbove, type TextEdit } from '../src/edit/index.ts';
import { dropsUntagged } from '../src/facts/index.ts';
import { familiarName, type ImageReference, normalize } from '../src/image/index.ts';
import {
  defineTransform,
  isAvailable,
  isNamedContext,
  type ReferenceToken,
  refusalWithout,
  type WritableReference,
  writableReferences,
} from '../src/transform/index.ts';

export const pinImageDigest = defineTransform({
  id: 'pin-image-digest',
  bases: false,
  meta: {
    summary: 'Pin image references to the digests that the registry has for their tags',
    why:
      'A tag is a name that its owner moves: the same file builds another image tomorrow. With a digest the build takes ' +
      'the bytes that were reviewed, and the tag beside it tells people and update bots what to follow.',
    safety: 'safe',
    safetyNote:
      'The digest is the one that the tag has now, of the index where the image has several platforms. Nothing moves ' +
      'it later but `dockmend pins --update`, Renovate or Dependabot: configure one of them.',
    preset: 'recommended',
    since: '0.1.0',
    onbuild: true,
    // KICS takes `:latest` amiss with a digest behind it, too; and who lets hadolint's DL3006 be speaks of tags alone.
    answers: { checkov: ['CKV_DOCKER_7'] },
  },
  options: {
    style: {
      type: 'choice',
      choices: ['tag+digest', 'digest-only'],
      default: 'tag+digest',
      summary: 'Keep the tag before the digest, or move it to a comment line above (for tools that refuse both)',
    },
    ignore: {
      type: 'strings',
      default: [],
      summary: 'Images to leave alone, such as your own: names without tag, `*` stands for anything',
    },
  },
  needs: (file, { ignore }) => {
    const digests = writableReferences(file).flatMap((each) => (isUnpinned(each, ignore) ? [each.text] : []));
    return { digests, usage: digests.length > 0 };
  },
  *find({ file, facts, options }) {
    for (const each of writableReferences(file)) {
      const { span, use } = each;
      if (!('token' in each)) {
        if (isPinnedOtherwise(use.text)) continue;
        const message = `\`${use.text}\` is not pinned to a digest`;
        yield { span, message, skipped: each.refused, ...(each.detail !== undefined && { detail: each.detail }) };
        continue;
      }
      const { text, reference, instruction } = each;
      if (reference.digest !== undefined && mayBeDropped(reference)) {
        const message = `\`${normalize(reference).domain}\` deletes what no tag means any more: when \`${reference.tag}\` moves on, this digest is gone and the build fails, unless the pin is updated in time`;
        yield { span, message, report: true };
      }
      if (!isUnpinned(each, options.ignore)) continue;
      const message = `\`${text}\` can be another image tomorrow: a tag is a name that its owner moves`;
      if (isNamedContext(facts, reference)) {
        yield { span, message, skipped: 'named-context' };
        continue;
      }
      const known = facts.digest(text);
      if (!isAvailable(known)) {
        yield { span, message, ...refusalWithout(known) };
        continue;
      }
      const kind = known.kind === 'index' ? 'all its platforms' : 'its only platform';
      yield {
        span,
        message,
        fix: {
          title: `Pin \`${text}\` to its digest (${kind})`,
          safety: 'safe',
          evidence: ['registry'],
          edits: edits(file, each, known.digest, options.style),
          changes: {
            edits: instruction ? [instruction.index] : [],
            directives: use.place === 'syntax',
            ...(instruction?.onbuild && { config: ['OnBuild'] }),
          },
        },
      };
    }
  },
});

/** A digest of another algorithm pins as well, and is not rewritten. */
function isPinnedOtherwise(text: string): boolean {
  return /@sha(?:384|512):[0-9a-f]{64,}$/.test(text);
}

function isUnpinned(each: WritableReference, ignore: readonly string[]): each is ReferenceToken {
  if (!('token' in each) || each.reference.digest !== undefined) return false;
  return !isIgnored(familiarName(normalize(each.reference)), ignore);
}

/** A pin beside a tag that moves, where a registry keeps only what tags mean; a tag with a full version stays put. */
function mayBeDropped(reference: ImageReference): boolean {
  const { tag } = reference;
  return tag !== undefined && !/^v?\d+\.\d+\.\d+/.test(tag) && dropsUntagged(normalize(reference).domain);
}

function isIgnored(name: string, patterns: readonly string[]): boolean {
  return patterns.some((pattern) => {
    const source = pattern.replace(/[.+?^${}()|[\]\\]/g, '\\$&').replaceAll('*', '.*');
    return new RegExp(`^${source}$`).test(name);
  });
}

function edits(file: Dockerfile, each: ReferenceToken, digest: string, style: string): TextEdit[] {
  const { token, holds, instruction, text, reference } = each;
  const tag = reference.spans.tag;
  if (style !== 'digest-only' || !tag || !instruction || holds === 'tag' || instruction.comments.length > 0) {
    return [{ start: token.end, end: token.end, text: `@${digest}` }];
  }
  const start = token.start + tag.start - 1;
  return [insertLinesAbove(file, instruction, [`# ${text}`]), { start, end: token.end, text: `@${digest}` }];
}
