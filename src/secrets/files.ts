import { secretName } from './names.ts';
import { isPrivateKey, tokensIn, urlPasswordsIn } from './tokens.ts';
import { judgeValue, unquoted } from './values.ts';

/** A file that holds a secret, or by its name may. */
export interface SecretFile {
  /** What it holds, as a finding names it. */
  readonly kind: string;
  /** The content shows it, or nothing else has such a name. */
  readonly certain: boolean;
}

interface FileRule {
  readonly kind: string;
  /** Matches the lower-case path, with `/` before it. */
  readonly path: RegExp;
  /** What the name alone says: `no` where most files of the name hold no secret. */
  readonly byName: 'certain' | 'likely' | 'no';
  /** Whether a content of such a file holds one; without it the name decides. */
  readonly holds?: (text: string) => boolean | 'likely';
}

const literal = (value: string | undefined): boolean =>
  value !== undefined && judgeValue(unquoted(value)) === 'literal';

/** Whether a pattern's first group is a literal value somewhere. */
const holdsValue =
  (pattern: RegExp) =>
  (text: string): boolean =>
    [...text.matchAll(pattern)].some((match) => literal(match[1]));

const holdsKey = (text: string): boolean => isPrivateKey(text);
const holdsUrlPassword = (text: string): boolean => urlPasswordsIn(text).some(({ certain }) => certain);

