/**
 * Stand-ins for the tools of each ecosystem, as scripts for busybox: they read and make the same files as the tools do,
 * fail without what the tools fail without, and take in Git data where the tools do.
 */
export const standIns: Readonly<Record<string, string>> = {
  git: `case "$1" in
  clone) for last; do :; done; mkdir -p "$last/.git" && echo clone > "$last/.git/HEAD" ;;
  checkout|config|tag|push) : ;;
  *) cat .git/HEAD 2>/dev/null || { echo 'fatal: not a git repository' >&2; exit 128; } ;;
esac`,
  npm: `case "$1" in
  ci|install|i)
    [ "$1" = ci ] && rm -rf node_modules
    mkdir -p node_modules
    case " $* " in *--omit=dev*) echo production ;; *) echo all ;; esac > node_modules/.installed
    for package in packages/* apps/*; do [ -f "$package/package.json" ] && mkdir -p "$package/node_modules" && echo linked > "$package/node_modules/.installed"; done; exit 0 ;;
  run)
    script=$(sed -n "s/.*\\"$2\\": *\\"\\([^\\"]*\\)\\".*/\\1/p" package.json); [ -n "$script" ] || exit 1; exec sh -c "$script" ;;
esac`,
  yarn: 'case "$1" in ""|install) npm install ;; *) npm run "$1" ;; esac',
  pnpm: 'case "$1" in install) npm install ;; -r) for package in apps/*; do (cd "$package" && npm run "$2"); done ;; esac',
  corepack: ':',
  tsc: `grep -q all node_modules/.installed || [ -d node_modules/typescript ] || exit 127
mkdir -p dist && echo built > dist/server.js`,
  next: 'grep -q all node_modules/.installed && mkdir -p .next && echo built > .next/BUILD_ID',
  'react-scripts': 'mkdir -p build && echo built > build/index.html',
  tsup: 'mkdir -p dist && echo built > dist/server.js',
  pip: `case " $* " in
  *" . "*) grep -qs 'setuptools_scm\\|versioneer' pyproject.toml setup.py && { mkdir -p /site && cat .git/HEAD > /site/version || exit 1; } ;;
esac; mkdir -p /site && echo installed > /site/installed`,
  python: '[ "$1" = -m ] && { shift; exec "$@"; }',
  uv: 'mkdir -p .venv && echo installed > .venv/pyvenv.cfg',
  go: `[ "$1" = build ] || exit 0
out=$(echo "$*" | sed 's/.*-o \\([^ ]*\\).*/\\1/'); case " $* " in *-buildvcs=false*) stamp= ;; *) command -v git > /dev/null && stamp=$(git rev-parse HEAD 2> /dev/null) ;; esac
echo "program $stamp" > "$out"`,
  make: 'version=$(git describe) || exit 1; echo "program $version" > /app',
  cargo: `grep -q vergen Cargo.toml && { git rev-parse HEAD > /commit || exit 1; }
mkdir -p target/release && echo built > target/release/app`,
  mvn: `grep -q git-commit-id pom.xml && { git rev-parse HEAD > /commit || exit 1; }
for pom in $(find . -name pom.xml); do d=$(dirname "$pom"); mkdir -p "$d/target"; echo built > "$d/target/$(basename "$(cd "$d" && pwd)").jar"; done`,
  gradle: 'mkdir -p build/libs .gradle && echo built > build/libs/app.jar && echo cache > .gradle/cache',
  dotnet: `out=$(echo "$*" | sed 's/.*-o \\([^ ]*\\).*/\\1/'); mkdir -p "$out"
for project in $(find . -name '*.csproj'); do d=$(dirname "$project"); mkdir -p "$d/bin" "$d/obj"; echo built > "$d/obj/made"; done
{ echo built; grep -q 'net10' $(find . -name '*.csproj' | head -1) && cat .git/HEAD; :; } > "$out/Web.dll"`,
  composer: 'mkdir -p vendor && echo installed > vendor/autoload.php',
  bundle:
    'if [ -f app.gemspec ]; then git ls-files > /gems || exit 1; fi; mkdir -p /gem && echo installed > /gem/installed',
  mix: 'mkdir -p deps _build/prod/rel/app && echo built > _build/prod/rel/app/run',
  cmake: `[ "$1" = --build ] && exit 0
if [ -f build/CMakeCache.txt ] && ! grep -q "=$PWD$" build/CMakeCache.txt; then echo 'the cache is of another folder' >&2; exit 1; fi
mkdir -p build && echo built > build/app`,
  apk: `case " $* " in *' git '*) cp /extra/git /tools/git ;; esac`,
  'ssh-add': ':',
};
