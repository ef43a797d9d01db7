import { join } from 'node:path';
import { expect, test } from 'vitest';
import { contextFacts, openContext } from '../../src/context/index.ts';
import { fix, tableFacts } from '../../src/engine/index.ts';
import { addNonRootUser } from '../../transforms/add-non-root-user/index.ts';
import { withTree } from '../context/tree.ts';

/** What a Dockerfile gives away for the sources beside it: the words of its `chown` lines, or why there is no fix. */
function given(files: Record<string, string>, dockerfile: string): string {
  return withTree(files, (root) => {
    const place = { root, dockerfile: join(root, 'Dockerfile'), siblings: [] };
    const context = contextFacts(openContext(root, { root, dockerfile: place.dockerfile }), place);
    const facts = { ...tableFacts, context: () => context };
    const { output, remaining } = fix(dockerfile, {
      transforms: [addNonRootUser],
      facts,
      choice: { safety: 'unsafe' },
    });
    const skipped = remaining.flatMap(({ finding }) => ('skipped' in finding ? [finding.skipped] : []));
    if (skipped.length > 0) return skipped.join();
    return (
      [...output.matchAll(/chown (?:-R )?\S+ ([^\\\n]+)/g)].map((match) => match[1]!.trim()).join(' ') || 'nothing'
    );
  });
}

const node = 'FROM node:22-slim\nWORKDIR /app\nCOPY . .\nCMD ["node", "server.js"]\n';
const python = 'FROM python:3.13-slim\nWORKDIR /app\nCOPY . .\nCMD ["python", "app.py"]\n';

test.each<[string, string, string, string]>([
  ['a file in the working directory', 'server.js', `fs.writeFileSync('state.json', x)`, '/app'],
  ['a stream', 'server.js', `fs.createWriteStream(path.join('out', name))`, '/app/out'],
  ['multer', 'server.js', `const upload = multer({ dest: 'uploads/' });`, '/app/uploads'],
  ['winston', 'server.js', `new winston.transports.File({ level: 'info', filename: 'logs/app.log' })`, '/app/logs'],
  ['better-sqlite3', 'server.js', `const db = new Database('db/app.sqlite');`, '/app/db'],
  ['a database in memory', 'server.js', `new sqlite3.Database(':memory:')`, 'nothing'],
  ['an ORM', 'src/db.ts', `export default { dialect: 'sqlite', storage: './var/dev.sqlite3' };`, '/app/var'],
  ['a temporary file', 'server.js', `fs.mkdtempSync(path.join(os.tmpdir(), 'x-'))`, 'nothing'],
  ['reading', 'server.js', `fs.readFileSync(process.argv[2]); fs.createReadStream(x);`, 'nothing'],
  [
    'reading a file that is named as a mode begins',
    'server.js',
    `fs.openSync(path.join(folder(), 'app.txt'), 'r')`,
    'nothing',
  ],
  ['a comment', 'server.js', `// fs.writeFileSync(somewhere)`, 'nothing'],
  ['a test', 'test/a.test.js', `fs.writeFileSync(somewhere, 1)`, 'nothing'],
  ['another project’s code', 'node_modules/a/index.js', `fs.writeFileSync(somewhere, 1)`, 'nothing'],
  ['a path of a request', 'server.js', `fs.writeFileSync(req.body.path, 1)`, 'written-paths-unknown'],
  ['a folder of the system', 'server.js', `fs.writeFileSync('/etc/app.conf', 1)`, 'start-writes-system'],
  ['a log in /var/log', 'server.js', `fs.appendFileSync('/var/log/app.log', 1)`, '/var/log/app.log'],
  ['Spring Boot', 'src/main/resources/application.properties', 'logging.file.name=logs/app.log\n', '/app/logs'],
  ['Logback', 'src/main/resources/logback.xml', '<appender><file>logs/app.log</file></appender>', '/app/logs'],
  ['Serilog', 'appsettings.json', '{"Serilog": [{"Args": {"path": "logs/log-.txt"}}]}', '/app/logs'],
  ['SQLite in a URL', 'config.yaml', 'url: sqlite:///data/app.db\n', '/app/data'],
  ['SQLite at an absolute path', '.env', 'DATABASE_URL=sqlite:////srv/db/app.db\n', '/srv/db'],
])('Node: %s', (_, name, text, expected) => {
  expect(given({ 'server.js': '', [name]: text }, node)).toBe(expected);
});

