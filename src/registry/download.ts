import { createHash } from 'node:crypto';
import { RegistryError } from './errors.ts';
import type { HostRules } from './hosts.ts';
import { type Http, headerOf } from './http.ts';

/** What a URL gives: the hash of its content, 64 hexadecimal digits, and its size. */
export interface DownloadedFile {
  readonly sha256: string;
  readonly bytes: number;
}

/**
 * Fetches a file to its end for its hash alone, without credentials; nothing of it is kept. Only public addresses are
 * asked, as the URL may be a stranger's, and those that the rules call insecure. Throws RegistryError.
 */
export async function hashOf(http: Http, text: string, rules: HostRules, maxBytes: number): Promise<DownloadedFile> {
  const url = new URL(text);
  const trusted = (rules.insecure ?? []).includes(url.host);
  let bytes = 0;
  const answer = await http.stream(
    {
      method: 'GET',
      url,
      kind: 'download',
      policy: { nearest: trusted ? 'loopback' : 'public' },
      maxBytes,
      redirects: 5,
    },
    async (body) => {
      // A try that broke off is begun anew.
      const own = createHash('sha256');
      bytes = 0;
      for await (const piece of body) {
        bytes += piece.length;
        if (bytes > maxBytes) {
          throw new RegistryError({
            kind: 'untrusted',
            host: url.host,
            reason: `the file is larger than ${maxBytes} bytes`,
          });
        }
        own.update(piece);
      }
      return own.digest('hex');
    },
  );
  const { status, headers, result } = answer;
  const encoding = headerOf(headers, 'content-encoding');
  if (status === 200 && result !== undefined && (encoding === undefined || encoding === 'identity')) {
    return { sha256: result, bytes };
  }
  const reason = status === 200 ? 'it answers with an encoding that was not asked for' : `it answers ${status}`;
  throw new RegistryError({ kind: status === 404 ? 'not-found' : 'network', host: url.host, status, reason });
}
