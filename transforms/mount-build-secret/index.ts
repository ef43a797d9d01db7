import { findSecrets, secretSources } from '../../src/secrets/index.ts';
import { defineTransform } from '../../src/transform/index.ts';
import { fileFindings } from './files.ts';
import { literalFindings } from './literals.ts';
import { variableFindings } from './variables.ts';

export const mountBuildSecret = defineTransform({
  id: 'mount-build-secret',
  meta: {
    summary: 'Mount build secrets instead of leaving them in the image',
    why: 'The values of ARG and ENV stay in the history and the configuration of an image, and a copied file stays in its layer when a later step removes it. A secret mount is there for one step, and leaves nothing behind.',
    safety: 'manual',
    safetyNote:
      'The build command changes with the file: the finding names the new one for docker, compose, bake and GitHub Actions. A secret that FROM, LABEL, COPY or CMD reads, that a step writes to a file which stays, or that is read in a form which is not edited, is left as it is. A value that stands in the file is reported: it has to be rotated. What other programs than the known ones do with a secret is not known.',
    preset: 'recommended',
    since: '0.1.0',
    onbuild: false,
    answers: {
      hadolint: ['DL3064'],
      buildkit: ['SecretsUsedInArgOrEnv'],
      trivy: ['DS-0031'],
      cis: ['4.10'],
    },
  },
  needs(file) {
    const copies = file.instructions.some((each) => secretSources(file, each).length > 0);
    return { context: copies, usage: copies || findSecrets(file).some(({ place }) => place === 'argument') };
  },
  *find({ file, facts }) {
    const secrets = findSecrets(file);
    yield* literalFindings(file, facts, secrets);
    yield* variableFindings(file, facts, secrets);
    yield* fileFindings(file, facts);
  },
});
