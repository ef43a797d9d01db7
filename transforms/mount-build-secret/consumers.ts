/** Programs that read a secret by themselves: from a variable, or from a file where it lies. */
interface Consumer {
  /** Names of variables, upper case. */
  readonly variables?: RegExp;
  /** Kinds of files, as `secretFile` names them. */
  readonly files?: RegExp;
  /** Base names of programs. */
  readonly programs: RegExp;
  readonly source: string;
}

const node = /^(?:npm|npx|yarn|pnpm|pnpx|bun|bunx|lerna|nx|turbo|rush|corepack)$/;
const jvm = /^(?:mvnw?|gradlew?|sbt|ant|lein|clojure|mill)$/;

/** From the documentation of the programs (read November 2026). */
const consumers: readonly Consumer[] = [
  {
    // Named in an .npmrc as `${NPM_TOKEN}`, by convention.
    variables: /NPM|NODE_AUTH|YARN|FONTAWESOME|^(?:GITHUB|GH|GITLAB|CI_JOB)_/,
    files: /^(?:npm|Yarn) /,
    programs: node,
    source: 'https://docs.npmjs.com/cli/configuring-npm/npmrc',
  },
  {
    // Builds of front ends send source maps.
    variables: /SENTRY|TURBO|NX_|CONTENTFUL|SANITY|CLERK|NUXT|STRAPI|NEXT|AUTH_SECRET|STORYBLOK|API_KEY/,
    programs: /^(?:npm|npx|yarn|pnpm|bun|bunx|next|vite|webpack|turbo|nx|sentry-cli)$/,
    source: 'https://docs.sentry.io/cli/configuration/',
  },
  {
    variables: /COMPOSER|^(?:GITHUB|GH)_/,
    files: /^Composer /,
    programs: /^composer(?:\.phar)?$/,
    source: 'https://getcomposer.org/doc/articles/authentication-for-private-packages.md',
  },
  {
    variables: /^BUNDLE_|GEMFURY|SIDEKIQ/,
    files: /^(?:RubyGems|package index) /,
    programs: /^(?:bundle|bundler|gem)$/,
    source: 'https://bundler.io/man/bundle-config.1.html',
  },
  {
    variables: /^(?:SECRET_KEY_BASE|RAILS_MASTER_KEY|.*_KEY_BASE)$/,
    files: /^Rails /,
    programs: /^(?:bundle|rails|rake|bin\/rails|bin\/rake)$/,
    source: 'https://guides.rubyonrails.org/security.html#custom-credentials',
  },
  {
    variables: /^(?:PIP|UV|POETRY|PDM|TWINE|CONAN|HATCH)_|PYPI|CODEARTIFACT|ARTIFACTORY/,
    files: /^(?:PyPI|package index|netrc) /,
    programs: /^(?:pip[\d.]*|uv|poetry|pipenv|pdm|twine|python[\d.]*|conda|mamba)$/,
    source: 'https://pip.pypa.io/en/stable/topics/authentication/',
  },
  {
    variables: /^(?:HF|HUGGING_?FACE|HUGGINGFACE_HUB)_/,
    programs: /^(?:python[\d.]*|hf|huggingface-cli|pip[\d.]*|uv)$/,
    source: 'https://huggingface.co/docs/huggingface_hub/package_reference/environment_variables',
  },
  {
    variables: /DJANGO|FLASK|^SECRET_KEY$/,
    programs: /^(?:python[\d.]*|manage\.py|uv|poetry|django-admin|flask)$/,
    source: 'https://docs.djangoproject.com/en/5.2/ref/settings/#secret-key',
  },
  {
    variables: /CARGO/,
    files: /^(?:Cargo|netrc|git) /,
    programs: /^cargo$/,
    source: 'https://doc.rust-lang.org/cargo/reference/registry-authentication.html',
  },
  {
    variables: /MAVEN|MVN|NEXUS|ARTIFACTORY|GRADLE|ORG_GRADLE|SONATYPE|OSSRH|JFROG|^(?:GITHUB|GH|GITLAB)_/,
    files: /^(?:Maven|Gradle) /,
    programs: jvm,
    source: 'https://maven.apache.org/settings.html',
  },
  {
    variables: /NUGET|VSS_|AZURE_(?:DEVOPS|ARTIFACTS)|FEED|^PAT$|_PAT$/,
    files: /^NuGet /,
    programs: /^(?:dotnet|nuget|msbuild)$/,
    source: 'https://learn.microsoft.com/nuget/reference/nuget-config-file',
  },
  {
    variables: /^(?:GOPROXY|GOPRIVATE|GONOSUMDB|GOAUTH)/,
    files: /^(?:netrc|git) /,
    programs: /^go$/,
    source: 'https://go.dev/ref/mod#private-modules',
  },
  {
    variables: /HEX|OBAN/,
    programs: /^mix$/,
    source: 'https://hexdocs.pm/hex/Mix.Tasks.Hex.Config.html',
  },
  {
    variables: /^AWS_/,
    files: /^AWS /,
    programs: /^(?:aws|sam|cdk|terraform|s3cmd|dvc|sls|serverless|boto|python[\d.]*)$/,
    source: 'https://docs.aws.amazon.com/cli/latest/userguide/cli-configure-envvars.html',
  },
  {
    files: /^(?:Google|Azure|cloud|Terraform) /,
    programs: /^(?:gcloud|gsutil|az|doctl|rclone|s3cmd|dvc|terraform|python[\d.]*)$/,
    source: 'https://cloud.google.com/docs/authentication/application-default-credentials',
  },
  {
    files: /^(?:private key|git|GitHub|netrc)/,
    programs:
      /^(?:git|ssh|scp|rsync|go|npm|yarn|pnpm|pip[\d.]*|uv|poetry|cargo|composer|bundle|mix|curl|wget|gh|repo|svn)$/,
    source: 'https://git-scm.com/docs/gitcredentials',
  },
  {
    files: /^Docker /,
    programs: /^(?:docker|podman|buildah|skopeo|crane|oras|helm|kaniko)$/,
    source: 'https://docs.docker.com/reference/cli/docker/login/',
  },
  {
    files: /^Kubernetes /,
    programs: /^(?:kubectl|helm|kustomize|oc)$/,
    source: 'https://kubernetes.io/docs/concepts/configuration/organize-cluster-access-kubeconfig/',
  },
];

/** Whether a program reads a variable of this name without being told. */
export function readsVariable(program: string, name: string): boolean {
  const upper = name.toUpperCase();
  return consumers.some(({ variables, programs }) => variables?.test(upper) && programs.test(program));
}

/** Whether a program reads a file of this kind where it lies. */
export function readsFile(program: string, kind: string): boolean {
  return consumers.some(({ files, programs }) => files?.test(kind) && programs.test(program));
}

/** Whether a kind of file is for builds alone, so that the containers of an image have no use for it. */
export function isForBuilds(kind: string): boolean {
  return /^(?:npm|Yarn|PyPI|package index|Cargo|RubyGems|Composer|Maven|Gradle|NuGet|package|netrc|git|GitHub|Docker|private key)/.test(
    kind,
  );
}

/** Programs that have no use for a secret: of the system's packages and files. */
export const withoutSecrets = new Set(
  `apt-get apt dpkg apk yum dnf microdnf zypper rpm mkdir rmdir chmod chown chgrp cp mv rm ln touch echo printf cat ls
  useradd userdel usermod groupadd addgroup adduser sed ldconfig update-alternatives locale-gen true set cd test [ find
  tar unzip gzip which env apt-mark install sleep date pwd uname id corepack`
    .trim()
    .split(/\s+/),
);
