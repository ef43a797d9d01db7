import type { Dockerfile, Instruction, Stage } from '../../src/dockerfile/index.ts';
import { namesSetBy } from '../../src/transform/index.ts';
import { lastOfBuild } from './subject.ts';

/** What speaks of the container and not of the build, and so goes to the final stage. */
const ofContainer = new Set([
  'EXPOSE',
  'VOLUME',
  'STOPSIGNAL',
  'HEALTHCHECK',
  'LABEL',
  'CMD',
  'ENTRYPOINT',
  'MAINTAINER',
]);
/** Variables that only a build reads. */
const ofBuild =
  /^(?:DEBIAN_FRONTEND|GO111MODULE|GOPROXY|GOPRIVATE|GOSUMDB|GONOSUMDB|GONOSUMCHECK|GOFLAGS|GOPATH|GOBIN|GOOS|GOARCH|GOARM|GOCACHE|GOMODCACHE|GOTOOLCHAIN|GOROOT|CGO_\w+|CC|CXX|CFLAGS|CXXFLAGS|LDFLAGS|RUSTFLAGS|CARGO_\w+|RUSTUP_\w+|SQLX_OFFLINE|PIP_\w+|PIPENV_\w+|POETRY_\w+|UV_\w+|PDM_\w+|NPM_CONFIG_\w+|npm_config_\w+|YARN_\w+|PNPM_\w+|COREPACK_\w+|MAVEN_\w+|GRADLE_\w+|M2_HOME|JAVA_HOME|NUGET_\w+|DOTNET_CLI_\w+|COMPOSER_\w+|BUILD_\w+|MIX_\w+|HEX_\w+)$/;
/** Variables that language images set, each with values of its own. */
const ofBase =
  /^(?:GO|GOLANG|RUST|RUSTUP|CARGO|NODE|NPM|YARN|PYTHON|JAVA|JDK|MAVEN|GRADLE|RUBY|GEM|BUNDLE|PHP|DOTNET|ASPNET|APP_UID|LANG|LC)(?:_|PATH|$)/;
/** Variables that only a running service reads: they need not stay in the build stage. */
const ofService = /^(?:PORT|HOST|GIN_MODE|RUST_LOG|LOG_LEVEL|SERVER_PORT|ASPNETCORE_URLS|ASPNETCORE_HTTP_PORTS)$/;

/** What the final stage gets of the instructions that stand in the build stage. */
export interface Carried {
  /** Taken out of the build stage, with the comments above them. */
  readonly moved: readonly Instruction[];
  /** ENV lines of the final stage as text without the keyword; those that are written anew leave the build stage's own. */
  readonly environment: readonly { readonly text: string; readonly from: Instruction; readonly moved: boolean }[];
  /** ARG lines that these refer to. */
  readonly args: readonly string[];
}

/**
 * Tells what of a stage's build part the container needs. Undefined where a variable of an instruction that moves comes
 * from somewhere that the final stage does not have.
 */
export function carriedOver(file: Dockerfile, stage: Stage, without: ReadonlySet<string>): Carried | undefined {
  const end = lastOfBuild(stage);
  const part = stage.instructions.filter((each) => each.index < end.index);
  const moved = part.filter((each) => ofContainer.has(each.keyword));
  const environment: Carried['environment'][number][] = [];
  for (const from of part) {
    if (from.keyword !== 'ENV') continue;
    const pairs = file.pairs(from);
    const kept = pairs.filter(([name]) => !ofBuild.test(name) && !without.has(name));
    if (kept.length === 0) continue;
    const whole = kept.length === pairs.length;
    const isService = whole && pairs.every(([name]) => ofService.test(name));
    const isPlain = file.args(from).includes('=') && kept.every(([, value]) => !/\n/.test(value));
    if (!whole && !isPlain) return undefined;
    const text = whole ? '' : kept.map(([name, value]) => `${name}=${value}`).join(' ');
    environment.push({ text, from, moved: isService });
  }
  const later = stage.instructions.filter((each) => each.index > end.index);
  const used = new Set<string>();
  const set = new Set([...environment.flatMap(({ from }) => namesSetBy(file, from)), ...without]);
  for (const each of [...moved, ...environment.map(({ from }) => from), ...later]) {
    if (each.keyword === 'CMD' || each.keyword === 'ENTRYPOINT' || each.keyword === 'HEALTHCHECK') continue;
    if (each.keyword === 'ENV' && environment.some(({ from, text }) => from === each && text !== '')) continue;
    for (const [, bare, braced] of file.args(each).matchAll(/\$(?:(\w+)|\{(\w+))/g)) used.add((bare ?? braced)!);
    for (const name of namesSetBy(file, each)) if (each.index > end.index) set.add(name);
  }
  const args: string[] = [];
  for (const name of used) {
    // Every image has these.
    if (set.has(name) || name === 'PATH' || name === 'HOME') continue;
    const setBy = part.findLast((each) => each.keyword === 'ARG' && namesSetBy(file, each).includes(name));
    const word = setBy && file.words(setBy).find((each) => each.text.split('=')[0] === name);
    if (!word && ofBase.test(name)) return undefined;
    // What nothing sets is as empty there as it was here.
    if (!word) continue;
    args.push(word.text);
  }
  return { moved, environment, args };
}
