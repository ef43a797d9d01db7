import { NotTheFormat, type Read, reading } from './value.ts';
import { child, children, childText, parseXml } from './xml.ts';

/** What pom.xml says; properties of the same file are put in where they are written as `${name}`. */
export interface MavenProject {
  readonly groupId: string | undefined;
  readonly artifactId: string;
  readonly version: string | undefined;
  readonly packaging: string;
  /** `build/finalName`; Maven's own is `artifactId-version`. */
  readonly finalName: string | undefined;
  readonly modules: readonly string[];
  readonly parent: { readonly artifactId: string | undefined; readonly relativePath: string | undefined } | undefined;
  /** The Java release that is compiled for, by whichever property or plugin setting says it. */
  readonly java: string | undefined;
  /** `groupId:artifactId` of dependencies, and the artifactId of plugins. */
  readonly dependencies: readonly string[];
  readonly plugins: readonly string[];
  /** Plugins that read the repository's git data. */
  readonly readsGit: readonly string[];
}

const GIT_PLUGIN = /git-commit-id|buildnumber-maven|jgitver|maven-git-versioning|git-versioner|gitflow/;

/** Reads pom.xml. */
export function readPom(source: string): Read<MavenProject> {
  return reading(() => {
    const project = parseXml(source);
    if (project.localName !== 'project') throw new NotTheFormat();
    const properties = new Map<string, string>();
    for (const property of children(child(project, 'properties'))) {
      properties.set(property.localName ?? '', property.textContent?.trim() ?? '');
    }
    const fill = (value: string | undefined) =>
      value?.replace(/\$\{([^}]*)\}/g, (whole, name: string) => properties.get(name) ?? whole);
    const parent = child(project, 'parent');
    const artifactId = childText(project, 'artifactId');
    if (artifactId === undefined) throw new NotTheFormat();
    const build = child(project, 'build');
    const managed = child(child(build, 'pluginManagement'), 'plugins');
    const plugins = [...children(child(build, 'plugins'), 'plugin'), ...children(managed, 'plugin')];
    const compiler = plugins.find((plugin) => childText(plugin, 'artifactId') === 'maven-compiler-plugin');
    const configuration = child(compiler, 'configuration');
    const java =
      childText(configuration, 'release') ??
      properties.get('maven.compiler.release') ??
      childText(configuration, 'source') ??
      properties.get('maven.compiler.source') ??
      properties.get('java.version');
    const names = plugins.map((plugin) => childText(plugin, 'artifactId')).filter((name) => name !== undefined);
    return {
      groupId: childText(project, 'groupId') ?? childText(parent, 'groupId'),
      artifactId,
      version: fill(childText(project, 'version') ?? childText(parent, 'version')),
      packaging: childText(project, 'packaging') ?? 'jar',
      finalName: fill(childText(build, 'finalName'))
        ?.replaceAll('${project.artifactId}', artifactId)
        .replaceAll('${project.version}', fill(childText(project, 'version')) ?? '${project.version}'),
      modules: children(child(project, 'modules'), 'module').map((module) => module.textContent?.trim() ?? ''),
      parent: parent && {
        artifactId: childText(parent, 'artifactId'),
        relativePath: childText(parent, 'relativePath'),
      },
      java: fill(java),
      dependencies: children(child(project, 'dependencies'), 'dependency').map(
        (dependency) => `${childText(dependency, 'groupId') ?? ''}:${childText(dependency, 'artifactId') ?? ''}`,
      ),
      plugins: names,
      readsGit: names.filter((name) => GIT_PLUGIN.test(name)),
    };
  });
}

/** The literal facts of a Gradle script, Groovy or Kotlin; what is worked out by code is not there. */
export interface GradleBuild {
  readonly plugins: readonly string[];
  readonly group: string | undefined;
  readonly version: string | undefined;
  readonly archivesName: string | undefined;
  /** `archiveFileName` of bootJar, shadowJar or jar, by task. */
  readonly archiveFileNames: Readonly<Record<string, string>>;
  readonly mainClass: string | undefined;
  /** The Java release of the toolchain or of the compatibility settings. */
  readonly java: string | undefined;
  /** `rootProject.name` and `include` of a settings script. */
  readonly rootName: string | undefined;
  readonly includes: readonly string[];
  /** Plugins that read the repository's git data. */
  readonly readsGit: readonly string[];
}

const GIT_GRADLE =
  /git-version|git-properties|gradle-git|axion-release|nebula\.release|grgit|reckon|jgitver|gitversion|\bsemver-git/i;

/** Reads literal facts of build.gradle, build.gradle.kts and their settings scripts; there is no parser for them. */
export function readGradle(source: string): GradleBuild {
  const code = source.replace(/\/\*[\s\S]*?\*\//g, ' ').replace(/(^|[^:"'])\/\/[^\n]*/g, '$1');
  const literal = (pattern: RegExp) => pattern.exec(code)?.[1];
  const all = (pattern: RegExp) => [...code.matchAll(pattern)].map((match) => match[1]!);
  const plugins = [
    ...all(/\bid\s*\(?\s*["']([^"'$]+)["']/g),
    ...all(/\bapply\s*\(?\s*plugin\s*[:=]\s*["']([^"'$]+)["']/g),
    ...all(/\bkotlin\s*\(\s*["']([^"'$]+)["']/g).map((name) => `org.jetbrains.kotlin.${name}`),
    ...all(/^\s*(?:`)?(java|application|war|java-library|groovy)(?:`)?\s*$/gm),
  ];
  const archives: Record<string, string> = {};
  for (const [, task, body] of code.matchAll(/\b(bootJar|shadowJar|bootWar|jar)\b[^{}\n]*\{([^{}]*)\}/g)) {
    const name = /archiveFileName(?:\.set\s*\(|\s*=)\s*["']([^"'$]+)["']/.exec(body!)?.[1];
    if (name !== undefined) archives[task!] = name;
  }
  const java =
    literal(/languageVersion(?:\.set\s*\(|\s*=)\s*JavaLanguageVersion\.of\s*\(\s*["']?(\d+)/) ??
    literal(/\bjvmToolchain\s*\(\s*(\d+)/) ??
    literal(/\bsourceCompatibility\s*=?\s*(?:JavaVersion\.VERSION_|["'])?(\d+(?:[._]\d+)?)/)?.replace('_', '.');
  const includes = all(/^\s*include\s*\(?\s*((?:["'][^"'$]+["']\s*,?\s*)+)/gm);
  return {
    plugins: [...new Set(plugins)],
    group: literal(/^\s*group\s*=?\s*["']([^"'$]+)["']/m),
    version: literal(/^\s*version\s*=?\s*["']([^"'$]+)["']/m),
    archivesName: literal(/\b(?:archivesBaseName\s*=|archivesName(?:\.set\s*\(|\s*=))\s*["']([^"'$]+)["']/),
    archiveFileNames: archives,
    mainClass: literal(/\bmainClass(?:Name)?(?:\.set\s*\(|\s*=)\s*["']([^"'$]+)["']/),
    java,
    rootName: literal(/\brootProject\.name\s*=\s*["']([^"'$]+)["']/),
    includes: includes.flatMap((list) => [...list.matchAll(/["']([^"']+)["']/g)].map((match) => match[1]!)),
    readsGit: plugins.filter((plugin) => GIT_GRADLE.test(plugin)),
  };
}
