import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { chooseManifest, type ImageIndex, parseManifest, parsePlatform } from '../../src/registry/manifest.ts';
import { clientOf, failure } from '../support/registry-client.ts';
import { complain, FakeRegistry } from '../support/registry-fake.ts';
import { attestationOf, imageOf, indexOf, sha256 } from '../support/registry-images.ts';

const amd64 = imageOf({ note: 'amd64' });
const arm64 = imageOf({ architecture: 'arm64', variant: 'v8', note: 'arm64' });
const index = indexOf([amd64, arm64, attestationOf('provenance')]);
const wrong = `sha256:${'0'.repeat(64)}`;
const ociIndex = 'application/vnd.oci.image.index.v1+json';

let fake: FakeRegistry;
let registry: ReturnType<typeof clientOf>;
const ref = (name = 'acme/app:1') => `${fake.host}/${name}`;

beforeEach(async () => {
  fake = await FakeRegistry.start();
  fake.add('acme/app', ['1', 'latest'], index);
  registry = clientOf();
});

afterEach(async () => {
  await registry.close();
  await fake.stop();
});

describe('resolving a tag', () => {
  test('one HEAD with all four types gives the index digest', async () => {
    const found = await registry.resolveDigest(ref());
    expect(found).toMatchObject({ digest: index.digest, kind: 'index', mediaType: ociIndex, via: 'head' });
    expect(fake.seen).toHaveLength(1);
    expect(fake.seen[0]).toMatchObject({ method: 'HEAD' });
    expect(fake.seen[0]?.headers.authorization).toBeUndefined();
    expect(fake.seen[0]?.headers['user-agent']).toBe('dockmend');
    expect(fake.seen[0]?.headers.accept?.split(', ').sort()).toEqual([
      'application/vnd.docker.distribution.manifest.list.v2+json',
      'application/vnd.docker.distribution.manifest.v2+json',
      'application/vnd.oci.image.index.v1+json',
      'application/vnd.oci.image.manifest.v1+json',
    ]);
  });

  test('no tag means `latest`', async () => {
    expect((await registry.resolveDigest(ref('acme/app'))).digest).toBe(index.digest);
    expect(fake.seen[0]?.url.pathname).toBe('/v2/acme/app/manifests/latest');
  });

  test('51: HEAD without Docker-Content-Digest: GET, and the hash of the body', async () => {
    fake.hook = ({ method }, response) => {
      if (method !== 'HEAD') {
        response.writeHead(200, { 'content-type': ociIndex }).end(index.bytes);
        return true;
      }
      response.writeHead(200, { 'content-type': ociIndex }).end();
      return true;
    };
    expect(await registry.resolveDigest(ref())).toMatchObject({ digest: index.digest, kind: 'index', via: 'get' });
    expect(registry.requests.count({ method: 'GET' })).toBe(1);
  });

  test('51: a header that is no sha256 digest counts as absent', async () => {
    for (const header of ['sha256:abc', 'md5:123', index.digest.toUpperCase(), `${index.digest},${index.digest}`]) {
      fake.hook = ({ method }, response) => {
        if (method !== 'HEAD') return false;
        response.writeHead(200, { 'content-type': ociIndex, 'docker-content-digest': header }).end();
        return true;
      };
      const client = clientOf();
      expect(await client.resolveDigest(ref())).toMatchObject({ digest: index.digest, via: 'get' });
      await client.close();
    }
  });

  test.each([404, 405, 400, 501])('52: HEAD answers %i while GET works', async (status) => {
    fake.hook = ({ method }, response) => {
      if (method !== 'HEAD') return false;
      response.writeHead(status).end();
      return true;
    };
    expect(await registry.resolveDigest(ref())).toMatchObject({ digest: index.digest, via: 'get' });
  });

  test('53: HEAD with no Content-Type, with parameters, in upper case', async () => {
    const types: [string | undefined, string][] = [
      [undefined, 'get'],
      ['text/plain', 'get'],
      [`${ociIndex}; charset=utf-8`, 'head'],
      [ociIndex.toUpperCase(), 'head'],
    ];
    for (const [type, via] of types) {
      fake.hook = ({ method }, response) => {
        if (method !== 'HEAD') return false;
        response.writeHead(200, { 'docker-content-digest': index.digest, ...(type && { 'content-type': type }) }).end();
        return true;
      };
      const client = clientOf();
      expect(await client.resolveDigest(ref())).toMatchObject({ digest: index.digest, mediaType: ociIndex, via });
      await client.close();
    }
  });

  test('54: a header digest that differs from the hash of the body is an error that shows both', async () => {
    fake.hook = ({ method }, response) => {
      response.writeHead(200, method === 'HEAD' ? {} : { 'docker-content-digest': wrong, 'content-type': ociIndex });
      response.end(index.bytes);
      return true;
    };
    const error = await failure(registry.resolveDigest(ref()));
    expect(error).toMatchObject({ kind: 'untrusted', reference: ref(), host: fake.host });
    expect(error.message).toContain(wrong);
    expect(error.message).toContain(index.digest);
  });

  test('54: a digest that was asked for is the digest that must come back', async () => {
    fake.hook = (_, response) => {
      response.writeHead(200, { 'docker-content-digest': wrong, 'content-type': ociIndex }).end();
      return true;
    };
    expect((await failure(registry.resolveDigest(ref(`acme/app@${index.digest}`)))).kind).toBe('untrusted');
  });

  test('55: a Content-Type that disagrees with the mediaType of the body is rejected', async () => {
    fake.hook = ({ method }, response) => {
      response.writeHead(method === 'HEAD' ? 405 : 200, {
        'content-type': 'application/vnd.docker.distribution.manifest.list.v2+json',
      });
      response.end(index.bytes);
      return true;
    };
    expect((await failure(registry.resolveDigest(ref()))).kind).toBe('untrusted');
  });

  test('61: schema1 only: refused, and the reason is named', async () => {
    const type = 'application/vnd.docker.distribution.manifest.v1+prettyjws';
    const body = JSON.stringify({ schemaVersion: 1, name: 'acme/app', tag: '1', signatures: [] });
    for (const headStatus of [200, 404]) {
      fake.hook = ({ method }, response) => {
        const status = method === 'HEAD' ? headStatus : 200;
        response.writeHead(status, { 'content-type': type, 'docker-content-digest': sha256(body) });
        response.end(method === 'HEAD' ? undefined : body);
        return true;
      };
      const client = clientOf();
      const error = await failure(client.resolveDigest(ref()));
      expect(error.kind).toBe('unsupported');
      expect(error.message).toContain('schema1');
      await client.close();
    }
  });

  test('62: a manifest of more than 4 MiB is not read to its end', async () => {
    let sent = 0;
    fake.hook = ({ method }, response) => {
      if (method === 'HEAD') {
        response.writeHead(405).end();
        return true;
      }
      response.writeHead(200, { 'content-type': ociIndex });
      const piece = Buffer.alloc(1024 * 1024, ' ');
      const more = () => {
        while (!response.destroyed && sent < 200) {
          sent++;
          if (!response.write(piece)) {
            response.once('drain', more);
            return;
          }
        }
        response.end();
      };
      more();
      return true;
    };
    expect((await failure(registry.resolveDigest(ref()))).kind).toBe('untrusted');
    expect(sent).toBeLessThan(100);
  });

  test('62: nor one that announces it', async () => {
    fake.hook = ({ method }, response) => {
      response.writeHead(method === 'HEAD' ? 405 : 200, {
        'content-type': ociIndex,
        'content-length': 5 * 1024 * 1024,
      });
      response.end(method === 'HEAD' ? undefined : Buffer.alloc(5 * 1024 * 1024));
      return true;
    };
    expect((await failure(registry.resolveDigest(ref()))).kind).toBe('untrusted');
  });

  test('what is no JSON, no manifest or not an image is told apart', async () => {
    const bodies: [string, string][] = [
      ['<html>hello</html>', 'untrusted'],
      ['null', 'untrusted'],
      ['"text"', 'untrusted'],
      ['[]', 'unsupported'],
      [JSON.stringify({ schemaVersion: 2 }), 'unsupported'],
      [JSON.stringify({ schemaVersion: 2, mediaType: 'application/vnd.cncf.thing' }), 'unsupported'],
      [JSON.stringify({ schemaVersion: 2, manifests: [], layers: [], config: {} }), 'unsupported'],
      [JSON.stringify({ schemaVersion: 2, manifests: ['x'] }), 'untrusted'],
    ];
    for (const [body, kind] of bodies) {
      fake.hook = ({ method }, response) => {
        response.writeHead(method === 'HEAD' ? 405 : 200, { 'content-type': 'application/json' });
        response.end(method === 'HEAD' ? undefined : body);
        return true;
      };
      const client = clientOf();
      expect((await failure(client.resolveDigest(ref()))).kind).toBe(kind);
      await client.close();
    }
  });

  test('a tag and a repository that are not there', async () => {
    expect(await failure(registry.resolveDigest(ref('acme/app:2')))).toMatchObject({
      kind: 'not-found',
      status: 404,
      reason: 'there is no such tag',
    });
    fake.hook = (_, response) => {
      complain(response, 404, 'name_unknown', 'repository name not known');
      return true;
    };
    const error = await failure(registry.resolveDigest(ref('none/such')));
    expect(error).toMatchObject({ kind: 'not-found', reason: 'there is no such repository, or it is hidden' });
  });

  test('49: a 404 of what may be a proxy of Docker Hub hints at `library/`, and rewrites nothing', async () => {
    fake.hook = (_, response) => {
      complain(response, 404, 'NOT_FOUND', 'artifact proxy/node:22 not found');
      return true;
    };
    const error = await failure(registry.resolveDigest(ref('proxy/node:22')));
    expect(error.advice).toContain('`proxy/library/node`');
    const paths = fake.seen.map(({ url }) => url.pathname);
    expect(new Set(paths)).toEqual(new Set(['/v2/proxy/node/manifests/22']));
    expect((await failure(registry.resolveDigest(ref('proxy/library/node:22')))).advice).toBeUndefined();
  });

  test('117: Last-Modified is kept, and the epoch is not known', async () => {
    const dates: [string, string | undefined][] = [
      ['Sat, 21 Nov 2026 04:05:06 GMT', '2026-11-21T04:05:06.000Z'],
      ['Thu, 01 Jan 1970 00:00:00 GMT', undefined],
      ['yesterday', undefined],
    ];
    for (const [header, expected] of dates) {
      fake.hook = (_, response) => {
        response.writeHead(200, {
          'content-type': ociIndex,
          'docker-content-digest': index.digest,
          'last-modified': header,
        });
        response.end();
        return true;
      };
      const client = clientOf();
      expect((await client.resolveDigest(ref())).lastModified).toBe(expected);
      await client.close();
    }
  });
});