test.each<[string, string, string]>([
  ['open to read', 'open("a.txt"); open(x, "rb")', 'nothing'],
  ['open to read what is named as a mode begins', 'open(os.path.join(x, "app.txt"), "rb").read()', 'nothing'],
  ['open to change', 'open("out/a.bin", "r+b")', '/app/out'],
  ['an archive to write', 'tarfile.open("out/a.tgz", "w:gz")', '/app/out'],
  ['open to write', 'open("out/a.txt", "w")', '/app/out'],
  ['the mode by name', 'open("out/a.txt", mode="ab")', '/app/out'],
  ['a method of that name', 'zipfile.open(x, "w")', 'nothing'],
  ['a folder and a file in it', 'os.makedirs("cache")\nopen("cache/x", "w")', '/app/cache'],
  ['a path object', 'Path("data").mkdir(parents=True)', '/app/data'],
  ['a constant', 'DATA = Path(__file__).parent / "data"\n(DATA / "x").write_text("")', '/app/data'],
  ['the home', 'os.makedirs(os.path.expanduser("~/.config/x"))', 'nothing'],
  ['Flask', 'app.config["UPLOAD_FOLDER"] = "static/uploads"', '/app/static/uploads'],
  ['Django', 'MEDIA_ROOT = os.path.join(BASE_DIR, "media")\nBASE_DIR = os.getcwd()', '/app/media'],
  ['static files that the build collects', 'STATIC_ROOT = "/app/static"', 'nothing'],
  ['a definition', 'def open(path, mode="w"):\n    pass', 'nothing'],
])('Python: %s', (_, text, expected) => {
  expect(given({ 'app.py': text }, python)).toBe(expected);
});

test('a configuration that the start names', () => {
  const files = { 'app.ini': '[uwsgi]\npidfile = /run/app.pid\nlogto = /var/log/app/uwsgi.log\nsocket = :8000\n' };
  const dockerfile = 'FROM python:3.13-slim\nWORKDIR /app\nCOPY . .\nCMD ["uwsgi", "--ini", "app.ini"]\n';
  expect(given(files, dockerfile)).toBe('/run/app.pid /var/log/app');
});

test('static files that the start collects', () => {
  const files = {
    'settings.py': 'STATIC_ROOT = "static"\n',
    'run.sh': '#!/bin/sh\npython manage.py collectstatic\nexec gunicorn app\n',
  };
  expect(given(files, 'FROM python:3.13-slim\nWORKDIR /app\nCOPY . .\nCMD ["sh", "run.sh"]\n')).toBe('/app/static');
});

const backend = { 'backend/main.py': `db = sqlite3.connect("app.db")\n` };

test.each<[string, string, string]>([
  ['in a command', 'CMD cd backend && exec gunicorn main:app', '/app/backend'],
  ['by a path', 'CMD cd /srv/shop && exec gunicorn main:app', '/srv/shop'],
  ['by an option', 'CMD ["gunicorn", "--chdir", "backend", "main:app"]', '/app/backend'],
  ['by an option in one word', 'CMD ["gunicorn", "--chdir=/app/backend", "main:app"]', '/app/backend'],
  ['in a shell of its own', 'CMD (cd backend && true); exec gunicorn main:app', '/app'],
  ['by a variable that is set', 'ENV PLACE=backend\nCMD cd "$PLACE" && exec gunicorn main:app', '/app/backend'],
  ['by a variable', 'CMD cd "$PLACE" && exec gunicorn main:app', 'written-paths-unknown'],
  ['perhaps', 'CMD test -d backend && cd backend; exec gunicorn main:app', 'written-paths-unknown'],
  ['for one of two', 'CMD python seed.py && cd backend && exec gunicorn main:app', '/app /app/backend'],
])('The start changes its folder %s', (_, start, expected) => {
  expect(given(backend, `FROM python:3.13-slim\nWORKDIR /app\nCOPY . .\n${start}\n`)).toBe(expected);
});

test.each<[string, string, string]>([
  ['itself', 'cd backend\nmkdir -p uploads\nexec gunicorn main:app', '/app/backend/uploads /app/backend'],
  ['to its own', 'cd "$(dirname "$0")/backend" || exit 1\nexec gunicorn main:app', '/app/backend'],
  ['before the command', 'cd backend || exit 1\nexec "$@"', '/app/backend'],
  ['in a script that it reads', '. ./place.sh\nexec gunicorn main:app', '/app/backend'],
  ['in a script that it runs', 'sh ./place.sh\nexec gunicorn main:app', '/app'],
  ['in a function', 'run() {\n  cd /app/backend\n  exec gunicorn main:app\n}\nrun', '/app/backend'],
])('A script changes its folder %s', (_, text, expected) => {
  const files = { ...backend, 'start.sh': `#!/bin/sh\n${text}\n`, 'place.sh': 'cd backend\n' };
  const dockerfile = `FROM python:3.13-slim\nWORKDIR /app\nCOPY . .\nENTRYPOINT ["sh", "start.sh"]\nCMD ["gunicorn", "main:app"]\n`;
  expect(given(files, dockerfile)).toBe(expected);
});
