import { type Dockerfile, expandWord, type Instruction } from '../src/dockerfile/index.ts';
import { insertAfter } from '../src/edit/index.ts';
import { defineTransform, holdsTemplate, isAvailable, type SkipReason } from '../src/transform/index.ts';

/** A Git repository and no file (BuildKit, util/gitutil: a path that ends in `.git`, with or without a fragment). */
const repository = /\.git(?:[?#]|$)/;

/** Addresses that name no fixed content: a branch, or whatever is newest. */
const moving =
  /(?:^|[/._-])(?:latest|master|main|trunk|head|nightly|snapshots?|edge|stable|current|develop)(?=[/._-]|$)/i;

/**
 * Archives that a forge makes when they are asked for, whose bytes it does not promise (GitHub documents the stability
 * of release assets alone: docs.github.com, "Downloading source code archives").
 */
const generated = /\/(?:archive\/|-\/archive\/|tarball\/|zipball\/)|^https:\/\/codeload\.github\.com\//;

/** A version, a date or a hash: the address of one content. */
const versioned = /\d+[._]\d+|(?:^|[/_-])v?\d+(?=[/._-]|$)|\b[0-9a-f]{12,64}\b/i;

interface RemoteAdd {
  readonly instruction: Instruction;
  /** The address with its variables expanded, or why it is not one address. */
  readonly url: string | SkipReason;
}

function* remoteAdds(file: Dockerfile): Generator<RemoteAdd> {
  for (const instruction of file.instructions) {
    if (instruction.opaque || instruction.keyword !== 'ADD') continue;
    if (instruction.flags.some((flag) => flag.name === 'checksum')) continue;
    const words = instruction.json ?? file.words(instruction).map((word) => word.text);
    const sources = words.slice(0, -1);
    if (!sources.some((source) => /^["']?https?:\/\//i.test(source) && !repository.test(source))) continue;
    yield {
      instruction,
      url: holdsTemplate(instruction.logical.text) ? 'template-text' : oneAddress(file, instruction, sources),
    };
  }
}

function oneAddress(file: Dockerfile, instruction: Instruction, sources: readonly string[]): string | SkipReason {
  const [source, second] = sources;
  if (source === undefined || second !== undefined) return 'several-downloads';
  const names = new Set<string>();
  const expanded = expandWord(source, file.escape, (name) => {
    names.add(name);
    return file.lookup(instruction)(name);
  });
  // A build argument is there to be given another value, which the checksum would refuse.
  const fromArgument = file.instructions.some(
    (each) => each.keyword === 'ARG' && file.words(each).some(({ text }) => names.has(text.replace(/=.*$/s, ''))),
  );
  if (!expanded.ok || fromArgument) return 'download-variable';
  const url = expanded.value;
  if (!URL.canParse(url)) return 'download-variable';
  const { username, password, hash } = new URL(url);
  if (username !== '' || password !== '') return 'download-credentials';
  if (hash !== '') return 'download-variable';
  if (generated.test(url)) return 'download-generated';
  const path = url.replace(/^https?:\/\/[^/]*/i, '').replace(/[?].*$/, '');
  return moving.test(path) || !versioned.test(path) ? 'download-moves' : url;
}

/** Whether the frontend that a file asks for knows `ADD --checksum`: docker/dockerfile does since 1.6. */
function frontendKnows(file: Dockerfile): boolean {
  const syntax = file.directives.find((each) => each.name === 'syntax')?.value;
  if (syntax === undefined) return true;
  const match = /^(?:docker\.io\/)?docker\/dockerfile(?::([\w.-]+))?(?:@\S+)?$/.exec(syntax);
  if (!match) return false;
  const [, major, minor] = /^(\d+)(?:\.(\d+))?/.exec(match[1] ?? '1') ?? [];
  if (major === undefined) return /^(?:latest|labs|master)/.test(match[1] ?? '');
  return Number(major) > 1 || (Number(major) === 1 && (minor === undefined || Number(minor) >= 6));
}

const message =
  'Whatever the server answers goes into the image: with a checksum, the build stops when that is not what it was';

export const addChecksumToRemoteAdd = defineTransform({
  id: 'add-checksum-to-remote-add',
  meta: {
    summary: 'Add the checksum of what is fetched now to ADD of a URL',
    why: 'A server, or someone on the way to it, can answer with other content tomorrow. `--checksum` holds the build to what was seen when the checksum was written.',
    safety: 'unsafe',
    safetyNote:
      'The file is fetched once, without credentials, and its hash written down: it is not known to be the right one, only the one of today. Needs docker/dockerfile 1.6, which Docker 25 has built in. Addresses whose content changes with every release are refused.',
    preset: 'recommended',
    since: '0.1.0',
    onbuild: false,
    answers: {},
  },
  needs(file) {
    if (!frontendKnows(file)) return {};
    return { downloads: [...remoteAdds(file)].flatMap(({ url }) => (isAddress(url) ? [url] : [])) };
  },
  *find({ file, facts }) {
    for (const { instruction, url } of remoteAdds(file)) {
      const { span, index, keywordEnd } = instruction;
      if (!isAddress(url)) {
        yield { span, message, skipped: url };
        continue;
      }
      if (!frontendKnows(file)) {
        yield { span, message, skipped: 'syntax-too-old' };
        continue;
      }
      const found = facts.download(url);
      if (!isAvailable(found)) {
        yield { span, message, skipped: 'download-unavailable', detail: found.unavailable };
        continue;
      }
      yield {
        span,
        message,
        fix: {
          title: `Add the checksum of the ${found.bytes} bytes that are fetched now`,
          safety: 'unsafe',
          evidence: ['registry'],
          edits: [insertAfter(instruction, keywordEnd, ` --checksum=sha256:${found.sha256}`)],
          changes: { edits: [index] },
        },
      };
    }
  },
});

function isAddress(url: string | SkipReason): url is string {
  return /^https?:\/\//i.test(url);
}