describe('manifests', () => {
  test('56: the mediaType may be absent from the body', () => {
    const untyped = indexOf([amd64], { untyped: true });
    expect(parseManifest(untyped.bytes, ociIndex)).toMatchObject({ kind: 'index', mediaType: ociIndex });
    expect(parseManifest(untyped.bytes, undefined)).toMatchObject({ kind: 'index', mediaType: ociIndex });
    expect(parseManifest(untyped.bytes, 'application/json')).toMatchObject({ kind: 'index' });
    const image = imageOf({ untyped: true });
    expect(() => parseManifest(image.bytes, ociIndex)).toThrow('not of the type');
  });

  test('57: attestations are never chosen as a platform', () => {
    const parsed = parseManifest(index.bytes, ociIndex) as ImageIndex;
    expect(chooseManifest(parsed, parsePlatform('linux/amd64'))?.digest).toBe(amd64.digest);
    expect(chooseManifest(parsed, parsePlatform('unknown/unknown'))).toBeUndefined();
    const disguised = {
      schemaVersion: 2,
      manifests: [
        {
          mediaType: 'application/vnd.oci.image.manifest.v1+json',
          digest: arm64.digest,
          size: 1,
          platform: { os: 'linux', architecture: 'amd64' },
          annotations: { 'vnd.docker.reference.type': 'attestation-manifest' },
        },
      ],
    };
    const only = parseManifest(Buffer.from(JSON.stringify(disguised)), ociIndex) as ImageIndex;
    expect(chooseManifest(only, parsePlatform('linux/amd64'))).toBeUndefined();
  });

  test('60: several children of one os and architecture', () => {
    const children = ['v5', 'v6', 'v7'].map((variant) => imageOf({ architecture: 'arm', variant, note: variant }));
    const windows = ['10.0.17763', '10.0.20348'].map((note) => imageOf({ os: 'windows', note }));
    const [v5, v6, v7] = children;
    const parsed = parseManifest(indexOf([...children, ...windows, arm64]).bytes, ociIndex) as ImageIndex;
    const choice = (platform: string) => chooseManifest(parsed, parsePlatform(platform))?.digest;
    expect(choice('linux/arm')).toBe(v7?.digest);
    expect(choice('linux/arm/v7')).toBe(v7?.digest);
    expect(choice('linux/arm/6')).toBe(v6?.digest);
    expect(choice('linux/arm/v5')).toBe(v5?.digest);
    expect(choice('linux/arm/v8')).toBe(v7?.digest);
    expect(choice('linux/arm64')).toBe(arm64.digest);
    expect(choice('linux/aarch64/v8')).toBe(arm64.digest);
    expect(choice('windows/amd64')).toBe(windows[0]?.digest);
    expect(choice('linux/s390x')).toBeUndefined();
  });

  test('60: amd64 does not get an image for newer processors', () => {
    const v2 = imageOf({ variant: 'v2', note: 'v2' });
    const v3 = imageOf({ variant: 'v3', note: 'v3' });
    const parsed = parseManifest(indexOf([v3, v2]).bytes, ociIndex) as ImageIndex;
    expect(chooseManifest(parsed, parsePlatform('linux/amd64'))).toBeUndefined();
    expect(chooseManifest(parsed, parsePlatform('linux/amd64/v4'))?.digest).toBe(v3.digest);
  });
});

