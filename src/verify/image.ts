/** The configuration of an image, in the form in which two are compared (OCI image specification, `config.md`). */
export interface ImageConfig {
  readonly Author: string;
  readonly Cmd: readonly string[];
  readonly Entrypoint: readonly string[];
  readonly Env: Readonly<Record<string, string>>;
  /** `8080/tcp`. */
  readonly ExposedPorts: readonly string[];
  readonly Healthcheck: unknown;
  readonly Labels: Readonly<Record<string, string>>;
  readonly OnBuild: readonly string[];
  /** `linux/arm64/v8`. */
  readonly Platform: string;
  readonly Shell: readonly string[];
  readonly StopSignal: string;
  readonly User: string;
  readonly Volumes: readonly string[];
  readonly WorkingDir: string;
}

/** Something at a path of an image; paths that share one are names of one file. */
export interface ImageNode {
  readonly type: 'file' | 'directory' | 'symlink' | 'device' | 'fifo';
  /** The permission bits, with those for set-user, set-group and sticky. */
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  /** Where a symbolic link leads, as written. */
  readonly target?: string;
  /** Of a file: its size in bytes and the SHA-256 of its content, in hexadecimal. */
  readonly size?: number;
  readonly hash?: string;
  /** The text of a file that is compared by its meaning. */
  readonly text?: string;
  /** Of a ZIP archive: stands for what it holds, without times. */
  readonly holds?: string;
  /** Of a program or library: the names of the libraries that it is loaded with, and of its loader. */
  readonly needed?: readonly string[];
  /** Of a script: the names of the programs that its first line has run it. */
  readonly runBy?: readonly string[];
  /** Extended attributes that a program may depend on, such as file capabilities, in hexadecimal. */
  readonly attributes?: string;
}

/** An image as it was read from its archive; paths have no leading slash. */
export interface Image {
  readonly config: ImageConfig;
  readonly files: ReadonlyMap<string, ImageNode>;
  /** What a lower layer holds and a later one removes. */
  readonly removed?: ReadonlyMap<string, ImageNode>;
  /** What a lower layer holds at a path where a later one puts another content. */
  readonly covered?: ReadonlyMap<string, readonly ImageNode[]>;
  /** The layer that each path is from, 0 the lowest. */
  readonly origins?: ReadonlyMap<string, number>;
  /** The number of its layers, and their bytes after decompression. */
  readonly layers: number;
  readonly size: number;
}

/** Reads the configuration out of the JSON of an image; what is absent is empty. */
export function configOf(json: unknown): ImageConfig {
  const image = record(json);
  const config = record(image.config);
  return {
    Author: text(image.author),
    Cmd: list(config.Cmd),
    Entrypoint: list(config.Entrypoint),
    Env: Object.fromEntries(list(config.Env).map((pair) => [...pair.split(/=(.*)/s).slice(0, 2), ''].slice(0, 2))),
    // Docker writes the protocol in lower case, and buildah as it stands in the Dockerfile.
    ExposedPorts: Object.keys(record(config.ExposedPorts))
      .map((port) => port.toLowerCase())
      .sort(),
    Healthcheck: config.Healthcheck ?? null,
    Labels: Object.fromEntries(Object.entries(record(config.Labels)).map(([key, value]) => [key, text(value)])),
    OnBuild: list(config.OnBuild),
    // Of others than arm, not every image has the variant.
    Platform: [image.os, image.architecture, image.architecture === 'arm' && image.variant]
      .map(text)
      .filter(Boolean)
      .join('/'),
    Shell: list(config.Shell),
    StopSignal: text(config.StopSignal),
    User: text(config.User),
    Volumes: Object.keys(record(config.Volumes)).sort(),
    WorkingDir: text(config.WorkingDir),
  };
}

function record(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

function list(value: unknown): string[] {
  return Array.isArray(value) ? value.map(String) : [];
}

/** The user of an image as numbers: a name is looked up in its own passwd(5), and unknown where it has none. */
export function userOf({ config, files }: Image): { uid: number | undefined; gid: number | undefined } {
  const [user = '', group] = config.User.split(':');
  const lines = (files.get('etc/passwd')?.text ?? '').split('\n').map((line) => line.split(':'));
  const entry = lines.find(([name, , uid]) => (/^\d+$/.test(user) ? uid === user : name === (user || 'root')));
  const uid = /^\d+$/.test(user) ? Number(user) : user === '' ? 0 : entry && Number(entry[2]);
  const gid =
    group !== undefined && /^\d+$/.test(group)
      ? Number(group)
      : entry
        ? Number(entry[3])
        : uid === undefined
          ? undefined
          : 0;
  return { uid, gid };
}

/** The names of an image's users or groups by their numbers, as its passwd(5) or group(5) has them. */
export function namesOf({ files }: Image, kind: 'passwd' | 'group'): ReadonlyMap<number, string> {
  const lines = (files.get(`etc/${kind}`)?.text ?? '').split('\n').map((line) => line.split(':'));
  return new Map(lines.filter(([, , number]) => number).map(([name, , number]) => [Number(number), name!]));
}
