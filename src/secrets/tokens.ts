import { judgeValue } from './values.ts';

/** The shape of the tokens of one issuer. */
export interface TokenShape {
  /** What it is, as a finding names it. */
  readonly kind: string;
  /** Global; matches the token alone. */
  readonly pattern: RegExp;
  /** Where the issuer speaks of such tokens, though not always of their shape. */
  readonly source: string;
}

/**
 * Tokens that can be known by their prefix. Few issuers document more than that: GitHub, GitLab, AWS, PyPI, Tailscale
 * and the two standards do. Lengths and letters of the others agree with the rules of gitleaks (`config/gitleaks.toml`
 * of July 2026) and TruffleHog (`pkg/detectors` of August 2026), or are looser; compared in November 2026. In neither are
 * the OAuth secrets of Google, the signing secrets of Stripe's webhooks, the first letters of NuGet's keys and the keys
 * of Azure storage: those rest on published examples.
 */
export const tokenShapes: readonly TokenShape[] = [
  {
    kind: 'GitHub token',
    pattern: /\b(?:gh[pousr]_[A-Za-z0-9]{36,255}|github_pat_[A-Za-z0-9]{22}_[A-Za-z0-9]{59})\b/g,
    source:
      'https://docs.github.com/authentication/keeping-your-account-and-data-secure/about-authentication-to-github',
  },
  {
    kind: 'GitLab token',
    pattern: /\bgl(?:pat|oas|dt|rt|rtr|cbt|ptt|ft|imt|agent|wt|soat|ffct)-[\w-]{20,}(?:\.[\w.]+)?/g,
    source: 'https://docs.gitlab.com/security/tokens/#token-prefixes',
  },
  {
    kind: 'npm token',
    pattern: /\bnpm_[A-Za-z0-9]{36}\b/g,
    source: 'https://docs.npmjs.com/about-access-tokens',
  },
  {
    kind: 'PyPI token',
    pattern: /\bpypi-AgE[A-Za-z0-9_-]{50,}/g,
    source: 'https://docs.pypi.org/project-management/secret-reporting/',
  },
  {
    kind: 'Docker Hub token',
    pattern: /\bdckr_(?:pat|oat)_[\w-]{27,}/g,
    source: 'https://docs.docker.com/security/access-tokens/',
  },
  {
    kind: 'AWS access key',
    pattern: /\b(?:AKIA|ASIA|ABIA|ACCA)[A-Z2-7]{16}\b/g,
    source: 'https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html',
  },
  {
    kind: 'Google API key',
    pattern: /\bAIza[\w-]{35}(?![\w-])/g,
    source: 'https://cloud.google.com/docs/authentication/api-keys',
  },
  {
    kind: 'Google OAuth secret',
    pattern: /\b(?:GOCSPX-[\w-]{28}|ya29\.[\w-]{20,})(?![\w-])/g,
    source: 'https://developers.google.com/identity/protocols/oauth2',
  },
  {
    kind: 'Slack token',
    pattern: /\bxox[abeoprs]-[A-Za-z0-9-]{35,}|\bxapp-\d-[A-Z0-9]+-\d+-[a-f0-9]{20,}/g,
    source: 'https://docs.slack.dev/authentication/tokens',
  },
  {
    kind: 'Slack webhook',
    pattern: /\bhooks\.slack\.com\/services\/T[A-Z0-9]{8,}\/B[A-Z0-9]{8,}\/[A-Za-z0-9]{20,}/g,
    source: 'https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks',
  },
  {
    kind: 'Stripe key',
    pattern: /\b(?:sk|rk)_(?:live|test)_[A-Za-z0-9]{24,}\b|\bwhsec_[A-Za-z0-9+/=]{32,}/g,
    source: 'https://docs.stripe.com/keys',
  },
  {
    kind: 'SendGrid key',
    pattern: /\bSG\.[\w-]{22}\.[\w-]{43}(?![\w-])/g,
    source: 'https://www.twilio.com/docs/sendgrid/ui/account-and-settings/api-keys',
  },
  {
    kind: 'DigitalOcean token',
    pattern: /\bdo[opr]_v1_[a-f0-9]{64}\b/g,
    source: 'https://docs.digitalocean.com/reference/api/create-personal-access-token/',
  },
  {
    kind: 'Hugging Face token',
    pattern: /\b(?:hf|api_org)_[A-Za-z0-9]{34}\b/g,
    source: 'https://huggingface.co/docs/hub/security-tokens',
  },
  {
    kind: 'OpenAI key',
    pattern: /\bsk-(?:proj|svcacct|admin)-[\w-]{40,}|\bsk-[A-Za-z0-9]{20}T3BlbkFJ[A-Za-z0-9]{20}\b/g,
    source: 'https://platform.openai.com/docs/api-reference/authentication',
  },
  {
    kind: 'Anthropic key',
    pattern: /\bsk-ant-(?:api|admin|sid)\d{2}-[\w-]{80,}/g,
    source: 'https://docs.anthropic.com/en/api/overview',
  },
  {
    kind: 'HashiCorp token',
    pattern: /\bhv[sbr]\.[\w-]{24,}|\b[A-Za-z0-9]{14}\.atlasv1\.[\w=-]{60,}/g,
    source: 'https://developer.hashicorp.com/vault/docs/concepts/tokens',
  },
  {
    kind: 'Databricks token',
    pattern: /\bdapi[a-f0-9]{32}(?:-\d)?\b/g,
    source: 'https://docs.databricks.com/dev-tools/auth/pat',
  },
  {
    kind: 'Shopify token',
    pattern: /\bshp(?:at|ca|pa|ss)_[a-fA-F0-9]{32}\b/g,
    source: 'https://shopify.dev/docs/apps/build/authentication-authorization/access-tokens',
  },
  {
    kind: 'Atlassian token',
    pattern: /\bATATT3[\w=-]{60,}|\bATCTT3[\w=-]{60,}/g,
    source: 'https://support.atlassian.com/atlassian-account/docs/manage-api-tokens-for-your-atlassian-account/',
  },
  {
    kind: 'RubyGems key',
    pattern: /\brubygems_[a-f0-9]{48}\b/g,
    source: 'https://guides.rubygems.org/api-key-scopes/',
  },
  {
    kind: 'NuGet key',
    pattern: /\boy2[a-z0-9]{43}\b/g,
    source: 'https://learn.microsoft.com/nuget/nuget-org/scoped-api-keys',
  },
  {
    kind: 'Azure storage key',
    pattern: /\bAccountKey=[A-Za-z0-9+/]{86}==/g,
    source: 'https://learn.microsoft.com/azure/storage/common/storage-configure-connection-string',
  },
  {
    kind: 'Grafana token',
    pattern: /\bgl(?:sa_[A-Za-z0-9]{32}_[a-f0-9]{8}\b|c_eyJ[A-Za-z0-9+/=]{32,})/g,
    source: 'https://grafana.com/docs/grafana/latest/administration/service-accounts/',
  },
  {
    kind: 'Sentry token',
    pattern: /\bsntry[su]_[A-Za-z0-9+/=_-]{40,}/g,
    source: 'https://github.com/getsentry/rfcs/blob/main/text/0091-ci-upload-tokens.md',
  },
  {
    kind: 'New Relic key',
    pattern: /\bNRAK-[A-Z0-9]{27}\b/g,
    source: 'https://docs.newrelic.com/docs/apis/intro-apis/new-relic-api-keys/',
  },
  {
    kind: 'Tailscale key',
    pattern: /\btskey-(?:auth|api|client|scim|webhook)-[A-Za-z0-9]+-[A-Za-z0-9]{20,}/g,
    source: 'https://tailscale.com/kb/1277/key-prefixes',
  },
  {
    kind: 'Telegram bot token',
    pattern: /\b\d{8,10}:AA[\w-]{33}(?![\w-])/g,
    source: 'https://core.telegram.org/bots/features#botfather',
  },
  {
    kind: 'JSON web token',
    pattern: /\beyJ[\w-]{10,}\.eyJ[\w-]{10,}\.[\w-]{20,}/g,
    source: 'https://www.rfc-editor.org/rfc/rfc7519',
  },
  {
    kind: 'age secret key',
    pattern: /\bAGE-SECRET-KEY-1[QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L]{58}\b/g,
    source: 'https://age-encryption.org/v1',
  },
];

