/** What a literal value of something named as a secret looks like. */
export type ValueVerdict =
  /** It may be one. */
  | 'literal'
  /** Nothing, a reference to a variable, or a template's mark: the value comes from elsewhere. */
  | 'absent'
  /** What stands in examples: `changeme`, `your-token-here`, `xxxx`. */
  | 'placeholder'
  /** What everybody tries first: `root`, `postgres`, `123456`. No secret any more, but a credential all the same. */
  | 'weak'
  /** A switch, a number, a path, a URL without credentials, a fingerprint: no secret, whatever the name says. */
  | 'harmless';

const placeholder =
  /^(?:x{3,}|\*{3,}|\.{3,}|-+|change[-_ ]?(?:me|it|this)?|change[-_].*|replace[-_ ]?(?:me|this)?|todo|tbd|null|nil|undefined|empty|unset|not[-_]?set|foo|foobar|bar|example|sample|dummy|fake|placeholder|redacted|secret[-_]?here|n\/?a)$|^(?:your|my|some|insert|enter|put|add)[-_ ].*$|[-_ ](?:here|goes[-_]here|placeholder)$|^<.*>$|^\[.*\]$|dummy|placeholder|change[-_]?me|not[-_]?(?:a[-_])?(?:real|secret)|for[-_]build|build[-_]?time[-_]?only/i;

const weak =
  /^(?:p[a@]ss(?:w[o0]rd|wd)?\d{0,4}!?|admin\d{0,3}|administrator|root|toor|postgres(?:ql)?|mysql|mariadb|mongo|redis|rabbitmq|guest|user(?:name)?|test(?:ing|er|user|pass(?:word)?)?\d{0,3}|default|docker|demo|dev(?:elopment)?|local|secret|token|key|qwerty|letmein|abc123|1234\d*|django|rails|app|vagrant|ubuntu|minio(?:admin)?|sa|none|welcome\d{0,3})$/i;

/** Judges a value, quotes removed. */
export function judgeValue(value: string): ValueVerdict {
  const text = value.trim();
  const fallback = /^\$\{\w+:?-(.*)\}$/s.exec(text);
  if (fallback) return judgeValue(unquoted(fallback[1]!));
  if (
    text === '' ||
    /^\$(?:\{[^}]*\}|\w+|\(.*\))$/s.test(text) ||
    /\{\{.*\}\}|<%.*%>|@[A-Z][A-Z0-9_]*@|%%/s.test(text)
  ) {
    return 'absent';
  }
  if (placeholder.test(text)) return 'placeholder';
  if (/^(?:true|false|yes|no|on|off|enabled|disabled|required|optional|auto|always|never)$/i.test(text))
    return 'harmless';
  if (/^\d{1,4}(?:\.\d+)*[smhd]?$/.test(text)) return 'harmless';
  // A path, relative or not, as long as no base64 text is taken for one.
  if (/^(?:~|\.{1,2})?\/[\w.@${}+-]+(?:\/[\w.@${}+-]*)*$/.test(text) && !/^\/[A-Za-z0-9+/]{30,}=*$/.test(text))
    return 'harmless';
  if (/^[\w-]+(?:\/[\w.-]+)*\.(?:sh|py|js|pem|key|json|txt|crt|cer|ya?ml|env|jks|p12|pub|asc|gpg)$/.test(text))
    return 'harmless';
  if (/^[a-z][a-z0-9+.-]*:\/\/[^\s@]*$/i.test(text)) return 'harmless';
  return weak.test(text) ? 'weak' : 'literal';
}

/** A fingerprint or id of a public key, as `gpg --recv-keys` takes it. */
export function isKeyFingerprint(value: string): boolean {
  return /^(?:0x)?(?:[0-9A-F]{8}|[0-9A-F]{16}|[0-9A-F]{32}|[0-9A-F]{40})(?:[\s,]+(?:0x)?[0-9A-F]{8,40})*$/i.test(
    value.replaceAll(' ', '').trim(),
  );
}

/** A value without the quotes around it. */
export function unquoted(value: string): string {
  const match = /^(["'])(.*)\1$/s.exec(value.trim());
  return match ? match[2]! : value.trim();
}
