import { posix } from 'node:path';
import { distrolessRuntime } from '../../src/facts/index.ts';
import { type NodeSubject, nodeSubject } from './node.ts';
import { containerNeeds, healthcheckRefusal } from './pitfalls.ts';
import { type Artifact, isRefusal, type Plan, type Recipe, type Refusal } from './plan.ts';
import { userFor } from './user.ts';

/** Next.js with `output: 'standalone'`: a server with what it needs of node_modules (nextjs.org/docs, `output`). */
export const next: Recipe = {
  id: 'next',
  plan(subject) {
    const read = nodeSubject(subject);
    if (read === undefined || isRefusal(read)) return undefined;
    return Object.hasOwn(read.manifest.dependencies, 'next') && isStandalone(read) ? planStandalone(read) : undefined;
  },
};

function isStandalone({ subject, path }: NodeSubject): boolean {
  const folder = posix.dirname(path);
  return ['js', 'mjs', 'cjs', 'ts', 'mts'].some((ending) => {
    const text = subject.context!.text(posix.join(folder, `next.config.${ending}`));
    return text !== undefined && /\boutput\s*:\s*(['"])standalone\1/.test(text);
  });
}

function planStandalone({ subject, start, major, reading, manifest, path }: NodeSubject): Plan | Refusal | undefined {
  const { directory, layout, base, libc } = subject;
  // Files of a workspace lie below its name in the standalone tree.
  if (directory === undefined || manifest.workspaces || posix.dirname(path) !== '.') return undefined;
  const text = start.kind === 'chain' ? start.text : `node ${start.words.join(' ')}`;
  const isNext =
    /^(?:npx\s+)?next start\b/.test(text.trim()) || /^node (?:\.\/)?(?:\.next\/standalone\/)?server\.js$/.test(text);
  if (!isNext) return undefined;
  const container = containerNeeds(subject, reading.runs, new Set(['next']));
  if (isRefusal(container)) return container;
  if (container.shell || container.packages.length > 0 || /alpine/.test(base.tag)) return undefined;
  const runtime = distrolessRuntime(`nodejs${major}`, { libc });
  if (typeof runtime === 'string') return undefined;
  const unhealthy = healthcheckRefusal(subject, runtime, []);
  if (unhealthy) return unhealthy;
  const port = /(?:-p|--port)[= ](\d+)/.exec(text)?.[1];
  const artifacts: Artifact[] = [
    // The cache of rendered pages is written there.
    { from: `${directory}/.next/standalone`, to: directory, owned: true },
    { from: `${directory}/.next/static`, owned: true },
    ...(layout!.contextOf(`${directory}/public`) === undefined ? [] : [{ from: `${directory}/public` }]),
  ];
  return {
    runtime,
    artifacts,
    environment: [
      ['NODE_ENV', 'production'],
      // Docker sets HOSTNAME to the container's id, which the server would listen on.
      ['HOSTNAME', '0.0.0.0'],
      ...(port === undefined ? [] : [['PORT', port] as const]),
    ],
    start: subject.start?.entrypoint ? { entrypoint: [runtime.entrypoint[0]!, 'server.js'] } : { cmd: ['server.js'] },
    user: userFor(subject, runtime),
    ownsDirectory: true,
    evidence: ['context'],
  };
}
