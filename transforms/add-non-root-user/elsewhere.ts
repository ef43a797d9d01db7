import {
  baseName,
  commentedRuns,
  hostLibrary,
  hostTool,
  powerIn,
  powersOfRuns,
  type RunUse,
} from '../../src/transform/index.ts';
import { copySteps } from './image-files.ts';
import { type Refusal, refusal } from './refusals.ts';
import { placesOf } from './servers.ts';
import type { Setting } from './setting.ts';

/** What other files of the repository do with the image. */
export function usageRefusal(setting: Setting): Refusal | undefined {
  const { usage, stage, file, context, instructions } = setting;
  if (file.descendants(stage).length > 0)
    return refusal('image-for-others', 'another stage of the file builds on this one');
  const name = baseName(context?.dockerfile ?? '');
  if (/^(?:Dockerfile\.base|base\.Dockerfile|Dockerfile[-_]base)$/i.test(name))
    return refusal('image-for-others', 'as its name says');
  const told = commentRefusal(file);
  if (told) return told;
  const trigger = instructions.find((each) => each.keyword === 'ONBUILD');
  if (trigger) return refusal('image-for-others', 'it has `ONBUILD`');
  const own = `${context?.directory ?? ''}/${context?.dockerfile ?? ''}`;
  if (/(?:^|\/)\.devcontainer\//.test(own)) return refusal('run-as-devcontainer', 'it lies in `.devcontainer`');
  const host =
    hostTool(file, instructions) ??
    hostLibrary(context?.manifests ?? [], ({ path }) => placesOf(setting, path).length > 0);
  if (host) return refusal('run-needs-host', host);
  if (usage === undefined) return undefined;
  const [child] = usage.children;
  if (child !== undefined) return refusal('image-for-others', `\`${child}\` is FROM it`);
  const place = ({ file: path, line }: RunUse) => `\`${path}\` line ${line}`;
  const of = (test: (run: RunUse) => boolean) => usage.runs.find(test);
  const action = of(({ how }) => how === 'github-action');
  if (action) return refusal('run-as-github-action', place(action));
  const development = of(({ how }) => how === 'devcontainer');
  if (development) return refusal('run-as-devcontainer', place(development));
  const replaced = of(({ command }) => command);
  if (replaced) return refusal('start-replaced', place(replaced));
  const powers = powersOfRuns(usage);
  if (powers !== undefined) return refusal('run-needs-host', powers);
  const named = of(
    ({ user, environment }) =>
      user !== undefined ||
      environment.some((name) =>
        /^(?:PUID|PGID|UID|GID|USER_ID|GROUP_ID|LOCAL_UID|HOST_UID|APP_UID|RUN_AS_USER)$/.test(name),
      ),
  );
  if (named) return refusal('run-sets-user', place(named));
  return undefined;
}

/** What comments of the file say of how it is run. */
function commentRefusal(file: Setting['file']): Refusal | undefined {
  const text = commentedRuns(file);
  const power = powerIn(text);
  if (power !== undefined) return refusal('run-needs-host', power);
  const home = /(?:-v|--volume|--mount)[= ]\S*:(\/root\b[^\s:]*)/.exec(text)?.[1];
  if (home !== undefined) return refusal('files-in-root-home', `a comment mounts \`${home}\``);
  const user = /\s(?:-u|--user)[= ]\S+/.exec(text)?.[0];
  return user === undefined ? undefined : refusal('run-sets-user', `a comment runs it with \`${user.trim()}\``);
}

/** Whether the file goes back to root for nothing that it does before the start, or is filled with another root. */
export function purposeRefusal({ stage, base, file, facts, chain }: Setting): Refusal | undefined {
  const { instructions } = stage;
  const last = instructions.findLastIndex(({ keyword }) => keyword === 'USER');
  const needsRoot = instructions.slice(last + 1).some(({ keyword }) => /^(?:RUN|COPY|ADD)$/.test(keyword));
  if (last !== -1 && !needsRoot) return refusal('root-on-purpose', `\`USER ${file.args(instructions[last]!).trim()}\``);
  if (base !== 'scratch') return undefined;
  const whole = copySteps(file, chain, facts).find(
    ({ from, destination, sources }) =>
      from !== undefined &&
      destination === '/' &&
      sources.some((source) => /^\/(?:out|rootfs|root|target|install|image|dist|sysroot)?\/?$/.test(source)),
  );
  return whole && refusal('base-unknown', 'it is filled with the root of another stage');
}