describe('pins', () => {
  test('63: a pin to a child while the tag is an index, and the reverse', async () => {
    const pinned = await registry.checkPin(ref(`acme/app:1@${amd64.digest}`));
    expect(pinned).toMatchObject({ state: 'single-platform', kind: 'manifest', platform: 'linux/amd64' });
    expect(pinned.tag?.digest).toBe(index.digest);
    fake.add('acme/app', ['single'], arm64);
    const reverse = await registry.checkPin(ref(`acme/app:single@${index.digest}`));
    expect(reverse).toMatchObject({ state: 'behind', kind: 'index', tag: { kind: 'manifest' } });
  });

  test('112, 115, 116: dead, untagged, behind, without its tag, current', async () => {
    const other = fake.add('acme/app', ['2'], indexOf([arm64]));
    const state = async (name: string) => (await registry.checkPin(ref(name))).state;
    expect(await state(`acme/app:1@${index.digest}`)).toBe('current');
    expect(await state(`acme/app:1@${other}`)).toBe('behind');
    expect(await state(`acme/app:gone@${other}`)).toBe('tag-gone');
    expect(await state(`acme/app@${other}`)).toBe('untagged');
    expect(await state(`acme/app:1@${wrong}`)).toBe('dead');
    expect(fake.seen.some(({ url }) => url.pathname.endsWith('/latest'))).toBe(false);
    const dead = await registry.checkPin(ref(`acme/app:2@${wrong}`));
    expect(dead.tag?.digest).toBe(other);
    expect((await failure(registry.checkPin(ref()))).kind).toBe('invalid-reference');
  });

  test('59: an index that is alive while a child is gone', async () => {
    expect(await registry.missingChildren(ref())).toEqual([]);
    fake.hook = ({ url }, response) => {
      if (!url.pathname.endsWith(arm64.digest)) return false;
      complain(response, 404, 'MANIFEST_UNKNOWN', 'manifest unknown');
      return true;
    };
    const client = clientOf();
    expect(await client.missingChildren(ref())).toEqual([arm64.digest]);
    await client.close();
  });

  test('114: the index moved, the child of our platform did not', async () => {
    const next = fake.add('acme/app', ['1'], indexOf([amd64, imageOf({ architecture: 'arm64', note: 'new' })]));
    expect(await registry.sameImage(ref(), index.digest, 'linux/amd64')).toBe(true);
    expect(await registry.sameImage(ref(), index.digest, 'linux/arm64')).toBe(false);
    expect(next).not.toBe(index.digest);
  });
});
