import { posix } from 'node:path';
import type { Output } from './compiled.ts';
import type { Subject } from './subject.ts';

/** The jars of Maven, Gradle and jar: the name that their documentation says the build gives. */
export function jarOutputs(subject: Subject): Output[] {
  const { context, layout } = subject;
  return subject.commands.flatMap((command) => {
    if (command.directory === undefined || command.conditional) return [];
    if (command.name === 'jar') {
      const at = command.words.findIndex((word) => word === '-f' || word === '--file');
      const joined = command.words.find((word) => word?.startsWith('--file='))?.slice(7);
      const old =
        /^-?[cvfe0M]*c[cvfem0M]*$/.test(command.words[0] ?? '') && command.words[0]!.includes('f')
          ? command.words[1]
          : undefined;
      const name = joined ?? (at === -1 ? old : command.words[at + 1]);
      return name === undefined ? [] : [{ path: posix.resolve(command.directory, name), command }];
    }
    const isMaven = /^mvnw?$/.test(command.name);
    if (!isMaven && !/^gradlew?$/.test(command.name)) return [];
    return (context?.manifests ?? []).flatMap((each) => {
      const image = layout?.imageOf(each.path);
      if (image === undefined || !each.facts.ok) return [];
      const folder = posix.dirname(image);
      if (folder !== command.directory && !folder.startsWith(`${command.directory}/`)) return [];
      if (isMaven && each.kind === 'pom.xml') {
        const { artifactId, version, finalName, packaging } = each.facts.value;
        const name = finalName ?? (version === undefined ? undefined : `${artifactId}-${version}`);
        if (name === undefined || /\$\{/.test(name) || packaging === 'pom') return [];
        return [{ path: `${folder}/target/${name}.${packaging === 'war' ? 'war' : 'jar'}`, command }];
      }
      if (isMaven || each.kind !== 'gradle' || !/build\.gradle/.test(each.path)) return [];
      return gradleJars(subject, each.path, each.facts.value).map((name) => ({
        path: `${folder}/build/libs/${name}`,
        command,
      }));
    });
  });
}

interface GradleFacts {
  readonly plugins: readonly string[];
  readonly version: string | undefined;
  readonly archivesName: string | undefined;
  readonly archiveFileNames: Readonly<Record<string, string>>;
}

/** The runnable jar of a Gradle project: bootJar's (never the plain one), shadow's, else the jar. */
function gradleJars({ context }: Subject, path: string, facts: GradleFacts): string[] {
  const { archiveFileNames: named, plugins } = facts;
  const settings = context!.manifests.find((each) => each.kind === 'gradle' && /settings\.gradle/.test(each.path));
  const root = settings?.kind === 'gradle' && settings.facts.ok ? settings.facts.value.rootName : undefined;
  const folder = posix.dirname(path);
  const project = facts.archivesName ?? (folder === '.' ? root : posix.basename(folder));
  const version = facts.version === undefined ? '' : `-${facts.version}`;
  if (plugins.includes('org.springframework.boot')) {
    const name = named.bootJar ?? (project === undefined ? undefined : `${project}${version}.jar`);
    return name === undefined ? [] : [name];
  }
  const shadow = plugins.some((each) => /shadow/.test(each));
  if (shadow)
    return named.shadowJar ? [named.shadowJar] : project === undefined ? [] : [`${project}${version}-all.jar`];
  const name = named.jar ?? (project === undefined ? undefined : `${project}${version}.jar`);
  return name === undefined ? [] : [name];
}

/** Directories of classes: of javac -d, and those of Maven and Gradle. */
export function classDirectories({ commands }: Subject): string[] {
  return commands.flatMap((each) => {
    if (each.directory === undefined || each.conditional) return [];
    if (each.name === 'javac') {
      const at = each.words.indexOf('-d');
      const to = at === -1 ? undefined : each.words[at + 1];
      return to === undefined ? [] : [posix.resolve(each.directory, to)];
    }
    if (/^mvnw?$/.test(each.name)) {
      const copies = each.words.some((word) => word?.includes('dependency:copy-dependencies'));
      return [`${each.directory}/target/classes`, ...(copies ? [`${each.directory}/target/dependency`] : [])];
    }
    return [];
  });
}
