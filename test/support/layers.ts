/** The floor of each room; a room imports lower floors only. */
export const floors: Readonly<Record<string, number>> = {
  'src/text': 0,
  'src/shell': 1,
  'src/image': 1,
  'src/dockerfile': 2,
  'src/edit': 3,
  'src/facts': 3,
  'src/manifests': 3,
  'src/secrets': 3,
  'src/layer': 3,
  'src/transform': 4,
  'src/engine': 5,
  'src/registry': 5,
  'src/context': 5,
  'src/verify': 5,
  'src/report': 6,
  'src/config': 6,
  transforms: 7,
  'src/cli': 8,
  'src/bot': 8,
  bin: 9,
};

/** The rooms that may touch files, processes and the network. */
const outside = new Set(['src/context', 'src/registry', 'src/verify', 'src/config', 'src/cli', 'src/bot', 'bin']);
const outsideModules =
  /^(?:node:)?(?:fs|child_process|net|tls|dgram|dns|http|https|http2|cluster|worker_threads)(?:\/|$)|^undici(?:\/|$)/;
/** The one file that loads what a user names. */
const loader = 'bin/load-module.ts';
/** The highest floor that a transform may import. */
const highestForTransforms = 4;

/** The room of a file by its path below the root of the project; undefined for `src/index.ts`, which is none. */
export function roomOf(path: string): string | undefined {
  if (path.startsWith('transforms/')) return 'transforms';
  if (path.startsWith('bin/')) return 'bin';
  return /^src\/[^/]+(?=\/)/.exec(path)?.[0];
}

/** What a file imports, re-exports, or loads with `import()`: the modules as written. */
export function importsOf(text: string): string[] {
  const code = withoutComments(text);
  const found: string[] = [];
  const statement = /(?:^|[;}\s])(?:import|export)\s*(?:type\s+)?(?:[\w*{][^'"`;()=]*?\sfrom\s*)?(['"])([^'"\n]+)\1/g;
  const call = /\b(?:import|require)\s*\(\s*(['"`])([^'"`\n]+)\1/g;
  for (const pattern of [statement, call]) for (const match of code.matchAll(pattern)) found.push(match[2]!);
  // An import whose module is computed could lead anywhere.
  if (/\bimport\s*\(\s*[^'"`\s)]/.test(code)) found.push('(computed)');
  return found;
}

/** The text with its comments gone; strings stay, so that `//` in one is no comment. */
function withoutComments(text: string): string {
  const token = /\/\*[\s\S]*?\*\/|\/\/[^\n]*|'(?:\\.|[^'\\\n])*'|"(?:\\.|[^"\\\n])*"|`(?:\\[\s\S]|[^`\\])*`/g;
  return text.replace(token, (match) => (match.startsWith('/*') || match.startsWith('//') ? ' ' : match));
}

/** What the imports of some files break of the rules of the house, a line each. */
export function violations(files: ReadonlyMap<string, string>): string[] {
  const found: string[] = [];
  for (const [path, text] of files) {
    for (const module of importsOf(text)) {
      const why = judge(path, module, files);
      if (why !== undefined) found.push(`${path} imports ${module}: ${why}`);
    }
  }
  return found;
}

function judge(path: string, module: string, files: ReadonlyMap<string, string>): string | undefined {
  const room = roomOf(path);
  if (module === '(computed)') return path === loader ? undefined : 'its module is computed';
  if (!module.startsWith('.')) {
    const inside = room !== undefined && outside.has(room);
    return outsideModules.test(module) && !inside ? 'files, processes and the network are for other rooms' : undefined;
  }
  const target = new URL(module, `file:///${path}`).pathname.slice(1);
  // Developer entries may use the harness.
  if (target.startsWith('test/')) return room === 'bin' && path !== 'bin/main.ts' ? undefined : 'tests are no part';
  if (!files.has(target)) return 'there is no such file';
  const other = roomOf(target);
  if (other === undefined) return 'the library entry is for users';
  if (room === undefined) return floors[other]! <= 5 && target.endsWith('/index.ts') ? undefined : 'not for the entry';
  if (other === room) return undefined;
  if (room === 'transforms' && floors[other]! > highestForTransforms) return 'transforms know floors 0 to 4 only';
  if (floors[room] === undefined || floors[other] === undefined) return 'a room without a floor';
  if (floors[other]! === floors[room]!) return 'rooms on one floor do not know each other';
  if (floors[other]! > floors[room]!) return 'a higher floor';
  // A transform's own folder is reached through its list alone.
  if (target !== `${other}/index.ts`) return 'only the index of another room is imported';
  return room.startsWith('src/') && other === 'transforms' ? 'nothing below bin knows the transforms' : undefined;
}
