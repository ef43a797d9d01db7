/** Names, values and files of the kinds that a search for secrets meets, judged by hand. None of the values is real. */

/** Made of a repeated pattern, so that no scanner of this repository takes a value for a live one. */
const made = (length: number, alphabet = 'a1B2c3D4e5F6g7H8i9J0'): string =>
  Array.from({ length }, (_, at) => alphabet[(at * 7) % alphabet.length]).join('');
const key = (label: string): string => `-----BEGIN ${label}-----\n${`${made(64)}\n`.repeat(4)}-----END ${label}-----\n`;

export const secretNames = `
  PASSWORD DB_PASSWORD MYSQL_ROOT_PASSWORD POSTGRES_PASSWORD PGPASSWORD MYSQL_PWD DB_PASS SMTP_PASS KEYSTORE_PASSWORD
  NPM_TOKEN GITHUB_TOKEN GH_TOKEN GITLAB_TOKEN CI_JOB_TOKEN NODE_AUTH_TOKEN HF_TOKEN SENTRY_AUTH_TOKEN VAULT_TOKEN
  NPMTOKEN npmToken npm_token github-token ACCESS_TOKEN_PROD SLACK_BOT_TOKEN
  SECRET SECRET_KEY SECRET_KEY_BASE DJANGO_SECRET_KEY JWT_SECRET CLIENT_SECRET SESSION_SECRET AWS_SECRET_ACCESS_KEY
  APP_SECRET AUTH_SECRET NEXTAUTH_SECRET VAULT_SECRET_ID API_KEY APIKEY OPENAI_API_KEY ALGOLIA_APIKEY APP_KEY
  SSH_PRIVATE_KEY SSH_KEY DEPLOY_KEY PRIVATE_KEY ENCRYPTION_KEY SIGNING_KEY RAILS_MASTER_KEY LICENSE_KEY
  AZURE_STORAGE_ACCOUNT_KEY GITHUB_PAT COMPOSER_AUTH NPM_AUTH DOCKER_AUTH_CONFIG GPG_PASSPHRASE ARTIFACTORY_CREDENTIALS
  DB_PASSWORD_1 API_KEY_BASE64 rootPassword`
  .trim()
  .split(/\s+/);

export const otherNames = `
  TOKENIZER TOKENIZERS_PARALLELISM TOKENIZER_MODEL MAX_TOKENS SECRET_KEY_BASE_DUMMY PASSWORD_FILE POSTGRES_PASSWORD_FILE
  SSH_AUTH_SOCK PUBLIC_KEY NEXT_PUBLIC_API_KEY VITE_API_KEY REACT_APP_GOOGLE_API_KEY GPG_KEY GPG_KEYS PGP_KEY APT_KEY
  REPO_KEY SORT_KEY PRIMARY_KEY CACHE_KEY KEYBOARD MONKEY KEYS_URL KEYRING KEYSERVER AUTHOR AUTHORS AUTHORITY XAUTHORITY
  TOKEN_URL TOKEN_ENDPOINT TOKEN_EXPIRY PASSWORD_POLICY PASSWORD_MIN_LENGTH AUTH_URL AUTH_TYPE AUTH_ENABLED USE_AUTH
  SKIP_AUTH NO_PASSWORD ALLOW_EMPTY_PASSWORD MYSQL_ALLOW_EMPTY_PASSWORD REQUIRE_PASSWORD SECRET_NAME SECRETS_DIR
  SECRET_PATH PWD OLDPWD PASSENGER_APP_ENV BYPASS COMPASS PASSIVE_PORT KEY_FILE SSL_KEY_PATH KEY_SIZE KEY_ID
  CREDENTIALS_FILE GOOGLE_APPLICATION_CREDENTIALS_FILE PATH NODE_ENV VERSION PATTERN COMPATIBILITY SECRETARY KEYCLOAK_HOME
  TOKEN_VERSION PASSWORD_HASH_ALGORITHM PUBLIC_TOKEN`
  .trim()
  .split(/\s+/);

