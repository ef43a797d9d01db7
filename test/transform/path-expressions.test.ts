import { describe, expect, test } from 'vitest';
import { pathValue } from '../../src/transform/index.ts';

/** What a path expression comes to: the path, with `…` where unknown parts follow; `?` where nothing is known. */
function value(
  expression: string,
  names: Record<string, string> = {},
  environment: Record<string, string> = {},
): string {
  const found = pathValue(expression, {
    folder: '/app/src',
    workdir: '/app',
    environment: (name) => environment[name],
    assigned: (name) => names[name],
  });
  return found === undefined ? '?' : found.text + (found.open ? '…' : '');
}

describe('paths as programs write them', () => {
  test.each([
    ['a string', `'data/a.db'`, 'data/a.db'],
    ['Node: join', `path.join(__dirname, '..', 'uploads')`, '/app/src/../uploads'],
    ['Node: working directory', `path.resolve(process.cwd(), "logs")`, '/app/logs'],
    ['Node: a template', '`${__dirname}/cache/${id}.json`', '/app/src/cache/…'],
    ['Node: what cannot be known at all', '`${folder}/x`', '?'],
    ['Node: the name of a request', `path.join('uploads', path.basename(request.url))`, 'uploads/…'],
    ['Node: a temporary folder', `path.join(os.tmpdir(), 'x')`, '/tmp/x'],
    ['Python: join', `os.path.join(os.path.dirname(__file__), "media")`, '/app/src/media'],
    ['Python: a slash', `Path(__file__).resolve().parent.parent / "db.sqlite3"`, '/app/db.sqlite3'],
    ['Python: an f-string', `f"/data/{name}.csv"`, '/data/…'],
    ['Python: the home', `os.path.expanduser("~/.cache/x")`, '~/.cache/x'],
    ['Ruby', `File.expand_path("store", __dir__)`, '/app/src/store'],
    ['Ruby: interpolation', `"tmp/#{id}"`, 'tmp/…'],
    ['PHP', `__DIR__ . '/../var/' . basename($x)`, '/app/src/../var/…'],
    ['PHP: a variable in a string', `"$folder/page.php"`, '?'],
    ['Laravel', `storage_path('logs/a.log')`, '/app/storage/logs/a.log'],
    ['Go', `filepath.Join("/var/lib/app", name)`, '/var/lib/app/…'],
    ['Go: a temporary folder', `os.TempDir()`, '/tmp'],
    ['Go: a flag', `flag.String("db", "app.db", "the file")`, 'app.db'],
    ['Java', `Paths.get("data", "a.txt")`, 'data/a.txt'],
    ['Java: the folder of a path', `Path.of("data/a/b.txt").getParent()`, '/app/data/a'],
    ['Rust', `Path::new("out").join("a")`, '?'],
    ['C#', `Path.Combine("App_Data", "x")`, 'App_Data/x'],
    ['a function of the program', `where(x)`, '?'],
    ['an argument', `sys.argv[1]`, '?'],
  ])('%s: %s', (_, expression, expected) => {
    expect(value(expression)).toBe(expected);
  });

  test('names lead to what they were given', () => {
    expect(value('file', { file: `path.join(DIR, 'a')`, DIR: `'/data'` })).toBe('/data/a');
    expect(value('this.dir', { dir: `'/data'` })).toBe('/data');
    expect(value('a', { a: 'b', b: 'a' })).toBe('?');
  });

  test.each([
    [`process.env.DATA_DIR || './data'`, './data', '/srv'],
    [`process.env.DATA_DIR ?? './data'`, './data', '/srv'],
    [`os.environ.get("DATA_DIR", "/data")`, '/data', '/srv'],
    [`os.getenv("DATA_DIR") or "/data"`, '/data', '/srv'],
    [`ENV.fetch("DATA_DIR", "/data")`, '/data', '/srv'],
    [`os.Getenv("DATA_DIR")`, '?', '/srv'],
    [`os.environ["DATA_DIR"]`, '?', '/srv'],
    [`getenv('DATA_DIR') ?: '/data'`, '/data', '/srv'],
  ])('%s has its default, and what the image sets', (expression, unset, set) => {
    expect(value(expression)).toBe(unset);
    expect(value(expression, {}, { DATA_DIR: '/srv' })).toBe(set);
  });

  test('text that ends anywhere does no harm', () => {
    const text = 'path.join(process.env.X ?? `${a}/b`, f"{c}", \'d\' + e)';
    for (let length = 0; length < text.length; length++) expect(typeof value(text.slice(0, length))).toBe('string');
  });
});