const headers =
  /-----BEGIN (?:(?:RSA|DSA|EC|OPENSSH|ENCRYPTED|ANY) )?PRIVATE KEY-----|-----BEGIN PGP PRIVATE KEY BLOCK-----|^PuTTY-User-Key-File-\d:/gm;

/** Whether a text is a private key, and not one that only mentions the header of one. */
export function isPrivateKey(text: string): boolean {
  const start = text.replace(/^\uFEFF/, '').trimStart();
  // openssl writes attributes above a key, and a certificate may stand before it.
  const at = start.search(headers);
  headers.lastIndex = 0;
  if (at === -1) return false;
  if (/^PuTTY/.test(start)) return true;
  const body = start.slice(at).split(/\r?\n/).slice(1);
  const lines = body.filter((line) => /^[A-Za-z0-9+/=]{16,76}$/.test(line.trim()));
  const isWhole = /^(?:-----BEGIN|Bag Attributes|[\w-]+:|\s|#)/.test(start);
  return isWhole && lines.length >= 1;
}

/** Any of them: most texts hold none, and one look tells. */
const anyShape = new RegExp(tokenShapes.map(({ pattern }) => pattern.source).join('|'));

/** Spans of a text that hold a known kind of token, in order. */
export function tokensIn(text: string): { kind: string; start: number; end: number }[] {
  const found: { kind: string; start: number; end: number }[] = [];
  if (!anyShape.test(text)) return found;
  for (const { kind, pattern } of tokenShapes) {
    for (const match of text.matchAll(pattern)) {
      if (isExample(match[0])) continue;
      found.push({ kind, start: match.index, end: match.index + match[0].length });
    }
  }
  return found.sort((a, b) => a.start - b.start);
}

/** Spans of private keys that stand in a text with at least some of their body. */
export function keyHeadersIn(text: string): { start: number; end: number }[] {
  const pattern =
    /-----BEGIN (?:[A-Z]+ )?PRIVATE KEY(?: BLOCK)?-----(?:\\n|\s|[A-Za-z0-9+/=:,-]){40,}?(?:-----END [A-Z ]+-----|$)/g;
  return [...text.matchAll(pattern)].map((match) => ({ start: match.index, end: match.index + match[0].length }));
}

/** Tokens of documentation: AWS marks its own with EXAMPLE, others repeat one character. */
function isExample(token: string): boolean {
  return /EXAMPLE|(?:example|placeholder)/i.test(token) || /(.)\1{9}/.test(token) || /x{6}|X{6}/.test(token);
}

const url = /\b[a-z][a-z0-9+.-]*:\/\/(?<user>[^\s:@/"'`<>|;&()]*)(?::(?<password>[^\s@/"'`<>|;&()]*))?@[\w[$]/gi;

/** A data source name of Go's MySQL driver: `user:password@tcp(host:port)/name` (github.com/go-sql-driver/mysql, README). */
const dataSource = /(?<![\w/])[\w.-]+:(?<password>[^\s:@"'`]+)@(?:tcp|unix)\(/g;

/** Spans of passwords in URLs and the like: `scheme://user:password@host` and `https://token@host`. */
export function urlPasswordsIn(text: string): { certain: boolean; start: number; end: number }[] {
  if (!text.includes('@')) return [];
  const sources = [...text.matchAll(dataSource)].flatMap((match) => {
    const { password } = match.groups!;
    const judged = judgePart(password!);
    const start = match.index + match[0].indexOf(':') + 1;
    return judged ? [{ certain: judged === 'literal', start, end: start + password!.length }] : [];
  });
  const urls = [...text.matchAll(url)].flatMap((match) => {
    const { user = '', password } = match.groups!;
    const userStart = match.index + match[0].indexOf('://') + 3;
    const inUser =
      password === 'x-oauth-basic' || (password === undefined && user.length >= 16 && /^http/i.test(match[0]));
    if (password === undefined && !inUser) return [];
    const part = inUser ? user : password!;
    const judged = judgePart(part);
    if (!judged) return [];
    const start = inUser ? userStart : userStart + user.length + 1;
    return [{ certain: judged === 'literal', start, end: start + part.length }];
  });
  return [...urls, ...sources];
}

/** What everybody may know is no secret, but a credential all the same; a variable, a pattern or a placeholder is none. */
function judgePart(part: string): 'literal' | 'weak' | undefined {
  if (/[$%{}*\\?[\]]/.test(part) || /^(?:x-oauth-basic|x-access-token|oauth2|__token__|anonymous)$/.test(part))
    return undefined;
  const judged = judgeValue(part);
  return judged === 'literal' || judged === 'weak' ? judged : undefined;
}
