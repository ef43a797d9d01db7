/** An application whose build needs a secret, as people write it before they know of secret mounts. */
export interface SecretApp {
  readonly name: string;
  /** With `HOST` for the address of the services that want the secret, and `BASE` for the base image. */
  readonly dockerfile: string;
  /** Files of the build context; `SECRET` and `KEY` stand for the secret. */
  readonly files?: Readonly<Record<string, string>>;
  /** The build argument that carries it; undefined: a file does. */
  readonly argument?: string;
  /** Other build arguments. */
  readonly more?: Readonly<Record<string, string>>;
  /** A path of the image that is there only if the secret was right, and what it holds. */
  readonly proof: readonly [path: string, text: string];
}

const npmrc = '//HOST/npm/:_authToken=${NPM_TOKEN}\nregistry=http://HOST/npm/\n';
const manifest = '{"name":"app","version":"1.0.0","dependencies":{"secret-lib":"1.0.0"}}';
const proofOfNpm = ['/app/node_modules/secret-lib/index.js', 'module.exports = "from the private registry"'] as const;
const proofOfPip = ['/proof', 'from the private index'] as const;
const proofOfFetch = ['/proof', 'what only the token opens'] as const;
const check = 'RUN python3 -c "import secret_lib; print(secret_lib.text)" > /proof\n';

