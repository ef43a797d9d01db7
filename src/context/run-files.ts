import { posix } from 'node:path';
import type { RunUse } from '../transform/index.ts';
import { below, isRemote } from './build-reading.ts';
import { asText, get, pairs, parseYaml, plain, type Yaml } from './yaml.ts';

/** What a file of the repository says of one container, and how that is tied to a Dockerfile. */
export interface RunReading {
  readonly run: RunUse;
  /** The image that is run, as written; undefined where the file names none. */
  readonly image: string | undefined;
  /** The Dockerfile relative to the root, where the file names it. */
  readonly dockerfile: string | undefined;
  /** Compose: the service that the setting belongs to, which other compose files of the folder may build. */
  readonly service: string | undefined;
  /** Compose: where named volumes are mounted. */
  readonly volumes?: readonly { readonly volume: string; readonly path: string; readonly readOnly: boolean }[];
}

/** What reads the containers of a file, told from its name; undefined for one that names none. */
export function runReaderOf(path: string): ((text: string, path: string) => RunReading[]) | undefined {
  const name = posix.basename(path).toLowerCase();
  if (/(^|[-_.])compose([-_.].*)?\.ya?ml$/.test(name)) return readComposeRuns;
  if (/^\.?devcontainer\.json$/.test(name)) return readDevcontainer;
  if (/^action\.ya?ml$/.test(name)) return readActionRun;
  return /\.ya?ml$/.test(name) ? readKubernetes : undefined;
}

type Fields = Readonly<Record<string, unknown>>;

const fields = (value: unknown): Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields) : {};
const list = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);
const ownDirectory = (file: string) => (posix.dirname(file) === '.' ? '' : posix.dirname(file));

/** Sockets that give the engine, and so the host, to whoever can write to them. */
const ENGINE_SOCKET = /(docker|containerd|podman|crio?)\.sock\b/;

function readComposeRuns(text: string, file: string): RunReading[] {
  return parseYaml(text).flatMap(({ root, document, lineOf }) =>
    pairs(get(root, 'services') ?? root).flatMap(({ name, key, value }) => {
      const service = fields(plain(value, document));
      if (Object.keys(service).length === 0) return [];
      const volumes = list(service.volumes).map(composeVolume);
      const powers = new Set<string>();
      if (isTrue(service.privileged)) powers.add('privileged');
      if (asText(service.network_mode) === 'host') powers.add('host-network');
      if (asText(service.pid) === 'host') powers.add('pid-host');
      if (list(service.cap_add).length > 0) powers.add('cap-add');
      if (list(service.devices).length > 0) powers.add('device');
      if (volumes.some((volume) => ENGINE_SOCKET.test(volume.source))) powers.add('docker-socket');
      const run: RunUse = {
        file,
        line: lineOf(key),
        how: 'compose',
        name,
        user: asText(service.user),
        powers: [...powers],
        mounts: [
          ...volumes,
          ...list(service.tmpfs ?? []).map((path) => ({
            path: asText(path) ?? '',
            bind: false,
            readOnly: false,
            inMemory: true as const,
          })),
        ]
          .filter(({ path }) => path.startsWith('/'))
          .map(({ path, bind, readOnly, ...rest }) => ({
            path,
            bind,
            ...(readOnly && { readOnly }),
            ...('inMemory' in rest && { inMemory: rest.inMemory }),
          })),
        ports: [...list(service.ports), ...list(service.expose)].flatMap(composePorts),
        environment: namesIn(service.environment),
        command: isSet(service.command) || isSet(service.entrypoint),
        ...checksOf([composeCheck(fields(service.healthcheck).test)]),
      };
      const named = volumes
        .filter(({ source, bind }) => source !== '' && !bind)
        .map(({ source, path, readOnly }) => ({ volume: source, path, readOnly }));
      return [{ run, image: asText(service.image), dockerfile: undefined, service: name, volumes: named }];
    }),
  );
}

const isTrue = (value: unknown) => value === true || asText(value) === 'true';
const isSet = (value: unknown) => value !== undefined && value !== null;

const words = (value: unknown): readonly string[] => list(value).map((word) => asText(word) ?? '');

/** A health check of compose: a text for the shell, or a list whose first word says how it runs. */
function composeCheck(test: unknown): readonly string[] {
  const [how, ...rest] = Array.isArray(test) ? words(test) : ['CMD-SHELL', asText(test) ?? ''];
  if (how === 'CMD') return rest;
  return how === 'CMD-SHELL' && rest[0] !== '' && rest[0] !== undefined ? ['sh', '-c', rest[0]] : [];
}

function checksOf(found: readonly (readonly string[])[]): Pick<RunUse, 'checks'> {
  const checks = found.filter((each) => each.length > 0);
  return checks.length > 0 ? { checks } : {};
}

