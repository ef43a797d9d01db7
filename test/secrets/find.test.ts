import { describe, expect, test } from 'vitest';
import { Dockerfile } from '../../src/dockerfile/index.ts';
import { findSecrets } from '../../src/secrets/index.ts';

/** Characters of an alphabet in an order that repeats none of them soon: no live token looks like this. */
const made = (length: number, alphabet = 'aB1cD2eF3gH4iJ5kL6mN7oP8qR9sT0uV'): string =>
  Array.from({ length }, (_, at) => alphabet[(at * 11 + Math.floor(at / alphabet.length)) % alphabet.length]).join('');
const hex = (length: number): string => made(length, '0f1e2d3c4b5a6978');
const upper = (length: number): string => made(length, 'A2B3C4D5E6F7G2H3');
const letters = (length: number): string => made(length, 'aBcDeFgHiJkLmNoPqRsTuVwXyZ');

/** One token of each issuer, put together so that no text of this file is one. */
const tokens: Readonly<Record<string, string>> = {
  'GitHub token': `ghp_${made(36)}`,
  'GitLab token': `glpat-${made(20)}`,
  'npm token': `npm_${made(36)}`,
  'PyPI token': `pypi-AgEIcHlwaS5vcmc${made(60)}`,
  'Docker Hub token': `dckr_pat_${made(27)}`,
  'AWS access key': `AKIA${upper(16)}`,
  'Google API key': `AIza${made(35)}`,
  'Google OAuth secret': `GOCSPX-${made(28)}`,
  'Slack token': `xoxb-${made(12, '1029384756')}-${made(24)}`,
  'Stripe key': `sk_live_${made(24)}`,
  'SendGrid key': `SG.${made(22)}.${made(43)}`,
  'DigitalOcean token': `dop_v1_${hex(64)}`,
  'Hugging Face token': `hf_${letters(34)}`,
  'OpenAI key': `sk-proj-${made(48)}`,
  'Anthropic key': `sk-ant-api03-${made(90)}`,
  'HashiCorp token': `hvs.${made(30)}`,
  'Databricks token': `dapi${hex(32)}`,
  'Shopify token': `shpat_${hex(32)}`,
  'Atlassian token': `ATATT3${made(70)}`,
  'RubyGems key': `rubygems_${hex(48)}`,
  'NuGet key': `oy2${made(43, 'a1b2c3d4e5f6g7h8')}`,
  'Azure storage key': `AccountKey=${made(86)}==`,
  'Grafana token': `glsa_${made(32)}_${hex(8)}`,
  'Sentry token': `sntrys_${made(50)}`,
  'New Relic key': `NRAK-${upper(27)}`,
  'Tailscale key': `tskey-auth-${made(12)}-${made(24)}`,
  'Telegram bot token': `1029384756:AA${made(33)}`,
  'JSON web token': `eyJ${made(20)}.eyJ${made(30)}.${made(43)}`,
};

const found = (text: string) => findSecrets(new Dockerfile(`FROM debian:12\n${text}\n`));

describe('tokens of known shapes', () => {
  test.each(Object.entries(tokens))('%s, wherever it stands', (kind, token) => {
    for (const text of [`RUN ./deploy ${token}`, `LABEL a="${token}"`, `ENV X=${token}`, `CMD ["a", "${token}"]`]) {
      const [secret] = found(text);
      expect(secret).toMatchObject({ kind, literal: true, certain: true });
      expect(`FROM debian:12\n${text}\n`.slice(secret!.span.start, secret!.span.end)).toBe(token);
    }
  });

  test.each(Object.entries(tokens))('%s, cut short, is none', (_, token) => {
    expect(found(`RUN ./deploy ${token.slice(0, token.length * 0.6)}`)).toEqual([]);
  });

  test('those of documentation are none', () => {
    expect(found('RUN aws configure set aws_access_key_id AKIAIOSFODNN7EXAMPLE')).toEqual([]);
    expect(found(`RUN echo ghp_${'x'.repeat(36)}`)).toEqual([]);
  });
});