/** Assignments by line, `export` allowed: `.env`, properties, ini and tfvars files. */
function holdsNamedValue(text: string): boolean | 'likely' {
  let likely = false;
  for (const line of text.split(/\r?\n/)) {
    const match = /^\s*(?:export\s+)?([\w.-]+)\s*[=:]\s*(.*)$/.exec(line);
    if (!match) continue;
    const name = secretName(match[1]!);
    if (!name) continue;
    const value = judgeValue(unquoted(match[2]!.replace(/\s+#.*$/, '')));
    if (value === 'literal' && name === 'secret') return true;
    if (value === 'literal' || (name === 'secret' && (value === 'placeholder' || value === 'weak'))) likely = true;
  }
  return tokensIn(text).length > 0 || holdsUrlPassword(text) || (likely && 'likely');
}

/**
 * Files by what tools keep in them, the first that matches; as the tools are known (November 2026; no row was
 * looked up for itself). The names without a secret come first: public keys, examples, stores of certificates to trust.
 */
const rules: readonly (FileRule | { readonly path: RegExp; readonly harmless: true })[] = [
  { path: /\.pub$|\.(?:crt|cer|csr)$|\/(?:cacert|ca-bundle|ca-certificates|fullchain|chain)\.pem$/, harmless: true },
  {
    path: /\/(?:[^/]*dh-?params?\d*|dh\d*|ffdhe\d+)\.pem$|\/[^/]*truststore[^/]*$|\/cacerts$|\/debug\.keystore$/,
    harmless: true,
  },
  // Environment files, and their committed examples.
  {
    kind: 'environment file',
    path: /\/(?:[^/]*\.)?env\.(?:example|sample|template|tmpl|dist|defaults?|schema|tpl|ci|test)$|\/\.env-(?:example|sample|template|dist)$|\/(?:example|sample|template)\.env$|\/[^/]*\.env\.[^/]*(?:example|sample|template)$/,
    byName: 'no',
    holds: (text) => tokensIn(text).length > 0,
  },
  { path: /\/\.env\.(?:d\.ts|ts|js|mjs|cjs|py|rb|go|vault)$/, harmless: true },
  {
    kind: 'environment file',
    path: /\/\.env(?:[.-][^/]*)?$|\/\.envrc$|\/[^/]+\.env$/,
    byName: 'likely',
    holds: holdsNamedValue,
  },
  // Keys.
  {
    kind: 'private key',
    path: /\/(?:[^/]*[._-])?id_(?:rsa|dsa|ecdsa|ed25519|ecdsa_sk|ed25519_sk|xmss)$|\/ssh_host_\w+_key$/,
    byName: 'certain',
  },
  { kind: 'private key', path: /\/[^/]*\.ppk$|\/secring\.gpg$|\/private-keys-v1\.d\//, byName: 'certain' },
  { kind: 'Rails key', path: /\/config\/(?:master|credentials\/[^/]+)\.key$/, byName: 'certain' },
  {
    kind: 'private key',
    path: /\/[^/]*\.key$|\/privkey[^/]*\.pem$|\/[^/]*(?:private|priv|-key|_key|\.key)[^/]*\.pem$|\/[^/]+\.p8$/,
    byName: 'likely',
    holds: holdsKey,
  },
  { kind: 'private key', path: /\/[^/]*\.pem$/, byName: 'likely', holds: holdsKey },
  {
    kind: 'private key',
    path: /\/\.ssh\/(?!config$|known_hosts|authorized_keys|environment$)[^/]+$/,
    byName: 'likely',
    holds: holdsKey,
  },
  { kind: 'key store', path: /\/[^/]*\.(?:p12|pfx|jks|keystore|bcfks)$/, byName: 'likely' },
  {
    kind: 'password store',
    path: /\/[^/]*\.(?:kdbx?|agekey)$|\/\.vault[-_]pass(?:word)?[^/]*$|\/vault[-_]pass(?:word)?(?:\.txt)?$|\/\.vault-token$/,
    byName: 'certain',
  },
  // Credentials of package managers.
  {
    kind: 'npm credentials',
    path: /\/\.npmrc$/,
    byName: 'likely',
    holds: (text) =>
      holdsValue(/^\s*[^#;\s]*(?:_authToken|_auth|_password)\s*=\s*(.+)$/gm)(text) ||
      tokensIn(text).length > 0 ||
      holdsUrlPassword(text),
  },
  {
    kind: 'Yarn credentials',
    path: /\/\.yarnrc(?:\.yml)?$/,
    byName: 'no',
    holds: holdsValue(/^\s*["']?(?:npmAuthToken|npmAuthIdent|_authToken)["']?\s*:?\s+(.+)$/gm),
  },
  {
    kind: 'PyPI credentials',
    path: /\/\.pypirc$/,
    byName: 'likely',
    holds: holdsValue(/^\s*password\s*[:=]\s*(.+)$/gim),
  },
  {
    kind: 'package index credentials',
    path: /\/pip\.(?:conf|ini)$|\/\.condarc$|\/\.bundle\/config$|\/sources\.list$/,
    byName: 'no',
    holds: (text) => holdsUrlPassword(text) || holdsValue(/^BUNDLE_[A-Z0-9_]+__[A-Z0-9_]+:\s*(.+:.+)$/gm)(text),
  },
  {
    kind: 'Cargo credentials',
    path: /\/\.cargo\/credentials(?:\.toml)?$/,
    byName: 'certain',
    holds: holdsValue(/^\s*token\s*=\s*(.+)$/gm),
  },
  { kind: 'RubyGems credentials', path: /\/\.gem\/credentials$/, byName: 'certain' },
  {
    kind: 'Composer credentials',
    path: /\/auth\.json$/,
    byName: 'likely',
    holds: holdsValue(/"(?:password|token|[\w.-]*github\.com|[\w.-]*gitlab[\w.-]*)"\s*:\s*("[^"]+")/g),
  },
  {
    kind: 'Maven credentials',
    path: /\/settings(?:-security)?\.xml$/,
    byName: 'no',
    holds: holdsValue(/<(?:password|passphrase|master|privateKey)>([^<]+)<\//g),
  },
  {
    kind: 'Gradle credentials',
    path: /\/gradle\.properties$/,
    byName: 'no',
    holds: (text) => holdsNamedValue(text) === true,
  },
  {
    kind: 'NuGet credentials',
    path: /\/nuget\.config$/,
    byName: 'no',
    holds: holdsValue(/key="(?:cleartextpassword|password)"\s+value=("[^"]+")/gi),
  },
  { kind: 'package credentials', path: /\/apt\/auth\.conf$|\/auth\.conf\.d\/[^/]+$/, byName: 'certain' },
  // Credentials of version control, registries and clouds.
  { kind: 'netrc credentials', path: /\/[._]netrc$/, byName: 'certain', holds: holdsValue(/\bpassword\s+(\S+)/g) },
  { kind: 'git credentials', path: /\/\.git-credentials$/, byName: 'certain', holds: holdsUrlPassword },
  {
    kind: 'git credentials',
    path: /\/\.gitconfig$|\/\.git\/config$/,
    byName: 'no',
    holds: (text) => holdsUrlPassword(text) || tokensIn(text).length > 0,
  },
  { kind: 'GitHub credentials', path: /\/gh\/hosts\.ya?ml$/, byName: 'certain' },
  {
    kind: 'Docker credentials',
    path: /\/\.docker\/config\.json$|\/\.dockerconfigjson$|\/\.dockercfg$|\/\.docker\.config\.json$/,
    byName: 'likely',
    holds: holdsValue(/"(?:auth|password|identitytoken|registrytoken)"\s*:\s*("[^"]+")/g),
  },
  {
    kind: 'Kubernetes credentials',
    path: /\/\.kube\/config$|\/(?:[^/]*[.-])?kubeconfig(?:\.ya?ml)?$/,
    byName: 'likely',
    holds: holdsValue(/^\s*(?:client-key-data|token|password):\s*(.+)$/gm),
  },
  {
    kind: 'AWS credentials',
    path: /\/\.aws\/(?:credentials|config)$|\/aws[-_]?credentials$/,
    byName: 'likely',
    holds: holdsValue(/^\s*aws_(?:secret_access_key|session_token)\s*=\s*(.+)$/gim),
  },
  {
    kind: 'Google credentials',
    path: /\/application_default_credentials\.json$|\/[^/]*(?:service[-_]?account|adminsdk|gcp[-_]?key|gcloud|google[-_]?credentials)[^/]*\.json$/,
    byName: 'likely',
    holds: holdsGoogleKey,
  },
  {
    kind: 'Azure credentials',
    path: /\/\.azure\/(?:accesstokens|msal_token_cache|service_principal_entries)[^/]*$/,
    byName: 'certain',
  },
  {
    kind: 'cloud credentials',
    path: /\/\.(?:s3cfg|boto)$|\/rclone\.conf$|\/\.config\/doctl\/config\.yaml$/,
    byName: 'certain',
  },
  {
    kind: 'Terraform credentials',
    path: /\/\.terraformrc$|\/credentials\.tfrc\.json$/,
    byName: 'likely',
    holds: holdsValue(/"?token"?\s*[:=]\s*("[^"]+")/g),
  },
  { kind: 'Terraform state', path: /\/[^/]*\.tfstate(?:\.backup)?$/, byName: 'likely' },
  {
    kind: 'Terraform variables',
    path: /\/[^/]*\.tfvars$/,
    byName: 'no',
    holds: (text) => holdsNamedValue(text) === true,
  },
  // Credentials of services.
  {
    kind: 'database password',
    path: /\/\.(?:pgpass|my\.cnf|mylogin\.cnf|mongorc\.js)$/,
    byName: 'likely',
    holds: (text) => holdsValue(/^\s*password\s*=\s*(.+)$/gm)(text) || /^[^#:\s]+:[^:]*:[^:]*:[^:]*:\S+$/m.test(text),
  },
  { kind: 'password hashes', path: /\/\.?htpasswd$/, byName: 'likely', holds: (text) => /^[^#:\s]+:\S+/m.test(text) },
  {
    kind: 'VPN key',
    path: /\/[^/]*\.ovpn$|\/wg\d*\.conf$/,
    byName: 'likely',
    holds: (text) => /PRIVATE KEY-----|^\s*PrivateKey\s*=\s*\S/m.test(text),
  },
  {
    kind: 'secrets file',
    path: /\/\.?secrets?(?:\.(?:prod|production|dev|local|staging))?\.(?:ya?ml|json|toml|env|txt|properties|ini)$/,
    byName: 'likely',
    holds: holdsNamedValue,
  },
];

/** Any of them: most files of a context have no such name, and one look tells. */
const anyPath = new RegExp(rules.map(({ path }) => path.source).join('|'));

function holdsGoogleKey(text: string): boolean {
  return (
    /"private_key"\s*:\s*"-----BEGIN/.test(text) ||
    holdsValue(/"(?:refresh_token|client_secret)"\s*:\s*("[^"]+")/g)(text)
  );
}

/**
 * What secret a file holds, by its path (with `/`) and its content where that is known; undefined where it holds none, or
 * nothing says so. Never any of the content.
 */
export function secretFile(path: string, text?: string): SecretFile | undefined {
  const wanted = `/${path.replace(/^(?:\.\/|\/)+/, '').toLowerCase()}`;
  const rule = anyPath.test(wanted) ? rules.find((each) => each.path.test(wanted)) : undefined;
  if (rule && 'harmless' in rule) return undefined;
  if (text === undefined) {
    return rule && rule.byName !== 'no' ? { kind: rule.kind, certain: rule.byName === 'certain' } : undefined;
  }
  if (rule?.holds) {
    const held = rule.holds(text);
    if (held !== false) return { kind: rule.kind, certain: held === true };
  } else if (rule && rule.byName !== 'no' && text.trim() !== '')
    return { kind: rule.kind, certain: rule.byName === 'certain' };
  // Whatever it is called, a file that is nothing but a key is one.
  if (isWholeKey(text)) return { kind: 'private key', certain: true };
  if (wanted.endsWith('.json') && /"type"\s*:\s*"service_account"/.test(text) && holdsGoogleKey(text)) {
    return { kind: 'Google credentials', certain: true };
  }
  return undefined;
}

function isWholeKey(text: string): boolean {
  return /^\s*-----BEGIN [A-Z ]*PRIVATE KEY(?: BLOCK)?-----\s/.test(text) && isPrivateKey(text);
}
