import { type ContextFacts, type Facts, isAvailable } from '../../src/transform/index.ts';

interface Framework {
  /** A package that an application depends on. */
  readonly depends: string;
  /** The page that it serves for health checks by itself. */
  readonly path: string;
  readonly source: string;
}

/**
 * Frameworks that serve a page for health checks without being asked to, at a path that the application does not choose.
 * A package that is a library as well, as `mlflow`, says nothing of what is served. As they are known in November 2026.
 */
const frameworks: readonly Framework[] = [
  { depends: 'streamlit', path: '/_stcore/health', source: 'https://docs.streamlit.io/deploy/tutorials/docker' },
  { depends: '@strapi/strapi', path: '/_health', source: 'https://docs.strapi.io/cms/configurations/server' },
  { depends: 'directus', path: '/server/ping', source: 'https://directus.io/docs/api/server' },
  { depends: 'n8n', path: '/healthz', source: 'https://docs.n8n.io/hosting/logging-monitoring/monitoring/' },
  {
    depends: 'jupyter-server',
    path: '/api',
    source: 'https://jupyter-server.readthedocs.io/en/latest/developers/rest-api.html',
  },
];

/** The page for health checks of the framework that the application is made with; undefined where none is known. */
export function healthPath(facts: Facts): string | undefined {
  const context = facts.context();
  if (!isAvailable(context)) return undefined;
  const names = dependencies(context);
  return frameworks.find(({ depends }) => names.has(depends))?.path;
}

function dependencies({ manifests }: ContextFacts): ReadonlySet<string> {
  const names = new Set<string>();
  for (const each of manifests) {
    if (!each.facts.ok) continue;
    if (each.kind === 'package.json') for (const name of Object.keys(each.facts.value.dependencies)) names.add(name);
    if (each.kind === 'requirements') for (const name of each.facts.value.names) names.add(name.toLowerCase());
    if (each.kind === 'pyproject.toml') {
      for (const text of each.facts.value.dependencies) names.add(/^[\w.-]*/.exec(text)![0].toLowerCase());
    }
  }
  return names;
}
