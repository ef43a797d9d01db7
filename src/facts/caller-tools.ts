/** Programs that read and write the files of whoever runs them, by their documentation of November 2026. */
const tools = new Set(
  `eslint prettier stylelint standard xo biome oxlint tslint jshint markdownlint markdownlint-cli2 cspell textlint htmlhint
  svgo terser uglifyjs sass postcss
  black isort flake8 pylint mypy ruff autopep8 yapf bandit pydocstyle pyright pre-commit cookiecutter copier sphinx-build
  rubocop standardrb erb_lint reek brakeman
  phpcs phpcbf php-cs-fixer phpstan psalm phpmd rector
  gofmt goimports golangci-lint staticcheck goreleaser buf protoc gosec
  clang-format clang-tidy cppcheck astyle uncrustify ktlint detekt scalafmt google-java-format checkstyle
  shellcheck shfmt bashate hadolint dockle yamllint yamlfmt jsonlint sqlfluff sql-formatter xmllint tidy vale
  terraform tofu terragrunt tflint tfsec terraform-docs checkov terrascan packer pulumi ansible ansible-playbook ansible-lint
  helm helmfile kustomize kubeval kubeconform
  semgrep trivy grype syft gitleaks trufflehog detect-secrets
  pandoc latexmk pdflatex xelatex lualatex tectonic asciidoctor asciidoctor-pdf doxygen plantuml mmdc d2 wkhtmltopdf
  ffmpeg sox magick convert mogrify exiftool gs qpdf ocrmypdf tesseract inkscape
  yt-dlp youtube-dl gallery-dl wget2 aria2c rclone
  jq yq xsv csvkit openapi-generator openapi-generator-cli swagger-codegen redocly spectral
  flyway liquibase sqitch
  newman robot behave cucumber codeql sonar-scanner cloc tokei scc commitlint conventional-changelog git-cliff semantic-release`
    .split(/\s+/)
    .filter((name) => name !== ''),
);

/** Whether a program is a tool for the files of whoever runs it. */
export const isCallersTool = (program: string): boolean => tools.has(program.replace(/\.(?:phar|jar|py)$/, ''));

/** Programs with windows, by their documentation of November 2026. */
const windowed = new Set(
  `firefox firefox-esr iceweasel thunderbird geary evolution epiphany midori
  libreoffice soffice abiword gnumeric evince okular xpdf zathura calibre
  gimp inkscape krita blender darktable freecad openscad cura cura-lulzbot prusa-slicer kicad audacity vlc mpv kdenlive shotcut obs
  rdesktop xfreerdp remmina virt-manager vncviewer vinagre
  code codium atom sublime_text gedit geany kate emacs-gtk gvim pycharm idea eclipse android-studio arduino
  xterm lilyterm gnome-terminal konsole alacritty kitty nautilus thunar pcmanfm
  steam wine wine64 pidgin hexchat telegram-desktop signal-desktop slack discord skypeforlinux zoom spotify transmission-gtk
  transmission-remote-gtk qbittorrent wireshark gparted keepassxc`
    .split(/\s+/)
    .filter((name) => name !== ''),
);

/** Whether a program opens windows as it is started. */
export const opensWindows = (program: string, words: readonly (string | undefined)[]): boolean =>
  windowed.has(program) &&
  !words.some((word) => /^--?(?:headless|batch|background|b|no-gui|nogui|version|help)\b/.test(word ?? ''));

/** Libraries that open windows, by the kind of manifest that lists them. */
export const windowLibraries: Readonly<Record<'python' | 'npm', ReadonlySet<string>>> = {
  python: new Set(
    'pyqt5 pyqt6 pyside2 pyside6 wxpython kivy pysimplegui freesimplegui customtkinter dearpygui pyglet arcade'.split(
      ' ',
    ),
  ),
  npm: new Set(['electron', 'nw', 'nodegui', '@nodegui/nodegui']),
};

/** Programs and packages that give a container a display of its own. */
export const ownDisplay =
  /\b(?:xvfb(?:-run)?|x11vnc|tigervnc[\w-]*|tightvnc[\w-]*|vncserver|xvnc|novnc|xpra|xrdp|kasmvnc[\w-]*|weston)\b/i;
