import { posix } from 'node:path';
import { chiseledRuntime, type DotnetKind, runtimesReadOn } from '../../src/facts/index.ts';
import type { StageCommand } from '../../src/transform/index.ts';
import { languages } from './languages.ts';
import { commonRefusal, containerNeeds, contextRefusal, healthcheckRefusal, startInstruction } from './pitfalls.ts';
import { type Artifact, isRefusal, type Recipe, refuse } from './plan.ts';
import { readSources } from './sources.ts';
import type { Subject } from './subject.ts';
import { userFor } from './user.ts';
import { writtenDirectories } from './writes.ts';

type Manifest = Extract<NonNullable<Subject['context']>['manifests'][number], { kind: 'dotnet' }>;
type Project = Extract<Manifest['facts'], { ok: true }>['value'];

/** Packages that load libraries which no chiseled image has: their documentation, November 2026. */
const needLibraries =
  /^(?:System\.Drawing\.Common|SkiaSharp|QuestPDF|HarfBuzzSharp|System\.DirectoryServices.*|Oracle\.ManagedDataAccess|DinkToPdf|PuppeteerSharp|Microsoft\.Playwright|LibGit2Sharp|IronPdf.*|Magick\.NET.*)$/;

export const dotnet: Recipe = {
  id: 'dotnet',
  plan(subject) {
    const { base, commands, start, directory } = subject;
    if (base.repository !== 'mcr.microsoft.com/dotnet/sdk') return undefined;
    if (start?.argv?.[0] === 'dotnet' && /^(?:run|watch|test)$/.test(start.argv[1] ?? '')) {
      return refuse('starts-with-toolchain', `\`dotnet ${start.argv[1]}\``, startInstruction(subject));
    }
    const common = commonRefusal(subject) ?? contextRefusal(subject);
    if (common) return common;
    if (!start?.argv || directory === undefined) return refuse('start-unknown');
    const [, version] = /^(\d+\.\d+)/.exec(base.tag) ?? [];
    if (version === undefined || base.written.includes('$') || /alpine|azurelinux|nanoserver|windows/.test(base.tag))
      return refuse('no-runtime-image', `\`${base.tag}\``);
    const outputs = commands.flatMap((each) => outputOf(each) ?? []);
    if (start.argv[0] !== 'dotnet') return refuse('artifact-unknown', undefined, startInstruction(subject));
    const dll = posix.resolve(directory, start.argv[1] ?? '');
    const output = outputs.find((each) => each === posix.dirname(dll));
    const project = projects(subject).find((each) => `${each.assembly}.dll` === posix.basename(dll));
    if (output === undefined || !project)
      return refuse('artifact-unknown', `\`${start.argv[1]}\``, startInstruction(subject));
    const { facts } = project;
    if (facts.conditional) return refuse('artifact-unknown', 'conditions decide about the project');
    const heavy = facts.packages.find((each) => needLibraries.test(each));
    if (heavy !== undefined) return refuse('shared-library-unknown', `\`${heavy}\``);
    const reading = readSources(subject, languages.dotnet);
    const container = containerNeeds(subject, reading.runs);
    if (isRefusal(container)) return container;
    if (container.shell || container.packages.length > 0)
      return refuse('no-runtime-image', 'a chiseled image has neither shell nor packages');
    const kind: DotnetKind = facts.sdk === 'Microsoft.NET.Sdk.Web' ? 'aspnet' : 'runtime';
    // Without ICU, cultures and dates change silently.
    const isInvariant = facts.invariantGlobalization === true && !facts.packages.includes('Microsoft.Data.SqlClient');
    const runtime = chiseledRuntime(kind, version, !isInvariant);
    if (!runtime) return refuse('no-runtime-image', `.NET ${version}`);
    const unhealthy = healthcheckRefusal(subject, runtime, []);
    if (unhealthy) return unhealthy;
    const writes = writtenDirectories(subject, reading);
    if ('unknown' in writes) return refuse('writes-unknown', writes.unknown);
    const past = runtime.supportEnds !== undefined && runtime.supportEnds < runtimesReadOn;
    return {
      runtime,
      artifacts: [
        { from: output },
        ...contentBeside(subject, output),
        ...writes.owned.map((from) => ({ from, owned: true })),
      ],
      ...(start.shellForm && { start: start.entrypoint ? { entrypoint: start.argv } : { cmd: start.argv } }),
      user: userFor(subject, runtime),
      ownsDirectory: writes.ownsDirectory,
      evidence: ['context'],
      ...(past && { note: `.NET ${version} gets no security fixes since ${runtime.supportEnds}` }),
    };
  },
};

/** The directory of `dotnet publish`: learn.microsoft.com/dotnet/core/tools/dotnet-publish. */
function outputOf({ name, words, directory, conditional }: StageCommand): string | undefined {
  if (name !== 'dotnet' || words[0] !== 'publish' || directory === undefined || conditional) return undefined;
  const at = words.findIndex((word) => word === '-o' || word === '--output');
  const joined = words.find((word) => word?.startsWith('--output='))?.slice('--output='.length);
  const output = joined ?? (at === -1 ? undefined : words[at + 1]);
  return output === undefined ? undefined : posix.resolve(directory, output);
}

function projects({ context }: Subject): { assembly: string; facts: Project }[] {
  return (context?.manifests ?? []).flatMap((each) => {
    if (each.kind !== 'dotnet' || !each.facts.ok) return [];
    const name = posix.basename(each.path).replace(/\.\w+proj$/, '');
    return [{ assembly: each.facts.value.assemblyName ?? name, facts: each.facts.value }];
  });
}

/** Settings and static files that ASP.NET Core takes from the working directory, where the program lies elsewhere. */
function contentBeside({ layout, directory }: Subject, output: string): Artifact[] {
  if (output === directory) return [];
  const found: Artifact[] = [];
  for (const path of layout!.files()) {
    const image = layout!.imageOf(path)!;
    if (posix.dirname(image) === directory && /^appsettings(?:\.\w+)?\.json$/.test(posix.basename(image)))
      found.push({ from: image });
  }
  const root = posix.join(directory!, 'wwwroot');
  return layout!.contextOf(root) === undefined ? found : [...found, { from: root }];
}
