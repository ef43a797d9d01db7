/**
 * What went wrong:
 * - `invalid-reference`: the text is no image reference, or its registry is no host;
 * - `not-allowed`: the allow and deny lists of registries forbid it;
 * - `not-found`: the registry has no such tag, digest or repository, or hides it;
 * - `denied`: the registry wants other credentials, or any;
 * - `credentials`: the user's credentials could not be read;
 * - `rate-limited`: the registry asks to wait for longer than a run does;
 * - `network`: the host was not reached, or did not answer in time;
 * - `tls`: the host was reached, and its certificate is not trusted;
 * - `untrusted`: the answer contradicts itself, is too large, or leads somewhere it must not;
 * - `unsupported`: the answer is honest, and nothing that can be pinned or read;
 * - `offline`: neither the lock nor the cache knows it, and the network may not be used;
 * - `lock`: the lock file cannot be read.
 */
export type RegistryErrorKind =
  | 'invalid-reference'
  | 'not-allowed'
  | 'not-found'
  | 'denied'
  | 'credentials'
  | 'rate-limited'
  | 'network'
  | 'tls'
  | 'untrusted'
  | 'unsupported'
  | 'offline'
  | 'lock';

/** Where and why a registry could not answer. No field and no message ever holds a secret. */
export interface RegistryFault {
  readonly kind: RegistryErrorKind;
  /** What happened, as a clause: `there is no such tag`. */
  readonly reason: string;
  /** The host that it happened at, with its port. */
  readonly host?: string;
  /** The image reference that was asked for, as the caller wrote it. */
  readonly reference?: string;
  /** What the user can do about it, as a clause. */
  readonly advice?: string;
  /** The HTTP status that it came with. */
  readonly status?: number;
}

/** A known failure of a look-up: which reference, which host, what happened, and what to do. */
export class RegistryError extends Error implements RegistryFault {
  override readonly name = 'RegistryError';
  readonly kind: RegistryErrorKind;
  readonly reason: string;
  readonly host?: string;
  readonly reference?: string;
  readonly advice?: string;
  readonly status?: number;

  constructor(fault: RegistryFault) {
    const subject = [fault.reference && `\`${fault.reference}\``, fault.host && `\`${fault.host}\``].filter(Boolean);
    const head = subject.length > 0 ? `${subject.join(' at ')}: ` : '';
    super(head + fault.reason + (fault.advice === undefined ? '' : `; ${fault.advice}`));
    this.kind = fault.kind;
    this.reason = fault.reason;
    if (fault.host !== undefined) this.host = fault.host;
    if (fault.reference !== undefined) this.reference = fault.reference;
    if (fault.advice !== undefined) this.advice = fault.advice;
    if (fault.status !== undefined) this.status = fault.status;
  }

  /** The same failure, said of a reference. */
  of(reference: string): RegistryError {
    const { kind, reason, host, advice, status } = this;
    return new RegistryError({
      kind,
      reason,
      reference,
      ...(host !== undefined && { host }),
      ...(advice !== undefined && { advice }),
      ...(status !== undefined && { status }),
    });
  }
}