/** A volume in its short form (`source:/path:ro`, `/path`) or its long one. */
function composeVolume(volume: unknown): { source: string; path: string; bind: boolean; readOnly: boolean } {
  const long = fields(volume);
  if (Object.keys(long).length > 0) {
    const bind = asText(long.type) === 'bind';
    const readOnly = isTrue(long.read_only);
    return { source: asText(long.source) ?? '', path: clean(asText(long.target) ?? ''), bind, readOnly };
  }
  // A variable may have a default with a colon in it.
  const parts = (asText(volume) ?? '').replace(/\$\{[^}]*\}/g, (each) => each.replaceAll(':', '\0')).split(':');
  if (parts.length === 1) return { source: '', path: clean(parts[0]!), bind: false, readOnly: false };
  const readOnly = parts[2]?.split(',').includes('ro') === true;
  return { source: parts[0]!, path: clean(parts[1]!), bind: /^[./~$]/.test(parts[0]!), readOnly };
}

const clean = (path: string) => (path.length > 1 ? path.replace(/\/+$/, '') : path);

/** The container's ports of `80`, `8080:80`, `127.0.0.1:8080:80/tcp`, `9000-9002:9000-9002` and the long form. */
function composePorts(port: unknown): number[] {
  const text = asText(fields(port).target) ?? asText(port) ?? '';
  const match = /(?:^|:)(\d+)(?:-(\d+))?(?:\/\w+)?$/.exec(text.trim());
  return match ? portRange(Number(match[1]), Number(match[2] ?? match[1])) : [];
}

/** A range wider than this is a data path of its own, and its ends say enough. */
const RANGE_CAP = 100;

function portRange(from: number, to: number): number[] {
  if (to < from || to > 65_535) return [];
  if (to - from > RANGE_CAP) return [from, to];
  return Array.from({ length: to - from + 1 }, (_, index) => from + index);
}

/** The names of a mapping, or of a list of `NAME=value`. */
function namesIn(value: unknown): string[] {
  if (Array.isArray(value)) return value.flatMap((item) => (asText(item) ?? '').split('=', 1)).filter(Boolean);
  return Object.keys(fields(value));
}

/** Every pod of a Kubernetes manifest, wherever its template stands: what has `containers` below a `kind`. */
function readKubernetes(text: string, file: string): RunReading[] {
  if (!/^kind:/m.test(text) || !/\bimage:/.test(text)) return [];
  return parseYaml(text).flatMap((yaml) => {
    const name = plain(get(get(yaml.root, 'metadata'), 'name'), yaml.document);
    return podsOf(yaml.root).flatMap((pod) => readPod(pod, yaml, file, asText(name) ?? ''));
  });
}

function podsOf(node: unknown, depth = 0): unknown[] {
  if (depth > 20) return [];
  const here = get(node, 'containers') === undefined ? [] : [node];
  const inside = pairs(node).flatMap(({ value }) => podsOf(value, depth + 1));
  const items = ((node as { items?: unknown } | undefined)?.items ?? []) as readonly unknown[];
  const inList = pairs(node).length === 0 ? items.flatMap((item) => podsOf(item, depth + 1)) : [];
  return [...here, ...inside, ...inList];
}

function readPod(node: unknown, { document, lineOf }: Yaml, file: string, workload: string): RunReading[] {
  const pod = fields(plain(node, document));
  const security = fields(pod.securityContext);
  const volumes = new Map(
    list(pod.volumes).map((volume) => {
      const { name, hostPath } = fields(volume);
      return [asText(name), hostPath === undefined ? undefined : (asText(fields(hostPath).path) ?? '')] as const;
    }),
  );
  const nodes = ['initContainers', 'containers'].flatMap((kind) => {
    const inside = get(node, kind) as { items?: readonly unknown[] } | undefined;
    return inside?.items ?? [];
  });
  return nodes.map((each) => {
    const container = fields(plain(each, document));
    const own = fields(container.securityContext);
    const mounts = list(container.volumeMounts).map((mount) => {
      const { name, mountPath, readOnly } = fields(mount);
      const source = volumes.get(asText(name));
      return { path: clean(asText(mountPath) ?? ''), source, readOnly: isTrue(readOnly) };
    });
    const powers = new Set<string>();
    if (isTrue(own.privileged)) powers.add('privileged');
    if (isTrue(pod.hostNetwork)) powers.add('host-network');
    if (isTrue(pod.hostPID)) powers.add('pid-host');
    if (list(fields(own.capabilities).add).length > 0) powers.add('cap-add');
    if (mounts.some(({ source }) => source !== undefined && ENGINE_SOCKET.test(source))) powers.add('docker-socket');
    if (mounts.some(({ source }) => source?.startsWith('/dev/'))) powers.add('device');
    const user = asText(own.runAsUser) ?? asText(security.runAsUser);
    const run: RunUse = {
      file,
      line: lineOf(each),
      how: 'kubernetes',
      name: workload || (asText(container.name) ?? ''),
      user,
      powers: [...powers],
      mounts: mounts
        .filter(({ path }) => path.startsWith('/'))
        .map(({ path, source, readOnly }) => ({ path, bind: source !== undefined, ...(readOnly && { readOnly }) })),
      ports: list(container.ports).flatMap((port) => composePorts(fields(port).containerPort)),
      environment: list(container.env).flatMap((variable) => asText(fields(variable).name) ?? []),
      command: isSet(container.command) || isSet(container.args),
      ...checksOf(
        ['startupProbe', 'livenessProbe', 'readinessProbe'].map((probe) =>
          words(fields(fields(container[probe]).exec).command),
        ),
      ),
    };
    return { run, image: asText(container.image), dockerfile: undefined, service: undefined };
  });
}

