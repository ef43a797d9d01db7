import { resolveLink, writtenPath } from '../layer/index.ts';
import type { Difference } from './compare.ts';
import { pathMatcher } from './globs.ts';
import type { Image, ImageNode } from './image.ts';
import { packagesOf } from './packages.ts';

/**
 * What packages and the makers of base images answer for, and what is brought for several systems at once: Python's
 * modules for libraries that slim images lack (docker-library/python, its Dockerfiles), prebuilt addons of Node, and what
 * Java has for screens and sound.
 */
const ofOthers = pathMatcher([
  '/{bin,sbin,lib,lib32,lib64,libx32,etc,var,run,boot}/**',
  '/usr/{bin,sbin,lib,lib32,lib64,libexec,libx32,share,include,games,src}/**',
  '/**/lib-dynload/**',
  '/**/prebuilds/**',
  '/**/lib{awt_xawt,jawt,jsound,splashscreen}.so',
  '/**/node_modules/.bin/**',
]);

/** What containers have that is not in images. */
const made = /^(?:dev|proc|sys|run|tmp|var\/run|var\/tmp)(?:\/|$)/;

/** The bundles of certificates that programs look for (Go, `crypto/x509/root_linux.go`; OpenSSL's and GnuTLS's defaults). */
const bundles = [
  'etc/ssl/certs/ca-certificates.crt',
  'etc/pki/tls/certs/ca-bundle.crt',
  'etc/ssl/ca-bundle.pem',
  'etc/pki/tls/cacert.pem',
  'etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem',
  'etc/ssl/cert.pem',
];

/**
 * What of the application worked before, and cannot in an image that may have lost any file: libraries that its programs
 * are loaded with, certificates for those with TLS, and where its links lead. A run sees these only when it comes by.
 * What scripts are run by is told where the base is the same: packages of languages bring scripts for other systems.
 */
export function* brokenParts(before: Image, after: Image, isSameBase: boolean): Generator<Difference> {
  yield* lostStart(before, after);
  const names = [namesIn(before), namesIn(after)] as const;
  const known = new Set([...before.files.values()].flatMap(({ needed, hash }) => (needed && hash) || []));
  let secure = false;
  for (const [path, node] of after.files) {
    const subject = `/${path}`;
    if (ofOthers(subject)) continue;
    const was = before.files.get(path);
    if (node.needed && (was?.needed || known.has(node.hash ?? ''))) {
      const lost = node.needed.filter((name) => names[0].has(name) && !names[1].has(name));
      for (const name of lost) yield { subject, what: `needs ${name}, which is gone`, aspect: 'library' };
      secure ||= node.needed.some((name) => /^lib(?:ssl|gnutls|curl)[.-]/.test(name));
    }
    const lost = isSameBase ? (node.runBy ?? []).filter((name) => names[0].has(name) && !names[1].has(name)) : [];
    for (const name of lost) yield { subject, what: `is run by ${name}, which is gone`, aspect: 'interpreter' };
    if (node.type === 'symlink' && was?.type === 'symlink' && leads(before, path) && !leads(after, path)) {
      yield { subject, what: `leads to ${node.target}, which is gone`, aspect: 'dangling' };
    }
  }
  const hasBundle = ({ files }: Image): boolean => bundles.some((path) => files.has(path));
  const isInstalled = packagesOf(after).has('ca-certificates');
  if ((secure || isInstalled) && hasBundle(before) && !hasBundle(after)) {
    const who = secure ? 'programs that use TLS are there' : '`ca-certificates` is installed';
    yield { subject: `/${bundles[0]}`, what: `is gone, and ${who}`, aspect: 'certificates' };
  }
}

/** Programs that the image is started or checked with, and that are gone. */
function* lostStart(before: Image, after: Image): Generator<Difference> {
  const { Entrypoint, Cmd, Healthcheck } = after.config;
  const { Test: [kind, ...words] = [] } = (Healthcheck ?? {}) as { readonly Test?: readonly string[] };
  const commands: Readonly<Record<string, readonly string[]>> = {
    Entrypoint,
    // With an entry point these are its arguments.
    Cmd: Entrypoint.length > 0 ? [] : Cmd,
    Healthcheck: kind === 'CMD-SHELL' ? ['sh', '-c', ...words] : kind === 'CMD' ? words : [],
  };
  for (const [subject, command] of Object.entries(commands)) {
    for (const word of startedBy(command)) {
      const had = programAt(before, word);
      if (had === undefined || programAt(after, word) !== undefined) continue;
      yield { subject, what: `starts \`${word}\`, which is gone (/${had})`, aspect: `program ${word}` };
    }
  }
}

/** The program of a command, and where that is a shell what it is told to start, as far as the words alone say. */
function startedBy([program, ...words]: readonly string[]): string[] {
  if (program === undefined) return [];
  const script = /(?:^|\/)\w*sh$/.test(program) && /^-\w*c$/.test(words.at(-2) ?? '') ? words.at(-1)! : '';
  const started = script.split(/[;&|()\n]+/).map((each) =>
    each
      .trim()
      .split(/\s+/)
      .find((word) => word !== 'exec' && !/^\w+=/.test(word)),
  );
  return [...new Set([program, ...started.filter((each) => each !== undefined && each !== '')])] as string[];
}

/** Where a word leads to a file that may be run, along the search path. */
function programAt(image: Image, word: string): string | undefined {
  const path = image.config.Env.PATH ?? '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';
  const linkAt = (at: string): string | undefined => image.files.get(at)?.target;
  const places = word.includes('/')
    ? word.startsWith('/')
      ? [word]
      : []
    : path.split(':').map((each) => `${each}/${word}`);
  return places
    .map((place) => writtenPath(place.split('/').filter(Boolean).join('/'), linkAt))
    .find((at) => {
      const node = image.files.get(at);
      return node?.type === 'symlink' ? leads(image, at) : node?.type === 'file' && (node.mode & 0o111) !== 0;
    });
}

function namesIn({ files }: Image): Set<string> {
  const names = new Set<string>();
  for (const [path, { type }] of files) if (type !== 'directory') names.add(path.slice(path.lastIndexOf('/') + 1));
  return names;
}

/** Whether a link leads to something, or to where only a container has something. */
function leads({ files }: Image, path: string): boolean {
  const linkAt = (at: string): string | undefined => files.get(at)?.target;
  let at = path;
  for (let links = 0; links < 40; links++) {
    const node: ImageNode | undefined = files.get(at);
    if (made.test(at)) return true;
    if (node?.type !== 'symlink') return node !== undefined;
    const folder = at.slice(0, Math.max(0, at.lastIndexOf('/')));
    at = writtenPath(resolveLink(folder, node.target ?? '').join('/'), linkAt);
    // Archives may lack entries of folders.
    if (at === '') return true;
  }
  return false;
}
