import { createServer, type IncomingMessage, type RequestListener, type Server, type ServerResponse } from 'node:http';
import { createServer as createTlsServer, type ServerOptions } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { Pushable } from './registry-images.ts';

/** One request as a server saw it. */
export interface Seen {
  readonly method: string;
  readonly url: URL;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

/** Answers a request itself, and says so by not returning false. */
export type Hook = (seen: Seen, response: ServerResponse) => unknown;

/** A server on a free port of this machine, which ends with all its connections. */
export class TestServer {
  readonly seen: Seen[] = [];
  readonly #server: Server;
  #port = 0;
  readonly #scheme: 'http' | 'https';

  private constructor(listener: (seen: Seen, response: ServerResponse) => unknown, tls?: ServerOptions) {
    const listen: RequestListener = (request, response) => {
      const pieces: Buffer[] = [];
      request.on('error', () => undefined);
      request.on('data', (piece: Buffer) => pieces.push(piece));
      request.on('end', () => {
        const seen = {
          method: request.method ?? '',
          url: new URL(request.url ?? '/', this.url),
          headers: request.headers,
          body: Buffer.concat(pieces).toString(),
        };
        this.seen.push(seen);
        Promise.resolve(listener(seen, response)).catch((error) => response.destroy(error as Error));
      });
    };
    this.#scheme = tls ? 'https' : 'http';
    this.#server = tls ? createTlsServer(tls, listen) : createServer(listen);
  }

  static async start(
    listener: (seen: Seen, response: ServerResponse) => unknown,
    tls?: ServerOptions,
    address = '127.0.0.1',
  ): Promise<TestServer> {
    const server = new TestServer(listener, tls);
    await new Promise<void>((resolve) => server.#server.listen(0, address, resolve));
    server.#port = (server.#server.address() as AddressInfo).port;
    return server;
  }

  get server(): Server {
    return this.#server;
  }

  get port(): number {
    return this.#port;
  }

  /** Host and port. */
  get host(): string {
    return `127.0.0.1:${this.#port}`;
  }

  get url(): string {
    return `${this.#scheme}://${this.host}`;
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}

export function answerJson(
  response: ServerResponse,
  status: number,
  value: unknown,
  headers: Record<string, string | readonly string[]> = {},
): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers } as Record<string, string>);
  response.end(JSON.stringify(value));
}

export function complain(response: ServerResponse, status: number, code: string, message: string, headers = {}): void {
  answerJson(response, status, { errors: [{ code, message }] }, headers);
}

/** A registry in memory that does as it is told, for what a real one will not do. */
export class FakeRegistry {
  readonly #manifests = new Map<string, Pushable>();
  readonly #blobs = new Map<string, Buffer>();
  readonly #tags = new Map<string, Set<string>>();
  server!: TestServer;
  /** Sees every request first. */
  hook: Hook = () => false;

  static async start(tls?: ServerOptions): Promise<FakeRegistry> {
    const registry = new FakeRegistry();
    registry.server = await TestServer.start(async (seen, response) => {
      if ((await registry.hook(seen, response)) === false) registry.answer(seen, response);
    }, tls);
    return registry;
  }

  get host(): string {
    return this.server.host;
  }

  get seen(): Seen[] {
    return this.server.seen;
  }

  stop(): Promise<void> {
    return this.server.stop();
  }

  add(repository: string, tags: readonly string[], thing: Pushable): string {
    for (const child of thing.children) this.add(repository, [], child);
    for (const blob of thing.blobs) this.#blobs.set(`${repository}@${blob.digest}`, blob.bytes);
    this.#manifests.set(`${repository}@${thing.digest}`, thing);
    const known = this.#tags.get(repository) ?? new Set();
    this.#tags.set(repository, known);
    for (const tag of tags) {
      known.add(tag);
      this.#manifests.set(`${repository}@${tag}`, thing);
    }
    return thing.digest;
  }

  answer({ method, url }: Seen, response: ServerResponse): void {
    const [, repository = '', what = '', reference = ''] =
      /^\/v2\/(.+)\/(manifests|blobs|tags)\/([^/]+)$/.exec(url.pathname) ?? [];
    if (what === 'tags') {
      const tags = this.#tags.get(repository);
      if (!tags) return complain(response, 404, 'NAME_UNKNOWN', 'repository name not known to registry');
      return answerJson(response, 200, { name: repository, tags: [...tags] });
    }
    if (what === 'blobs') {
      const blob = this.#blobs.get(`${repository}@${reference}`);
      if (!blob) return complain(response, 404, 'BLOB_UNKNOWN', 'blob unknown to registry');
      response.writeHead(200, { 'content-length': blob.length, 'content-type': 'application/octet-stream' });
      return void response.end(method === 'HEAD' ? undefined : blob);
    }
    const manifest = this.#manifests.get(`${repository}@${reference}`);
    if (!manifest) return complain(response, 404, 'MANIFEST_UNKNOWN', 'manifest unknown');
    response.writeHead(200, {
      'content-type': manifest.mediaType,
      'content-length': manifest.bytes.length,
      'docker-content-digest': manifest.digest,
    });
    response.end(method === 'HEAD' ? undefined : manifest.bytes);
  }
}
