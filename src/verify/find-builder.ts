import { accessSync, constants, statSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { type Builder, type BuilderName, builderNames } from './builder.ts';
import { DockerBuilder, type Making } from './docker.ts';
import { BuildError } from './errors.ts';
import { PodmanBuilder } from './podman.ts';

/**
 * Finds a builder on PATH that works: the one that is asked for, or the first of all. Every program of a name is tried,
 * as a newer docker client without its plugin may hide an older one that builds. Throws BuildError.
 */
export async function findBuilder(making: Making, wanted?: BuilderName): Promise<Builder> {
  const faults: string[] = [];
  for (const name of wanted === undefined ? builderNames : [wanted]) {
    const programs = programsNamed(name === 'buildx' ? 'docker' : name);
    if (programs.length === 0 && name !== 'buildx') faults.push(`there is no ${name} on PATH`);
    for (const program of programs) {
      try {
        return await openBuilder(making, name, program);
      } catch (error) {
        if (!(error instanceof BuildError) || error.kind === 'interrupted') throw error;
        faults.push(error.message);
      }
    }
  }
  const what = wanted === undefined ? 'no builder works here' : `the builder ${wanted} does not work here`;
  throw new BuildError('no-builder', `${what}: ${[...new Set(faults)].join('; ')}`);
}

function openBuilder(making: Making, name: BuilderName, program: string): Promise<Builder> {
  return name === 'buildx' || name === 'docker'
    ? DockerBuilder.open(making, program, name)
    : PodmanBuilder.open(making, program, name);
}

/** The programs of a name, in the order of PATH. */
function programsNamed(name: string): string[] {
  const folders = (process.env.PATH ?? '').split(delimiter).filter((folder) => folder !== '');
  return [...new Set(folders.map((folder) => join(folder, name)))].filter(isProgram);
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}
