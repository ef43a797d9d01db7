import { describe, expect, test } from 'vitest';
import { childProcesses } from '../../src/transform/index.ts';

const read = (path: string, text: string) =>
  childProcesses([{ path, place: `/app/${path}`, text }])
    .sort((a, b) => a.line - b.line)
    .map(({ line, shell, words }) => [line, shell ?? words]);

describe('the programs that sources run', () => {
  test('JavaScript, by the names that the file gives the functions', () => {
    const text = `const { exec, spawn: start } = require('child_process');
const cp = require('node:child_process');
const later = util.promisify(cp.exec);
exec('ls ' + folder);
start('ffmpeg', ['-i', file]);
cp.execSync(\`git log -\${count}\`);
await later("uname -a");
/x/.exec(text);
cp.spawn(process.execPath, ['worker.js']);
cp.fork('./other.js');
// exec('rm -rf /');
`;
    expect(read('a.js', text)).toEqual([
      [4, 'ls $__'],
      [5, ['ffmpeg', '-i', undefined]],
      [6, 'git log -$__'],
      [7, 'uname -a'],
      [9, ['node', 'worker.js']],
      [10, ['node', './other.js']],
    ]);
  });

  test('functions of the file that run their first argument, and lists over several lines', () => {
    expect(
      read(
        'a.mjs',
        "import { spawn } from 'child_process'\nfunction run(command, args) {\n  return spawn(command, args)\n}\nrun('caddy', ['run'])\n",
      ),
    ).toEqual([[5, ['caddy', 'run']]]);
    expect(read('a.py', 'import subprocess\ncmd = [\n  "python",\n  "job.py",\n]\nsubprocess.run(cmd)\n')).toEqual([
      [6, ['python', 'job.py']],
    ]);
  });

  test('Python', () => {
    const text = `import subprocess, sys, os
subprocess.run(["ls", "-l", x], check=True)
subprocess.Popen(f"convert {a} out.png", shell=True)
subprocess.run([sys.executable, "worker.py"])
os.system("python manage.py migrate")
await asyncio.create_subprocess_exec("ffmpeg", "-i", path, stdout=PIPE)
subprocess.run(job["command"])
`;
    expect(read('a.py', text)).toEqual([
      [2, ['ls', '-l', undefined]],
      [3, 'convert $__ out.png'],
      [4, ['python', 'worker.py']],
      [5, 'python manage.py migrate'],
      [6, ['ffmpeg', '-i', undefined]],
      [7, []],
    ]);
  });

  test('Ruby, PHP and Go', () => {
    expect(
      read('a.rb', 'out = `git rev-parse HEAD`\nsystem "npm run build"\nOpen3.capture3("magick", a)\n@system(1)\n'),
    ).toEqual([
      [1, 'git rev-parse HEAD'],
      [2, 'npm run build'],
      [3, ['magick', undefined]],
    ]);
    expect(read('a.php', '<?php\nexec("convert a b");\n$db->exec("SELECT 1");\ncurl_exec($c);\n')).toEqual([
      [2, 'convert a b'],
    ]);
    expect(
      read('a.go', 'import "os/exec"\nexec.Command("ls", "-l")\nexec.CommandContext(ctx, "git", "clone", u)\n'),
    ).toEqual([
      [2, ['ls', '-l']],
      [3, ['git', 'clone', undefined]],
    ]);
    expect(read('b.go', 'exec.Command("ls")\n')).toEqual([]);
  });

  test('texts that end early are read without harm', () => {
    const text = "const { spawn } = require('child_process')\nspawn('a', [";
    for (let end = 0; end <= text.length; end++) expect(() => read('a.js', text.slice(0, end))).not.toThrow();
  });
});
