import { addressRefused } from './dispatchers.ts';
import { RegistryError } from './errors.ts';

const timeouts = new Set([
  'ETIMEDOUT',
  'UND_ERR_CONNECT_TIMEOUT',
  'UND_ERR_HEADERS_TIMEOUT',
  'UND_ERR_BODY_TIMEOUT',
  'TimeoutError',
]);
const interrupted = new Set(['ECONNRESET', 'EPIPE', 'UND_ERR_SOCKET', 'UND_ERR_CLOSED', 'UND_ERR_DESTROYED']);
const unresolved = new Set(['ENOTFOUND', 'EAI_AGAIN', 'EAI_NODATA', 'EAI_NONAME']);
const transient = new Set([...interrupted, 'EAI_AGAIN', 'UND_ERR_CONNECT_TIMEOUT']);

/** The code of a failure, found through its causes; the empty text where there is none. */
function codeOf(error: unknown, depth = 0): string {
  if (typeof error !== 'object' || error === null || depth > 4) return '';
  const { code, name, cause, errors } = error as { code?: unknown; name?: unknown; cause?: unknown; errors?: unknown };
  const inner = codeOf(cause, depth + 1) || (Array.isArray(errors) ? codeOf(errors[0], depth + 1) : '');
  if (inner !== '') return inner;
  if (name === 'TimeoutError') return name;
  // undici does not always say which rule of HTTP was broken.
  if (name === 'HTTPParserError' && typeof code !== 'string') return 'HPE_UNKNOWN';
  return typeof code === 'string' ? code : '';
}

/** Whether the same request may well succeed when it is made again. */
export function isTransient(error: unknown): boolean {
  return transient.has(codeOf(error));
}

/** Whether what came is not HTTP, as when a body follows the answer to an earlier HEAD on the same connection. */
export function isGarbled(error: unknown): boolean {
  return codeOf(error).startsWith('HPE_');
}

function isTls(code: string): boolean {
  return /CERT|SELF_SIGNED|ISSUER|VERIFY|ERR_TLS|ERR_SSL|EPROTO/.test(code);
}

/** The known error for a request that had no answer. Nothing of the original message is kept, as it may hold secrets. */
export function networkError(error: unknown, host: string, proxied: boolean): RegistryError {
  if (error instanceof RegistryError) return error;
  const code = codeOf(error);
  const via = proxied ? 'through the proxy ' : '';
  if (code === addressRefused) {
    const reason = 'the host is at an address that must not be asked from here';
    return new RegistryError({ kind: 'untrusted', host, reason });
  }
  if (code === 'EPROTO' || code === 'ERR_SSL_WRONG_VERSION_NUMBER') {
    const advice = 'if it is meant to be without TLS, name it as an insecure registry';
    return new RegistryError({ kind: 'tls', host, reason: 'the host does not speak TLS', advice });
  }
  if (isTls(code)) {
    const advice = 'if its authority is your own, put it into `certs.d` or name it in NODE_EXTRA_CA_CERTS';
    return new RegistryError({ kind: 'tls', host, reason: `its certificate is not trusted (${code})`, advice });
  }
  if (code.startsWith('HPE_') || code.startsWith('UND_ERR_HEADERS_OVERFLOW')) {
    return new RegistryError({ kind: 'untrusted', host, reason: `its answer is not HTTP (${code})` });
  }
  const network = (reason: string, advice?: string) =>
    new RegistryError({ kind: 'network', host, reason, ...(advice !== undefined && { advice }) });
  if (timeouts.has(code)) return network(`it did not answer ${via}in time`);
  if (unresolved.has(code)) return network(`its name cannot be resolved ${via}(${code})`.replace('  ', ' '));
  if (interrupted.has(code)) return network(`the connection ${via}was closed before the answer was complete`);
  const message = error instanceof Error ? error.message : '';
  const tunnel = /Proxy response \((\d{3})\)|\b(407)\b/.exec(message);
  if (proxied && tunnel)
    return network(`the proxy refused (${tunnel[1] ?? tunnel[2]})`, 'check HTTPS_PROXY and NO_PROXY');
  return network(`it cannot be reached ${via}(${/^[A-Z][A-Z0-9_]*$/.test(code) ? code : 'no connection'})`);
}