/** Path, content (undefined: not read), and what is right: `certain`, `likely`, or `none`. */
export const files: readonly [path: string, text: string | undefined, verdict: 'certain' | 'likely' | 'none'][] = [
  ['.env', undefined, 'likely'],
  ['app/.env.production', undefined, 'likely'],
  ['.env', 'API_URL=https://api.example.com\nPORT=3000\n', 'none'],
  ['.env', `export API_KEY="${made(32)}"\n`, 'certain'],
  ['.env.local', 'DATABASE_URL=postgres://app:k3Jd92lx@db/app\n', 'certain'],
  ['.env', 'API_KEY=${API_KEY}\nTOKEN=\n', 'none'],
  ['.env', 'PASSWORD=changeme\n', 'likely'],
  ['.env.example', undefined, 'none'],
  ['.env.sample', 'API_KEY=your-key-here\n', 'none'],
  ['.env.d.ts', undefined, 'none'],
  ['prod.env', undefined, 'likely'],
  ['.envrc', undefined, 'likely'],
  ['src/environment.ts', undefined, 'none'],
  ['.npmrc', undefined, 'likely'],
  ['.npmrc', 'registry=https://registry.npmjs.org/\nengine-strict=true\n', 'none'],
  ['.npmrc', '//registry.npmjs.org/:_authToken=${NPM_TOKEN}\n', 'none'],
  ['.npmrc', `//registry.npmjs.org/:_authToken=npm_${made(36)}\n`, 'certain'],
  ['.npmrc', '; //registry.npmjs.org/:_authToken=\nsave-exact=true\n', 'none'],
  ['.yarnrc.yml', 'nodeLinker: node-modules\n', 'none'],
  ['.yarnrc.yml', `npmScopes:\n  a:\n    npmAuthToken: "${made(36)}"\n`, 'certain'],
  ['.yarnrc.yml', 'npmAuthToken: "${NPM_TOKEN}"\n', 'none'],
  ['.yarnrc.yml', undefined, 'none'],
  ['.netrc', undefined, 'certain'],
  ['_netrc', `machine a login b password ${made(12)}\n`, 'certain'],
  ['.netrc', 'machine a login b password $TOKEN\n', 'none'],
  ['.pypirc', '[distutils]\nindex-servers = pypi\n', 'none'],
  ['.pypirc', `[pypi]\nusername = __token__\npassword = pypi-${made(60)}\n`, 'certain'],
  ['pip.conf', '[global]\nindex-url = https://pypi.org/simple\n', 'none'],
  ['pip.conf', `[global]\nindex-url = https://bot:${made(20)}@pypi.example.com/simple\n`, 'certain'],
  ['pip.conf', undefined, 'none'],
  ['.docker/config.json', '{"auths":{},"credsStore":"desktop"}', 'none'],
  ['.docker/config.json', `{"auths":{"ghcr.io":{"auth":"${made(24)}"}}}`, 'certain'],
  ['config.json', '{"auth":"basic"}', 'none'],
  ['.kube/config', undefined, 'likely'],
  ['deploy/kubeconfig', `users:\n- user:\n    client-key-data: ${made(64)}\n`, 'certain'],
  ['kubeconfig.yaml', 'apiVersion: v1\nclusters: []\n', 'none'],
  ['.aws/credentials', undefined, 'likely'],
  ['.aws/credentials', `[default]\naws_secret_access_key = ${made(40)}\n`, 'certain'],
  ['.aws/config', '[default]\nregion = eu-central-1\n', 'none'],
  ['id_rsa', undefined, 'certain'],
  ['docker/ssh/id_ed25519', undefined, 'certain'],
  ['id_rsa.pub', undefined, 'none'],
  ['.ssh/known_hosts', undefined, 'none'],
  ['.ssh/config', undefined, 'none'],
  ['.ssh/deploy', undefined, 'likely'],
  ['server.key', undefined, 'likely'],
  ['server.key', key('RSA PRIVATE KEY'), 'certain'],
  ['tls.key', key('ENCRYPTED PRIVATE KEY'), 'certain'],
  ['signing.key', key('PGP PUBLIC KEY BLOCK'), 'none'],
  ['nginx.key', key('PGP PUBLIC KEY BLOCK'), 'none'],
  ['cert.pem', key('CERTIFICATE'), 'none'],
  ['both.pem', `${key('CERTIFICATE')}${key('PRIVATE KEY')}`, 'certain'],
  ['ca.crt', undefined, 'none'],
  ['cacert.pem', undefined, 'none'],
  ['docs/key.md', 'Paste `-----BEGIN RSA PRIVATE KEY-----` here\n', 'none'],
  ['src/pem.go', 'const header = "-----BEGIN RSA PRIVATE KEY-----"\n', 'none'],
  ['deploy', key('OPENSSH PRIVATE KEY'), 'certain'],
  ['release.jks', undefined, 'likely'],
  ['truststore.jks', undefined, 'none'],
  ['android/app/debug.keystore', undefined, 'none'],
  ['config/master.key', undefined, 'certain'],
  ['config/credentials/production.key', undefined, 'certain'],
  ['config/credentials.yml.enc', undefined, 'none'],
  ['auth.json', '{"http-basic":{}}', 'none'],
  ['auth.json', `{"http-basic":{"repo.example.com":{"username":"a","password":"${made(20)}"}}}`, 'certain'],
  ['settings.xml', '<settings><mirrors/></settings>', 'none'],
  ['settings.xml', '<server><password>${env.MAVEN_PASSWORD}</password></server>', 'none'],
  ['.m2/settings.xml', `<server><password>${made(16)}</password></server>`, 'certain'],
  ['gradle.properties', 'org.gradle.jvmargs=-Xmx2g\n', 'none'],
  ['gradle.properties', `signing.password=${made(16)}\n`, 'certain'],
  ['NuGet.Config', '<configuration><packageSources/></configuration>', 'none'],
  ['NuGet.Config', `<add key="ClearTextPassword" value="${made(30)}" />`, 'certain'],
  [
    'service-account.json',
    `{"type":"service_account","private_key":"-----BEGIN PRIVATE KEY-----\\n${made(64)}"}`,
    'certain',
  ],
  ['gcp.json', `{"type": "service_account","private_key": "-----BEGIN PRIVATE KEY-----\\n${made(64)}"}`, 'certain'],
  ['package.json', '{"name":"a"}', 'none'],
  ['.git-credentials', `https://bot:${made(20)}@github.com\n`, 'certain'],
  ['.gitconfig', '[user]\nname = A\n', 'none'],
  ['terraform.tfstate', undefined, 'likely'],
  ['terraform.tfvars', 'region = "eu"\n', 'none'],
  ['terraform.tfvars', `db_password = "${made(16)}"\n`, 'certain'],
  ['.htpasswd', 'admin:$apr1$abc$defghijklmnop\n', 'certain'],
  ['.pgpass', `db:5432:app:app:${made(12)}\n`, 'certain'],
  ['secrets.yml', undefined, 'likely'],
  ['k8s/secret.yaml', 'kind: ExternalSecret\n', 'none'],
  ['src/secrets.ts', undefined, 'none'],
  ['src/tokenizer.json', undefined, 'none'],
  ['vault.key.pub', undefined, 'none'],
  ['.vault-token', undefined, 'certain'],
  ['keys.go', undefined, 'none'],
];