/** A development container names its Dockerfile beside itself, or a service of compose. */
function readDevcontainer(text: string, file: string): RunReading[] {
  const given = parseJsonWithComments(text);
  if (given === undefined) return [];
  const own = ownDirectory(file);
  const build = fields(given.build);
  const named = asText(build.dockerfile) ?? asText(given.dockerFile);
  const service = asText(given.service);
  if (named === undefined && service === undefined) return [];
  const args = list(given.runArgs).map((arg) => asText(arg) ?? '');
  const mounts = list(given.mounts).map(devcontainerMount);
  const powers = new Set<string>();
  if (isTrue(given.privileged) || args.includes('--privileged')) powers.add('privileged');
  if (list(given.capAdd).length > 0 || args.some((arg) => arg.startsWith('--cap-add'))) powers.add('cap-add');
  if (/--net(?:work)?[= ]host/.test(args.join(' '))) powers.add('host-network');
  if (mounts.some(({ source }) => ENGINE_SOCKET.test(source))) powers.add('docker-socket');
  const run: RunUse = {
    file,
    line: 1,
    how: 'devcontainer',
    name: asText(given.name) ?? 'devcontainer',
    user: asText(given.containerUser) ?? asText(given.remoteUser),
    powers: [...powers],
    mounts: mounts.filter(({ path }) => path.startsWith('/')).map(({ path, bind }) => ({ path, bind })),
    ports: [...list(given.forwardPorts), ...list(given.appPort)].flatMap(composePorts),
    environment: [...namesIn(given.containerEnv), ...namesIn(given.remoteEnv)],
    command: given.overrideCommand !== false && named !== undefined,
  };
  const dockerfile = named === undefined || isRemote(named) ? undefined : below(own, named);
  return [{ run, image: undefined, dockerfile, service: named === undefined ? service : undefined }];
}

/** `source=…,target=…,type=bind`, or the same as an object. */
function devcontainerMount(mount: unknown): { source: string; path: string; bind: boolean } {
  const text = asText(mount);
  const parts =
    text === undefined
      ? fields(mount)
      : Object.fromEntries(text.split(',').map((part) => part.split(/=(.*)/s).slice(0, 2)));
  const path = asText(parts.target) ?? asText(parts.destination) ?? asText(parts.dst) ?? '';
  return { source: asText(parts.source) ?? asText(parts.src) ?? '', path: clean(path), bind: parts.type === 'bind' };
}

/** JSON as editors take it: with comments and commas before a closing bracket. */
function parseJsonWithComments(text: string): Fields | undefined {
  const bare = text.replace(/"(?:[^"\\\n]|\\.)*"|\/\/[^\n]*|\/\*[\s\S]*?\*\//g, (piece) =>
    piece.startsWith('"') ? piece : '',
  );
  const closed = bare.replace(/"(?:[^"\\\n]|\\.)*"|,(?=\s*[\]}])/g, (piece) => (piece === ',' ? '' : piece));
  try {
    return fields(JSON.parse(closed));
  } catch {
    return undefined;
  }
}

/** A container action runs as root: GitHub mounts its workspace as root's, and says that USER is not to be used. */
function readActionRun(text: string, file: string): RunReading[] {
  return parseYaml(text).flatMap(({ root, document, lineOf }) => {
    const runs = get(root, 'runs');
    const values = fields(plain(runs, document));
    const image = asText(values.image);
    if (values.using !== 'docker' || image === undefined) return [];
    const isLocal = !image.includes('://');
    const run: RunUse = {
      file,
      line: lineOf(get(runs, 'image')),
      how: 'github-action',
      name: asText(plain(get(root, 'name'), document)) ?? 'action',
      user: undefined,
      powers: [],
      mounts: [{ path: '/github/workspace', bind: true }],
      ports: [],
      environment: namesIn(values.env),
      command: isSet(values.entrypoint) || isSet(values.args),
    };
    const dockerfile = isLocal ? below(ownDirectory(file), image) : undefined;
    const named = isLocal ? undefined : image.replace(/^docker:\/\//, '');
    return [{ run, image: named, dockerfile, service: undefined }];
  });
}
