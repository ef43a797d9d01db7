import { among, NotTheFormat, type Read, reading } from './value.ts';
import { children, parseXml } from './xml.ts';

/** What a project file of .NET says (`.csproj`, `.fsproj`, `.vbproj`). Conditions are not weighed: the last value counts. */
export interface DotnetProject {
  readonly sdk: string | undefined;
  readonly targetFrameworks: readonly string[];
  /** Undefined where the file name gives it. */
  readonly assemblyName: string | undefined;
  readonly outputType: string | undefined;
  /** The properties that decide what a published program needs; undefined where they are not set. */
  readonly publishAot: boolean | undefined;
  readonly selfContained: boolean | undefined;
  readonly invariantGlobalization: boolean | undefined;
  readonly publishTrimmed: boolean | undefined;
  readonly publishSingleFile: boolean | undefined;
  readonly packages: readonly string[];
  /** Projects of the repository that it refers to, with `/`. */
  readonly projects: readonly string[];
  /** Whether a property that is told here has a condition. */
  readonly conditional: boolean;
  /** Packages that read the repository's git data. */
  readonly readsGit: readonly string[];
}

const GIT = new Set(
  `MinVer GitVersion.MsBuild GitVersionTask Nerdbank.GitVersioning GitInfo Microsoft.SourceLink.GitHub
  Microsoft.SourceLink.GitLab Microsoft.SourceLink.AzureRepos.Git ThisAssembly.Git Verlite.MsBuild`.split(/\s+/),
);
const TOLD =
  /^(TargetFrameworks?|AssemblyName|OutputType|PublishAot|SelfContained|InvariantGlobalization|PublishTrimmed|PublishSingleFile)$/;

/** Reads a project file of .NET. */
export function readDotnetProject(source: string): Read<DotnetProject> {
  return reading(() => {
    const project = parseXml(source);
    if (project.localName !== 'Project') throw new NotTheFormat();
    const properties = new Map<string, string>();
    let conditional = false;
    for (const group of children(project, 'PropertyGroup')) {
      for (const property of children(group)) {
        const name = property.localName ?? '';
        if (!TOLD.test(name)) continue;
        properties.set(name, property.textContent?.trim() ?? '');
        if (group.hasAttribute('Condition') || property.hasAttribute('Condition')) conditional = true;
      }
    }
    const items = children(project, 'ItemGroup').flatMap((group) => children(group));
    const included = (name: string) =>
      items.filter((item) => item.localName === name).map((item) => item.getAttribute('Include') ?? '');
    const flag = (name: string) => {
      const value = properties.get(name)?.toLowerCase();
      return value === 'true' ? true : value === 'false' ? false : undefined;
    };
    const packages = included('PackageReference').filter((name) => name !== '');
    return {
      sdk: project.getAttribute('Sdk') ?? children(project, 'Sdk')[0]?.getAttribute('Name') ?? undefined,
      targetFrameworks: (properties.get('TargetFrameworks') ?? properties.get('TargetFramework') ?? '')
        .split(';')
        .map((framework) => framework.trim())
        .filter((framework) => framework !== ''),
      assemblyName: properties.get('AssemblyName'),
      outputType: properties.get('OutputType'),
      publishAot: flag('PublishAot'),
      selfContained: flag('SelfContained'),
      invariantGlobalization: flag('InvariantGlobalization'),
      publishTrimmed: flag('PublishTrimmed'),
      publishSingleFile: flag('PublishSingleFile'),
      packages,
      projects: included('ProjectReference').map((path) => path.replaceAll('\\', '/')),
      conditional,
      readsGit: among(packages, GIT),
    };
  });
}
