/** A step of a build that leaves what the application needs in the home of the user who runs it. */
export interface HomeStep {
  readonly name: string;
  /** Matches the text of the step. */
  readonly step: RegExp;
  /** A setting in the environment, or in the step itself, that moves it elsewhere. */
  readonly movedBy?: RegExp;
  readonly origin: string;
}

/** Read in November 2026 in the documentation or issues that `origin` names. */
export const homeSteps: readonly HomeStep[] = [
  {
    name: '`pip install --user`',
    step: /\bpip[\d.]*\s+install\b[^;&|]*\s--user\b/,
    movedBy: /\bPYTHONUSERBASE\b/,
    origin: 'pip.pypa.io/en/stable/user_guide/#user-installs',
  },
  {
    name: 'pipx',
    step: /\bpipx\s+(?:--\S+\s+)*install\b/,
    movedBy: /\bPIPX_HOME\b|--global\b/,
    origin: 'pipx.pypa.io/stable/docs',
  },
  {
    name: 'uv tools',
    step: /\buv\s+tool\s+install\b/,
    movedBy: /\bUV_TOOL_DIR\b/,
    origin: 'docs.astral.sh/uv/reference/environment',
  },
  {
    name: 'a Python of uv',
    step: /\buv\s+python\s+install\b/,
    movedBy: /\bUV_PYTHON_INSTALL_DIR\b/,
    origin: 'github.com/astral-sh/uv/issues/13309',
  },
  {
    // Where the image has none that fits.
    name: 'a Python that uv downloads',
    step: /\buv\s+(?:-\S+\s+)*(?:sync|venv|run|add)\b/,
    movedBy:
      /UV_PYTHON_INSTALL_DIR[= ]"?\/(?!root)|UV_PYTHON_DOWNLOADS[= ]"?(?:never|manual|0|false)|--no-python-downloads|--no-managed-python|UV_NO_MANAGED_PYTHON|only-system|--system(?![\w-])/,
    origin: 'docs.astral.sh/uv/concepts/python-versions',
  },
  {
    name: 'the environment of Poetry',
    step: /\bpoetry\s+(?:-\S+\s+)*(?:install|sync)\b/,
    movedBy:
      /virtualenvs\.(?:create\s+false|in-project\s+true)|POETRY_VIRTUALENVS_(?:CREATE[= ]"?(?:false|0)|IN_PROJECT[= ]"?(?:true|1)|PATH)/i,
    origin: 'python-poetry.org/docs/configuration/#cache-dir',
  },
  {
    name: 'the environment of Pipenv',
    step: /\bpipenv\s+(?:-\S+\s+)*(?:install|sync)\b(?![^;&|]*--system)/,
    movedBy: /PIPENV_VENV_IN_PROJECT|PIPENV_SYSTEM/,
    origin: 'pipenv.pypa.io/en/latest/configuration.html',
  },
  {
    name: 'the browsers of Playwright',
    step: /\bplaywright\s+install\b(?!-deps)/,
    movedBy: /PLAYWRIGHT_BROWSERS_PATH/,
    origin: 'playwright.dev/docs/browsers#managing-browser-binaries',
  },
  {
    name: 'the browser of Puppeteer',
    step: /\bpuppeteer\s+browsers\s+install\b|@puppeteer\/browsers\s+install\b/,
    movedBy: /PUPPETEER_CACHE_DIR/,
    origin: 'pptr.dev/guides/configuration',
  },
  {
    name: 'models of Hugging Face',
    step: /from_pretrained|huggingface-cli\s+download|\bhf\s+download\b|snapshot_download|SentenceTransformer\(|import pipeline\b|\bpipeline\(/,
    movedBy: /\bHF_HOME\b|TRANSFORMERS_CACHE|--local-dir|local_dir|SENTENCE_TRANSFORMERS_HOME|cache_dir/,
    origin: 'huggingface.co/docs/huggingface_hub/package_reference/environment_variables',
  },
  {
    name: 'data of NLTK',
    step: /nltk\.download|\bnltk\.downloader\b/,
    movedBy: /NLTK_DATA|download_dir|\s-d\s/,
    origin: 'www.nltk.org/data.html',
  },
  {
    name: 'models of PyTorch or Whisper',
    step: /torch\.hub|whisper\.load_model|easyocr\.Reader|torchvision\.models/,
    movedBy: /TORCH_HOME|download_root|XDG_CACHE_HOME|model_storage_directory/,
    origin: 'pytorch.org/docs/stable/hub.html',
  },
  {
    name: 'a package manager of corepack',
    step: /\bcorepack\s+(?:prepare|use|install)\b/,
    movedBy: /COREPACK_HOME/,
    origin: 'github.com/nodejs/corepack#environment-variables',
  },
  {
    name: 'nvm',
    step: /nvm-sh\/nvm|\bnvm\s+install\b/,
    movedBy: /NVM_DIR[= ]"?\/(?!root)/,
    origin: 'github.com/nvm-sh/nvm',
  },
  { name: 'Bun', step: /bun\.sh\/install/, movedBy: /BUN_INSTALL[= ]"?\/(?!root)/, origin: 'bun.sh/docs/installation' },
  {
    name: 'Deno',
    step: /deno\.land\/(?:x\/)?install/,
    movedBy: /DENO_INSTALL[= ]"?\/(?!root)/,
    origin: 'docs.deno.com',
  },
  {
    name: 'pyenv',
    step: /pyenv\.run|pyenv-installer|\bpyenv\s+install\b/,
    movedBy: /PYENV_ROOT[= ]"?\/(?!root)/,
    origin: 'github.com/pyenv/pyenv',
  },
  {
    name: 'Rust',
    step: /sh\.rustup\.rs|\brustup-init\b/,
    movedBy: /CARGO_HOME[= ]"?\/(?!root)/,
    origin: 'rust-lang.github.io/rustup/installation',
  },
  {
    name: 'programs of Cabal or Stack',
    step: /\bcabal\s+(?:v2-|new-)?install\b|\bstack\s+install\b/,
    movedBy: /--installdir|--local-bin-path|CABAL_DIR/,
    origin: 'cabal.readthedocs.io/en/stable/cabal-commands.html#cabal-install',
  },
  {
    name: 'Mix or Hex',
    step: /\bmix\s+local\.(?:hex|rebar)\b/,
    movedBy: /MIX_HOME/,
    origin: 'hexdocs.pm/mix/Mix.html',
  },
];
