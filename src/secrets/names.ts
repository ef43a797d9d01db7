/**
 * How much a variable's name says: `secret`, it is named as one; `possible`, one of the words stands in it. Undefined: no
 * word of the kind, or one that says that the value is about a secret and is none (`TOKEN_URL`, `PASSWORD_FILE`).
 */
export type NameVerdict = 'secret' | 'possible' | undefined;

const list = (words: string): ReadonlySet<string> => new Set(words.trim().split(/\s+/));

/** What a name that ends in one of these is. */
const secretWords = list(`password passwd passphrase pword passwords secret secrets token apikey apitoken credential
  credentials authtoken accesstoken secretkey privatekey accesskey pat pswd passwort`);
/** Words that say so behind another one: `DB_PASS`, `MYSQL_PWD`. */
const secretBehindAnother = list('pass pwd psw');
/** Words that BuildKit's check takes for a secret anywhere in a name, and that say little alone. */
const weakWords = list('key auth credential credentials password passwd pword secret token apikey pass pwd');

/** What makes a `key` a secret one. */
const secretKeys = list(`api access secret private priv encryption encrypt crypto signing license licence deploy ssh rsa
  master account storage jwt session app auth service admin hmac aes subscription cookie webhook ingest ingestion write
  application integration encryptions`);
/** Behind a secret's name, these leave it what it is. */
const trailing =
  list(`prod production dev development staging stage test live default value base64 b64 base encoded json
  string new old ro rw readonly arg build env input raw text plain`);

/** Behind or before one of the words, these say that the value is about a secret, is public, or is a switch. */
const about = list(`file files filename path paths dir directory folder location mount sock socket url urls uri uris
  endpoint host hostname port server servers domain issuer audience realm scope scopes provider backend method methods
  name names label alias user username email id ids version type types kind algorithm algo alg cipher length len size bits
  ttl expiry expires expiration expire expired exp timeout lifetime duration age days hours minutes seconds interval min
  max minimum maximum count limit limits policy strength complexity enabled enable disabled disable disables required
  require requires optional mode format header headers prefix suffix field column regex pattern public pub dummy fake
  example sample placeholder fingerprint checksum sha sha1 sha256 sha512 digest md5 keyserver keyring ring store
  keystore truststore rotation cache map mapping table index count class strategy callback redirect validation validate
  verify check checks strict skip no not has is use allow with without ignore hide show mask generator provided plugin
  plugins module middleware handler service_name binding tokenizer cert certificate ca crt only supported style`);

/** Frameworks put these into the files that they send to browsers, so nothing mounted could keep them secret. */
const shipped =
  /^(?:NEXT_PUBLIC|VITE|REACT_APP|VUE_APP|NUXT_PUBLIC|GATSBY|EXPO_PUBLIC|NG_APP|STORYBOOK|PUBLIC|SNOWPACK_PUBLIC)_/i;

/** Names that the rules would misjudge: what common software uses them for (July 2026). */
const byName: ReadonlyMap<string, NameVerdict> = new Map<string, NameVerdict>([
  // A fingerprint of a public key in the official images.
  ['GPG_KEY', undefined],
  ['GPG_KEYS', undefined],
  ['PWD', undefined],
  ['OLDPWD', undefined],
  // Holds credentials as JSON.
  ['COMPOSER_AUTH', 'secret'],
  ['DOCKER_AUTH_CONFIG', 'secret'],
  ['NPM_AUTH', 'secret'],
  ['NETRC', 'possible'],
  ['DBPASS', 'secret'],
  ['BUNDLE_GITHUB__COM', 'secret'],
  ['BUNDLE_RUBYGEMS__PKG__GITHUB__COM', 'secret'],
  // Half of a pair; with the other half it is one.
  ['AWS_ACCESS_KEY_ID', 'possible'],
  ['VAULT_SECRET_ID', 'secret'],
  ['SSH_PRIVATE_KEY', 'secret'],
  ['SSH_PRV_KEY', 'secret'],
]);

/** What a variable's name says about its value. */
export function secretName(name: string): NameVerdict {
  const upper = name.toUpperCase();
  if (byName.has(upper)) return byName.get(upper);
  if (shipped.test(name)) return undefined;
  const words = wordsOf(name);
  if (words.length === 0) return undefined;
  const core = withoutTrailing(words);
  const last = core.at(-1)!;
  const before = core.slice(0, -1);
  const trimmed = core.join('_').toUpperCase();
  if (core.length < words.length && byName.has(trimmed)) return byName.get(trimmed);
  if (before.some((word) => negates.has(word))) return undefined;
  if (words.some((word) => publics.has(word))) return undefined;
  if (secretWords.has(last)) return 'secret';
  if (secretBehindAnother.has(last) && before.length > 0) return 'secret';
  if (last === 'key' && before.length > 0) return secretKeys.has(before.at(-1)!) ? 'secret' : keyOf(before.at(-1)!);
  if (last === 'keys' && secretKeys.has(before.at(-1) ?? '')) return 'possible';
  if (words.length === 1 && /(?:password|passwd|apikey|secret|token)$/.test(last)) return 'secret';
  if (words.some((word) => about.has(word))) return undefined;
  return words.some((word) => weakWords.has(word)) ? 'possible' : undefined;
}

/** Words anywhere before a secret's name that make it a switch. */
const negates = list(
  'no skip disable disabled enable enabled allow use has is require requires ignore with without show hide',
);
/** Words anywhere in a name that say that nothing is kept secret. */
const publics = list('public pub dummy fake example sample placeholder tokenizer csrftoken');
/** Keys that are no secrets: of data, of packages' signatures, of hosts. */
const otherKeys = list(`apt gpg pgp repo repository primary sort foreign partition cache host public pub verify
  verification group hash map object row column lookup index registry apk rpm yum release signature hot shortcut`);

function keyOf(qualifier: string): NameVerdict {
  return otherKeys.has(qualifier) ? undefined : 'possible';
}

function withoutTrailing(words: readonly string[]): readonly string[] {
  let end = words.length;
  while (end > 1 && (trailing.has(words[end - 1]!) || /^\d+$/.test(words[end - 1]!))) end--;
  return words.slice(0, end);
}

/** The words of a name in lower case, at underscores, dashes, dots and humps: `npmAuthToken`, `NPM_AUTH_TOKEN`. */
function wordsOf(name: string): string[] {
  const humps = /[a-z]/.test(name) && /[A-Z]/.test(name) ? name.replace(/([a-z0-9])(?=[A-Z])/g, '$1_') : name;
  return humps
    .toLowerCase()
    .split(/[^a-z0-9]+/)
    .filter((word) => word !== '');
}