describe('values that stand in the file', () => {
  test.each([
    'ENV DB_PASSWORD=k3Jd92lxQ',
    'ENV DB_PASSWORD k3Jd92lxQ',
    'ENV A=1 DB_PASSWORD="k3Jd92lxQ" B=2',
    'ARG NPM_TOKEN=k3Jd92lxQ',
    'LABEL api_key=k3Jd92lxQ',
    'ENV DB_PASSWORD=${DB_PASSWORD:-k3Jd92lxQ}',
    'ENV DATABASE_URL=postgres://app:k3Jd92lxQ@db/app',
    'RUN git clone https://k3Jd92lxQk3Jd92lxQ@github.com/a/b',
    'RUN git clone https://ci:k3Jd92lxQ@example.com/a/b',
    'RUN curl -u ci:k3Jd92lxQ https://example.com',
    'RUN curl -H "Authorization: Bearer k3Jd92lxQ" https://example.com',
    'RUN PGPASSWORD=k3Jd92lxQ psql -c "select 1"',
    'RUN export API_TOKEN=k3Jd92lxQ && make',
    'RUN mysql --password=k3Jd92lxQ -e x',
    'RUN ./x --api-key k3Jd92lxQ',
    'RUN echo "root:k3Jd92lxQ" | chpasswd',
    'RUN sshpass -p k3Jd92lxQ ssh a@b',
    'RUN docker login -u a -p k3Jd92lxQ',
    'CMD ./app -db "app:k3Jd92lxQ@tcp(db:3306)/app"',
    'ONBUILD RUN ./x --token=k3Jd92lxQ',
  ])('%s', (text) => {
    expect(found(text).filter(({ literal, certain }) => literal && certain)).toHaveLength(1);
  });

  test.each([
    'ENV DB_PASSWORD=$DB_PASSWORD',
    'ENV DB_PASSWORD=',
    'ENV DB_PASSWORD=changeme',
    'ENV DB_PASSWORD=/run/secrets/db',
    'ENV DB_PASSWORD_FILE=k3Jd92lxQ',
    'ENV TOKEN_URL=https://example.com/token',
    'ENV USE_AUTH=true PASSWORD_MIN_LENGTH=12 TOKEN_TTL=3600s',
    'ENV GPG_KEY=A035C8C19219BA821ECEA86B64E628F8D684696D',
    'ARG COMMIT=4b825dc642cb6eb9a060e54bf8d69288fbee4904',
    'ENV SECRET_KEY_BASE=dummy-for-build',
    'ENV PGRST_SECRET_IS_BASE64=false',
    'ENV DATABASE_URL=postgres://app:$DB_PASSWORD@db/app',
    'ENV DATABASE_URL=postgres://user:password@localhost/dummy',
    'RUN git clone https://github.com/a/b && pip install git+https://$TOKEN@github.com/a/b',
    'RUN sed -i "s@http://.*archive.ubuntu.com@http://mirror@" /etc/apt/sources.list',
    'RUN npm install @scope/a@1.2.3 && go get example.com/a@v1.2.3',
    'RUN curl -u $USER:$PASSWORD https://example.com && curl -u ci: https://example.com',
    'RUN echo "password=secret" && grep --password x',
    'RUN ./x --token=$TOKEN --password "$(cat /run/secrets/a)" --secret-name a',
    'RUN echo "${SEL_USER}:$(cat /run/secrets/SEL_PASSWD)" | chpasswd',
    'FROM debian@sha256:0000000000000000000000000000000000000000000000000000000000000000',
    'RUN echo "0123456789abcdef0123456789abcdef  a.tgz" | md5sum -c',
    'RUN chown app:app /x && useradd -u 1000 -p "" app',
    'RUN openssl dhparam -out /dh.pem 2048',
    'COPY tokenizer.json tokens.txt /models/',
  ])('none in %s', (text) => {
    expect(found(text).filter(({ literal, certain }) => literal && certain)).toEqual([]);
  });
});

test('a secret has no field with its value', () => {
  const text = JSON.stringify(
    found('ENV DB_PASSWORD=k3Jd92lxQ').map(({ instruction, ...rest }) => ({ ...rest, keyword: instruction.keyword })),
  );
  expect(text).not.toContain('k3Jd');
});
