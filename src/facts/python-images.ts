/** Images that have a Python on PATH. */
interface PythonImage {
  /** Matches the familiar name with the tag; its group is the version, where the tag has it. */
  readonly image: RegExp;
  readonly origin: string;
}

/** Read in November 2026 in the descriptions that `origin` names. */
const pythonImages: readonly PythonImage[] = [
  // Also mirrors of it, and images of the same name: of devcontainers, of Lambda, of Playwright.
  {
    image: /(?:^|\/)(?:aws-lambda-)?(?:python|pypy):(?:1-)?(?:(\d+\.\d+(?:\.\d+)?)(?![\w.]))?/,
    origin: 'hub.docker.com/_/python',
  },
  {
    image: /^(?:ghcr\.io\/astral-sh|astral)\/uv:(?:.*-)?python(\d+\.\d+)/,
    origin: 'docs.astral.sh/uv/guides/integration/docker',
  },
  { image: /^nikolaik\/python-nodejs:(?:python(\d+\.\d+))?/, origin: 'github.com/nikolaik/docker-python-nodejs' },
  { image: /(?:^|\/)python-3\d*:/, origin: 'catalog.redhat.com/software/containers/ubi9/python-312' },
  { image: /^(?:continuumio\/(?:mini|ana)conda3|condaforge\/\w+):/, origin: 'github.com/conda-forge/miniforge-images' },
  { image: /^(?:quay\.io\/)?jupyter\/[\w-]+:/, origin: 'github.com/jupyter/docker-stacks' },
  { image: /^(?:pytorch\/pytorch|tensorflow\/tensorflow):/, origin: 'hub.docker.com/r/pytorch/pytorch' },
];

/** The Python of an image, by its familiar name and tag; undefined where it is not known to have one. */
export function pythonOfImage(repository: string, tag: string): { readonly version: string | undefined } | undefined {
  for (const { image } of pythonImages) {
    const found = image.exec(`${repository}:${tag}`);
    if (found) return { version: found[1] };
  }
  return undefined;
}
