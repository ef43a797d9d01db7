import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Engine } from '../support/engine/engine.ts';
import { StandIns } from '../support/engine/stand-ins.ts';
import { describeInFullSuite, temporaryFolder } from '../support/parts.ts';
import { startCommand } from '../support/proof-command.ts';

const parts = ['dockerd', 'mmdebstrap', 'nsenter', 'make', 'gcc'] as const;

/** Servers that write to a path which they work out when they start; each answers with what it has written. */
const apps = {
  shell: {
    dockerfile: `FROM alpine:3.22
WORKDIR /srv/app
COPY serve.sh .
EXPOSE 8080
CMD ["sh", "/srv/app/serve.sh"]
`,
    files: {
      'serve.sh': `#!/bin/sh
set -e
pages=/var/lib/$(basename "$0" .sh)/pages
mkdir -p "$pages"
echo written >"$pages/index.html"
exec busybox httpd -f -p 8080 -h "$pages"
`,
    },
    owned: '/var/lib/serve',
    blindly: '`/srv/app/serve.sh` writes to a path that is worked out when it starts',
  },
  python: {
    dockerfile: `FROM python:3.12-slim
WORKDIR /app
COPY . .
EXPOSE 8080
CMD ["python", "server.py"]
`,
    files: {
      'server.py': `import http.server, os, time

folder = os.path.join(os.sep, "app", "".join(reversed("erots")), time.strftime("%Y"))
getattr(os, "make" + "dirs")(folder, exist_ok=True)
handle = getattr(os, "op" + "en")(os.path.join(folder, "a.txt"), os.O_CREAT | os.O_WRONLY)
os.write(handle, b"written")
os.close(handle)

class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(open(os.path.join(folder, "a.txt"), "rb").read())

http.server.HTTPServer(("", 8080), Handler).serve_forever()
`,
    },
    owned: '/app/store',
    // Nothing in the source says that it writes, so that it takes a run to see the harm.
    blindly: 'with it, the container behaves differently',
  },
  node: {
    dockerfile: `FROM node:22-slim
WORKDIR /app
COPY . .
EXPOSE 8080
CMD ["node", "server.js"]
`,
    files: {
      'server.js': `const fs = require('node:fs');
const path = require('node:path');
const file = path.join(process.cwd(), Buffer.from('c3RhdGU=', 'base64').toString(), 'a.txt');
fs.mkdirSync(path.dirname(file), { recursive: true });
fs.writeFileSync(file, 'written');
require('node:http').createServer((_, answer) => answer.end(fs.readFileSync(file))).listen(8080);
`,
    },
    owned: '/app/state',
    blindly: '`server.js` line 4 writes to a path that it works out',
  },
};

/** Each takes half a minute: two stand for all, unless all are asked for. */
const chosen = Object.entries(apps).filter(([name]) => process.env.DOCKMEND_TEST_OBSERVE === 'all' || name !== 'node');

describeInFullSuite("what a container is seen to write is its user's", parts, () => {
  const folder = temporaryFolder();
  let engine: Engine;
  let standIns: StandIns;
  beforeAll(async () => {
    engine = await Engine.start('observe-test');
    standIns = new StandIns(engine);
    for (const [, { dockerfile }] of chosen) await standIns.forDockerfile(dockerfile);
  }, 600_000);
  afterAll(async () => {
    await engine.stop();
    folder.remove();
  });

  test.each(chosen)(
    '%s',
    async (name, { dockerfile, files, owned, blindly }) => {
      const work = join(folder.path, name);
      mkdirSync(work);
      for (const [path, text] of Object.entries(files)) writeFileSync(join(work, path), text);
      const run = async (...args: string[]) => {
        const flags = ['--format', 'json', '--only', 'add-non-root-user', '--unsafe', ...args];
        const started = startCommand(work, dockerfile, flags, { DOCKER_HOST: engine.host });
        const { code, stdout, stderr } = await started.ended;
        const [file] = JSON.parse(stdout).files;
        return { code, file, stderr, text: started.text() };
      };
      const builder = ['--builder', 'docker', '--build-network', 'host', '--probe', 'http://:8080/'];

      const blind = await run('--verify=run', ...builder);
      expect(blind.code).toBe(0);
      expect(blind.file.fixes).toEqual([]);
      const why = [...blind.file.refused, ...blind.file.rejected].map((each) => each.detail ?? each.why);
      expect(why).toEqual([blindly]);
      expect(blind.text).toBe(dockerfile);

      const watched = await run('--observe', '--verify=run', ...builder);
      expect([watched.code, watched.stderr, watched.file.rejected]).toEqual([0, '', []]);
      expect(watched.file.fixes[0].message).toContain(`it owns \`${owned}\` (a container was seen to write there)`);
      expect(watched.file.fixes[0].evidence).toContain('build');
      expect(watched.file.proof.runs).toEqual([
        'started without capabilities and new privileges: it keeps running, http://:8080/ answers 200 with the same content',
      ]);
      expect(watched.text).toMatch(new RegExp(`&& chown -R (\\w+):\\1 ${owned}\\n(?:#.*\\n)?USER 1\\d+\\n`));
    },
    300_000,
  );
});