export const secretApps: readonly SecretApp[] = [
  {
    name: 'npm, an argument that .npmrc names',
    dockerfile: `FROM BASE
ARG NPM_TOKEN
WORKDIR /app
COPY .npmrc package.json ./
RUN npm install
`,
    files: { '.npmrc': npmrc, 'package.json': manifest },
    argument: 'NPM_TOKEN',
    proof: proofOfNpm,
  },
  {
    name: 'npm, ENV from the argument',
    dockerfile: `FROM BASE
ARG NPM_TOKEN
ENV NPM_TOKEN=\${NPM_TOKEN} NODE_ENV=production
WORKDIR /app
COPY . .
RUN npm install --omit=dev
CMD ["node", "index.js"]
`,
    files: { '.npmrc': npmrc, 'package.json': manifest },
    argument: 'NPM_TOKEN',
    proof: proofOfNpm,
  },
  {
    name: 'npm, .npmrc written and removed in a step',
    dockerfile: `FROM BASE
WORKDIR /app
COPY package.json .
ARG NPM_TOKEN
RUN echo "//HOST/npm/:_authToken=$NPM_TOKEN" > .npmrc && npm install --registry http://HOST/npm/ && rm -f .npmrc
`,
    files: { 'package.json': manifest },
    argument: 'NPM_TOKEN',
    proof: proofOfNpm,
  },
  {
    name: 'npm, a copied .npmrc that a later step removes',
    dockerfile: `FROM BASE
WORKDIR /app
COPY package.json .npmrc ./
RUN npm install
RUN rm -f .npmrc
COPY index.js .
`,
    files: {
      '.npmrc': '//HOST/npm/:_authToken=SECRET\nregistry=http://HOST/npm/\n',
      'package.json': manifest,
      'index.js': '',
    },
    proof: proofOfNpm,
  },
  {
    name: 'npm, build stage and its child',
    dockerfile: `ARG NPM_TOKEN
FROM BASE AS deps
ARG NPM_TOKEN
WORKDIR /app
COPY package.json .npmrc ./
RUN npm install
FROM deps
COPY index.js .
RUN node index.js
`,
    files: { '.npmrc': npmrc, 'package.json': manifest, 'index.js': '' },
    argument: 'NPM_TOKEN',
    proof: proofOfNpm,
  },
  {
    name: 'npm, not as root',
    dockerfile: `FROM BASE
WORKDIR /app
RUN chown 1000:1000 /app
USER 1000
ENV HOME=/tmp
ARG NPM_TOKEN
COPY --chown=1000:1000 package.json .npmrc ./
RUN npm install --cache /tmp/npm
`,
    files: { '.npmrc': npmrc, 'package.json': manifest },
    argument: 'NPM_TOKEN',
    proof: proofOfNpm,
  },
  {
    name: 'a front end whose build reads a token from its environment',
    dockerfile: `FROM BASE
WORKDIR /app
COPY package.json build.mjs ./
ARG SENTRY_AUTH_TOKEN
RUN npm run build
`,
    files: {
      'package.json': '{"name":"web","scripts":{"build":"node build.mjs"}}',
      'build.mjs': `import { writeFileSync } from 'node:fs';
const answer = await fetch('http://HOST/file', { headers: { authorization: \`Bearer \${process.env.SENTRY_AUTH_TOKEN}\` } });
if (!answer.ok) throw new Error(String(answer.status));
writeFileSync('/proof', await answer.text());
`,
    },
    argument: 'SENTRY_AUTH_TOKEN',
    proof: proofOfFetch,
  },
  {
    name: 'pip, the password in the address of the index',
    dockerfile: `FROM BASE
ARG PIP_PASSWORD
RUN pip install --break-system-packages --no-build-isolation --index-url "http://ci:\${PIP_PASSWORD}@HOST/simple/" secret-lib
${check}`,
    argument: 'PIP_PASSWORD',
    proof: proofOfPip,
  },
  {
    name: 'pip, in a list of commands that traces itself',
    dockerfile: `FROM BASE
ARG INDEX_TOKEN
RUN set -eu; \\
    mkdir -p /opt/a; \\
    pip install --break-system-packages --no-build-isolation --no-cache-dir \\
      --index-url "http://ci:$INDEX_TOKEN@HOST/simple/" secret-lib; \\
    rm -rf /opt/b || true
${check}`,
    argument: 'INDEX_TOKEN',
    proof: proofOfPip,
  },
  {
    name: 'pip, a copied .netrc',
    dockerfile: `FROM BASE
COPY .netrc /root/.netrc
RUN chmod 600 /root/.netrc && \\
    pip install --break-system-packages --no-build-isolation --index-url http://HOST/simple/ secret-lib && \\
    rm /root/.netrc
${check}`,
    files: { '.netrc': 'machine HOSTNAME login ci password SECRET\n' },
    proof: proofOfPip,
  },
  {
    name: 'curl with a header',
    dockerfile: `FROM BASE
ARG GITHUB_TOKEN
RUN curl -fsS -H "Authorization: Bearer $GITHUB_TOKEN" http://HOST/file > /proof && test -s /proof
RUN date > /built
`,
    argument: 'GITHUB_TOKEN',
    proof: proofOfFetch,
  },
  {
    name: 'wget in two steps, among other arguments',
    dockerfile: `FROM BASE
ARG VERSION=1 ARTIFACT_TOKEN
RUN wget -q --header "Authorization: Bearer \${ARTIFACT_TOKEN}" -O /first http://HOST/file?v=$VERSION
RUN wget -q --header "Authorization: Bearer \${ARTIFACT_TOKEN}" -O /proof http://HOST/file && cmp /first /proof
`,
    argument: 'ARTIFACT_TOKEN',
    proof: proofOfFetch,
  },
  {
    name: 'git, an address rewritten for one step',
    dockerfile: `FROM BASE
ARG GITHUB_TOKEN
RUN git config --global url."http://ci:\${GITHUB_TOKEN}@HOST/".insteadOf "https://github.com/" && \\
    git clone https://github.com/git/private.git /src && \\
    git config --global --remove-section url."http://ci:\${GITHUB_TOKEN}@HOST/" && \\
    cp /src/README /proof
`,
    argument: 'GITHUB_TOKEN',
    proof: ['/proof', 'a private repository'],
  },
  {
    name: 'git, the clone removed again',
    dockerfile: `FROM BASE
ARG GIT_PASSWORD
RUN git clone "http://ci:$GIT_PASSWORD@HOST/git/private.git" /tmp/src && cp /tmp/src/README /proof && rm -rf /tmp/src
`,
    argument: 'GIT_PASSWORD',
    proof: ['/proof', 'a private repository'],
  },
  {
    name: 'an SSH key from an argument',
    dockerfile: `FROM BASE
ARG SSH_PRIVATE_KEY
RUN mkdir -p -m 0700 /root/.ssh && \\
    echo "$SSH_PRIVATE_KEY" > /root/.ssh/id_ed25519 && \\
    chmod 600 /root/.ssh/id_ed25519 && \\
    ssh-keygen -y -f /root/.ssh/id_ed25519 > /proof && \\
    rm -rf /root/.ssh
`,
    argument: 'SSH_PRIVATE_KEY',
    proof: ['/proof', 'PUBLIC'],
  },
  {
    name: 'an SSH key from a copied file',
    dockerfile: `FROM BASE
WORKDIR /app
COPY id_ed25519 /root/.ssh/id_ed25519
RUN chmod 600 /root/.ssh/id_ed25519
RUN ssh-keygen -y -f /root/.ssh/id_ed25519 > /proof
RUN rm -f /root/.ssh/id_ed25519
`,
    files: { id_ed25519: 'KEY' },
    proof: ['/proof', 'PUBLIC'],
  },
  {
    name: 'a Django settings module that wants its key',
    dockerfile: `FROM BASE
WORKDIR /app
COPY manage.py .
ARG KEY
ENV DJANGO_SECRET_KEY=$KEY
RUN python3 manage.py collectstatic
CMD ["python3", "manage.py"]
`,
    files: {
      'manage.py': `import hashlib, os
key = os.environ["DJANGO_SECRET_KEY"]
assert hashlib.sha256(key.encode()).hexdigest() == "DIGEST", "wrong key"
open("/proof", "w").write("signed with the key")
`,
    },
    argument: 'KEY',
    proof: ['/proof', 'signed with the key'],
  },
  {
    name: 'cloud credentials for a download',
    dockerfile: `FROM BASE
ARG AWS_SECRET_ACCESS_KEY
COPY fetch.py /
RUN python3 /fetch.py
`,
    files: {
      'fetch.py': `import os, urllib.request
request = urllib.request.Request("http://HOST/file", headers={"Authorization": "Bearer " + os.environ["AWS_SECRET_ACCESS_KEY"]})
open("/proof", "wb").write(urllib.request.urlopen(request).read())
`,
    },
    argument: 'AWS_SECRET_ACCESS_KEY',
    proof: proofOfFetch,
  },
  {
    name: 'a step that works without the token as well',
    dockerfile: `FROM BASE
ARG LICENSE_KEY=""
RUN if [ -n "$LICENSE_KEY" ]; then curl -fsS -u "ci:$LICENSE_KEY" http://HOST/file -o /proof; else echo free > /proof; fi
`,
    argument: 'LICENSE_KEY',
    proof: proofOfFetch,
  },
  {
    name: 'a variable of the frontend',
    dockerfile: `# syntax=docker/dockerfile:1
FROM BASE
ARG API_TOKEN
RUN curl -fsS -H "Authorization: Bearer \${API_TOKEN}" http://HOST/file -o /proof
`,
    argument: 'API_TOKEN',
    proof: proofOfFetch,
  },
];
