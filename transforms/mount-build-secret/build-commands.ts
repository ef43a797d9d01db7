import { type BuildUse, type Facts, isAvailable } from '../../src/transform/index.ts';

/** A secret as a build is given it: from a variable of the same name, or from a file. */
export interface GivenSecret {
  readonly id: string;
  /** The file, relative to where the build runs; undefined: the variable that has the id as its name. */
  readonly file: string | undefined;
}

/** How builds give a secret from now on, for each tool that builds, and where the repository names such builds. */
export function buildCommands(given: GivenSecret, facts: Facts): string {
  const { id, file } = given;
  const source = file === undefined ? `env=${id}` : `src=${file}`;
  const compose = file === undefined ? `environment: ${id}` : `file: ./${file}`;
  const action = file === undefined ? `secrets: ${id}=\${{ secrets.${id} }}` : `secret-files: ${id}=./${file}`;
  const ways = [
    `\`docker build --secret id=${id},${source} .\``,
    `in compose \`build: {secrets: [${id}]}\` of the service and \`secrets: {${id}: {${compose}}}\` of the file`,
    `in bake \`secret = ["id=${id},${source}"]\``,
    `with docker/build-push-action \`${action}\``,
  ];
  return `build it with ${ways.join(', ')}${namedBuilds(given, facts)}`;
}

function namedBuilds({ id, file }: GivenSecret, facts: Facts): string {
  const usage = facts.usage();
  if (!isAvailable(usage)) return '';
  const builds = usage.builds.filter((build) => file !== undefined || build.args.includes(id));
  const rest = builds.length > 0 ? builds : usage.builds;
  if (rest.length === 0) return '';
  const places = [...new Set(rest.map((build) => `${place(build)}`))];
  const shown = places.slice(0, 6).join(', ');
  const more = places.length > 6 ? ` and ${places.length - 6} more` : '';
  const what = builds.length > 0 && file === undefined ? 'builds that pass it as a build argument now' : 'builds here';
  return `; ${what}: ${shown}${more}`;
}

function place({ file, line, how }: BuildUse): string {
  return `\`${file}:${line}\` (${how})`;
}
