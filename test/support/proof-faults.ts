import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Changes, Fix, Transform } from '../../src/transform/index.ts';
import { neededBy } from '../../src/verify/elf.ts';
import { layOutRoot } from './engines.ts';

/** A Dockerfile with something to fix for many transforms, on a base that it makes itself. */
export const faultySource = `FROM scratch AS base
COPY rootfs/ /
FROM base
MAINTAINER Jane Doe <jane@example.org>
LABEL one=1 two=2
WORKDIR app
ENV GREETING hello world
RUN apt-get update
RUN apt-get install -y netcat curl
ADD server.sh data.txt ./
RUN mkdir -p /data/sub /data/empty && echo two > /data/two && ln /data/two /data/hard && echo one > /data/sub/one && ln -s sub/one /data/link
RUN mkdir -p /var/log && touch /var/log/app.log && echo x > /etc/app.conf && echo x > /data/core.pyc
RUN chmod 4750 /data/sub/one
RUN chown 5:5 /data/sub
RUN echo "$GREETING" | cat > /greeting
EXPOSE 8080/TCP
VOLUME /state
STOPSIGNAL SIGINT
HEALTHCHECK CMD test -e /app/server.sh
USER 5
CMD echo unused
CMD /app/server.sh run
`;

/** The same, but that a server goes on, is healthy, and ends well when it is told to. */
export const servingSource = faultySource
  .replace('test -e /app/server.sh', 'test -e /tmp/state/healthy')
  .replace(/CMD .*\n$/, 'CMD /app/serve.sh\n')
  .replace('USER 5', 'COPY serve.sh /app/\nCOPY --chown=5:5 state /tmp/state/\nUSER 5');

const serve = `#!/bin/sh
trap 'exit 0' INT
httpd -p "\${PORT:-8080}" -h /data
while true; do sleep 1 & wait; done
`;

/** Lays out the build context of the Dockerfile above. */
export function layOutFaulty(folder: string): void {
  mkdirSync(folder, { recursive: true });
  layOutRoot(join(folder, 'rootfs'));
  writeFileSync(join(folder, 'server.sh'), '#!/bin/sh\necho "serves $1 in $PWD as $(id -u): $(cat /app/data.txt)"\n', {
    mode: 0o755,
  });
  writeFileSync(join(folder, 'serve.sh'), serve, { mode: 0o755 });
  mkdirSync(join(folder, 'state'), { recursive: true });
  writeFileSync(join(folder, 'state/healthy'), '');
  writeFileSync(join(folder, 'data.txt'), 'data\n');
  layOutSystem(join(folder, 'rootfs'));
  writeFileSync(join(folder, '.env'), 'TOKEN=x\n');
  writeFileSync(join(folder, '.dockerignore'), '.env\n');
  writeFileSync(join(folder, 'Dockerfile'), faultySource);
}

/** What images have that programs do not name: a time zone, a language, certificates, libraries. */
function layOutSystem(root: string): void {
  const files = {
    'etc/localtime': 'TZif',
    'etc/ssl/certs/ca-certificates.crt': 'certificates',
    'usr/lib/locale/locale-archive': 'languages',
  };
  for (const each of ['etc/ssl/certs', 'usr/lib/locale', 'opt', 'lib'])
    mkdirSync(join(root, each), { recursive: true });
  for (const [path, text] of Object.entries(files)) writeFileSync(join(root, path), text);
  const program = spawnSync('sh', ['-c', 'command -v env'], { encoding: 'utf8' }).stdout.trim();
  copyFileSync(program, join(root, 'opt/program'));
  for (const name of neededBy(readFileSync(program))) writeFileSync(join(root, 'lib', name), name);
}

/** One way in which one transform is wrong. */
export interface Fault {
  readonly name: string;
  readonly transform: string;
  /** What its edits say instead; of a fix that has several, all are changed. */
  readonly wrong: (text: string) => string;
  /** What its fix says that it changes, where the edits change more. */
  readonly changes?: (changes: Changes) => Changes;
  /** Which of its fixes are wrong, by their titles; all where it is absent. */
  readonly only?: RegExp;
  /** What the refusal says. */
  readonly shows: RegExp;
  /** Only a run shows it: of a command that ends, or of a server. */
  readonly run?: 'job' | 'server';
  /** Another transform, whose fixes are right, and say that they may change more than they do. */
  readonly beside?: { readonly transform: string; readonly changes: Partial<Changes> };
}

const merge = 'merge-run-instructions';
const also = (name: string, command: string, shows: RegExp): Fault => ({
  name,
  transform: merge,
  wrong: (text) => `${text}${command} && `,
  shows,
});
/** The same, where the fix says that it may change any file. */
const anywhere = (name: string, command: string, shows: RegExp): Fault => ({
  ...also(name, command, shows),
  changes: (changes) => ({ ...changes, paths: ['**'] }),
});
/** Another command of the server. */
const serving = (name: string, script: string, shows: RegExp): Fault => ({
  name,
  transform: 'use-exec-form',
  wrong: () => JSON.stringify(['/bin/sh', '-c', script]),
  only: /`CMD`/,
  shows,
  run: 'server',
});
/** Another instruction where one should be removed. */
const instead = (name: string, line: string, shows: RegExp): Fault => ({
  name,
  transform: 'remove-overridden-instructions',
  wrong: () => `${line}\n`,
  changes: ({ removes = [] }) => ({
    removes: [],
    edits: removes,
    becomes: removes.map((index) => ({ index, keyword: line.split(' ')[0]! })),
  }),
  only: /`CMD`/,
  shows,
});

/** Planted faults: a transform that is wrong in one way each. */
export const faults: readonly Fault[] = [
  {
    name: 'a file is lost',
    transform: 'replace-add-with-copy',
    wrong: () => 'COPY server.sh ./\n#',
    shows: /data\.txt` is gone/,
  },
  {
    name: 'a copy goes elsewhere',
    transform: 'replace-add-with-copy',
    wrong: () => 'COPY server.sh data.txt /ap/\n#',
    shows: /\/ap` is new|data\.txt` is gone/,
  },
  {
    name: 'a mode changes',
    transform: 'replace-add-with-copy',
    wrong: (text) => `${text} --chmod=0700`,
    shows: /has mode 0700/,
  },
  {
    name: 'an owner changes',
    transform: 'replace-add-with-copy',
    wrong: (text) => `${text} --chown=7:7`,
    shows: /belongs to 7:7/,
  },
  {
    name: 'a copy that cannot be',
    transform: 'replace-add-with-copy',
    wrong: (text) => `${text} --from=nowhere`,
    shows: /build fails/,
  },
  {
    name: 'a variable loses its value',
    transform: 'replace-legacy-key-value-format',
    wrong: () => '=',
    shows: /Env GREETING|greeting/,
  },
  {
    name: 'a variable gets another name',
    transform: 'replace-legacy-key-value-format',
    wrong: () => 'S=',
    shows: /Env GREETING/,
  },
  {
    name: 'a value keeps its quotes',
    transform: 'replace-legacy-key-value-format',
    wrong: () => '=\\"',
    shows: /Env|build fails/,
  },
  {
    name: 'a label of the maintainer wipes another',
    transform: 'replace-maintainer-with-label',
    wrong: (text) => `${text} three=3`,
    shows: /Labels three/,
  },
  { name: 'the work directory is another', transform: 'use-absolute-workdir', wrong: () => '/ap', shows: /WorkingDir/ },
  { name: 'the work directory is not made', transform: 'use-absolute-workdir', wrong: () => '/', shows: /WorkingDir/ },
  {
    name: 'the package lists are not fetched',
    transform: 'combine-update-and-install',
    wrong: (text) => text.replace(/apt-get update && /, ''),
    shows: /build fails/,
  },
  {
    name: 'another package is installed',
    transform: 'combine-update-and-install',
    wrong: (text) => text && `${text}apt-get install -y vim && `,
    shows: /package vim/,
  },
  {
    name: 'a folder beside the lists goes',
    transform: 'remove-package-lists',
    wrong: (text) => `${text} /var/lib/apt/kept`,
    shows: /\/var\/lib\/apt\/kept` is gone/,
  },
  {
    name: 'the package database goes',
    transform: 'remove-package-lists',
    wrong: (text) => `${text} /var/lib/dpkg`,
    shows: /package|dpkg/,
  },
  {
    name: 'a program goes with the lists',
    transform: 'remove-package-lists',
    wrong: (text) => `${text} /usr/bin/netcat`,
    shows: /netcat` is gone/,
  },
  {
    name: 'the shell goes with the lists',
    transform: 'remove-package-lists',
    wrong: (text) => `${text} /bin/sh`,
    shows: /build fails/,
  },
  {
    name: 'a temporary folder goes with the lists',
    transform: 'remove-package-lists',
    wrong: (text) => `${text} /tmp`,
    shows: /\/tmp` is gone/,
  },
  {
    name: 'a package that was asked for is not installed',
    transform: 'add-no-install-recommends',
    wrong: (text) => `${text} netcat; true`,
    shows: /package curl|build fails/,
  },
  instead('the label of another is lost', 'LABEL two=3', /Labels two/),
  instead('the user changes', 'USER 0', /User/),
  instead('an entry point appears', 'ENTRYPOINT ["/bin/sh"]', /Entrypoint/),
  instead('a health check is switched off', 'HEALTHCHECK NONE', /Healthcheck/),
  instead('a stop signal changes', 'STOPSIGNAL SIGKILL', /StopSignal/),
  instead('a volume appears', 'VOLUME /more', /Volumes/),
  instead('a trigger appears', 'ONBUILD RUN true', /OnBuild/),
  instead('a shell is set', 'SHELL ["/bin/sh", "-ec"]', /Shell|Cmd/),
  instead('a variable leaks', 'ENV LEAKED=1', /Env LEAKED/),
  { name: 'another port', transform: 'use-lower-case-protocols', wrong: () => 'udp', shows: /ExposedPorts/ },
  also('a file is left behind', 'echo x > /left', /\/left` is new/),
  also('the working directory shifts', 'echo y > here && cd /tmp && echo x > there', /here` is new|there` is new/),
  { name: 'a step is lost', transform: merge, wrong: (text) => `${text}true || `, shows: /belongs to/ },
  also('a link becomes a file', 'rm /data/link && cp /data/sub/one /data/link', /link` is a file/),
  also('a link leads elsewhere', 'rm /data/link && ln -s sub/two /data/link', /leads to sub\/two/),
  also('content changes', 'echo two > /data/sub/one', /another content/),
  also('content grows', 'echo two >> /data/sub/one', /another content/),
  also('a folder becomes a file', 'rm -r /app && touch /app', /build fails|is a file/),
  also('a folder gets another mode', 'chmod 0700 /data', /has mode 0700/),
  also('the sticky bit goes', 'chmod 0777 /tmp', /has mode 0777/),
  also('the mask of new files stays', 'umask 077 && touch /masked', /masked` is new/),
  also('the group of a folder changes', 'chown 0:9 /data', /belongs to 0:9/),
  also('a secret is kept', 'echo token > /root-token', /root-token` is new/),
  also('the merged step fails', 'false', /build fails/),
  also('a log that a program follows is lost', 'rm -f /var/log/*.log', /\/var\/log\/app\.log` is gone/),
  also('a module without its source is lost', 'rm -f /data/*.pyc', /\/data\/core\.pyc` is gone/),
  also('the loader finds other libraries', 'echo x > /etc/ld.so.cache', /ld\.so\.cache` is new/),
  {
    name: 'a file of another step goes with the packages',
    transform: 'add-no-install-recommends',
    wrong: (text) => `${text}; rm -f /etc/group /bin/wc; apt-get install -y --no-install-recommends`,
    shows: /\/etc\/group` is gone|\/bin\/wc` is gone/,
  },
  also('an empty folder is lost', 'rm -rf /data/empty', /\/data\/empty` is gone/),
  also('a bit that sets the user goes', 'chmod 0750 /data/sub/one', /has mode 0750, and had 4750/),
  also('the owner has a large number', 'chown 3000000:3000000 /data/empty', /belongs to 3000000:3000000/),
  also('a device appears', '{ [ -e /null ] || mknod /null c 1 3; }', /\/null` is new/),
  also('a pipe stands where a file did', 'rm -f /data/two && mkfifo /data/two', /is a fifo, and was a file/),
  also('names of one file are copies', 'cp /data/two /data/new && mv /data/new /data/two', /is a copy of/),
  also('lines end otherwise', "sed -i 's/\\r*$/\\r/' /etc/app.conf", /app\.conf` has another content/),
  also('a user has another number', 'sed -i s/web:x:5:/web:x:6:/ /etc/passwd', /\/etc\/passwd` has another content/),
  also('a user is lost', 'sed -i /^web/d /etc/passwd', /\/etc\/passwd` has another content/),
  also(
    'a package is an older one',
    "sed -i 's/^Version: 1/Version: 0/' /var/lib/dpkg/status",
    /package base` has version 0, and had 1/,
  ),
  also('the time zone is lost', 'rm -f /etc/localtime', /\/etc\/localtime` is gone/),
  also('the languages are lost', 'rm -f /usr/lib/locale/locale-archive', /locale-archive` is gone|\/locale` is gone/),
  also('the certificates are lost', 'rm -f /etc/ssl/certs/*', /ca-certificates\.crt` is gone/),
  also(
    'a link is what it leads to',
    'rm -f /bin/wc && cp /bin/busybox /bin/wc',
    /\/bin\/wc` is a file, and was a symlink/,
  ),
  anywhere('a link leads nowhere', 'rm -f /data/sub/one', /\/data\/link` leads to sub\/one, which is gone/),
  anywhere('a library is lost', 'rm -f /lib/libc.so.6', /\/opt\/program` needs libc\.so\.6, which is gone/),
  {
    name: 'a lower layer keeps a secret',
    transform: 'replace-add-with-copy',
    wrong: () => 'RUN echo token > /root-token\nWORKDIR /app\nRUN rm /root-token\nCOPY',
    changes: (changes) => ({
      ...changes,
      adds: ['RUN', 'WORKDIR', 'RUN'].map((keyword) => ({ before: changes.edits[0]!, keyword })),
    }),
    shows: /\/root-token` stays in a layer/,
  },
  {
    name: 'a file is lost behind a fix that may change any',
    transform: 'replace-add-with-copy',
    wrong: () => 'COPY server.sh ./\n#',
    shows: /data\.txt` is gone/,
    beside: { transform: 'use-absolute-workdir', changes: { paths: ['**'] } },
  },
  {
    name: 'an owner changes behind a fix that may change any',
    transform: 'replace-add-with-copy',
    wrong: (text) => `${text} --chown=7:7`,
    shows: /belongs to 7:7/,
    beside: { transform: 'use-absolute-workdir', changes: { owners: ['/**'] } },
  },
  {
    ...instead('a variable leaks behind a fix that may change any', 'ENV LEAKED=1', /Env LEAKED/),
    beside: { transform: 'replace-legacy-key-value-format', changes: { config: ['Env'] } },
  },
  instead('programs are looked for elsewhere', 'ENV PATH=/nowhere:/bin', /Env PATH/),
  {
    name: 'a user of the application goes with the packages',
    transform: 'add-no-install-recommends',
    wrong: (text) => `${text}; sed -i /^web/d /etc/passwd; apt-get install -y --no-install-recommends`,
    shows: /\/etc\/passwd` has another content/,
  },
  {
    name: 'the time zone goes with the packages',
    transform: 'add-no-install-recommends',
    wrong: (text) => `${text}; rm -f /etc/localtime; apt-get install -y --no-install-recommends`,
    shows: /\/etc\/localtime` is gone/,
  },
  serving('it dies after its answer', '/app/serve.sh & sleep 1', /ends with 0, and the original keeps running/),
  serving('it listens elsewhere', 'PORT=8081 exec /app/serve.sh', /is not answered any more|listens on port 8080/),
  serving('it answers something else', 'httpd -f -p 8080 -h /app', /answers 404, and did 200/),
  serving('it is not healthy', 'rm /tmp/state/healthy; exec /app/serve.sh', /its own health check fails/),
  serving('it ends only when it is killed', '/app/serve.sh; true', /does not end when it is told to/),
  serving('it ends with a failure', "trap 'exit 3' INT; /app/serve.sh & wait", /ends with 3 when it is told to/),
  {
    name: 'the arguments are lost',
    transform: 'use-exec-form',
    wrong: () => '["/app/server.sh"]',
    shows: /prints/,
    run: 'job',
  },
  {
    name: 'the words are one',
    transform: 'use-exec-form',
    wrong: () => '["/app/server.sh run"]',
    shows: /does not start|ends with/,
    run: 'job',
  },
  {
    name: 'the program is another',
    transform: 'use-exec-form',
    wrong: () => '["/bin/sh", "-c", "exit 3"]',
    shows: /ends with 3/,
    run: 'job',
  },
];

/** The transforms, one of them wrong, and perhaps another one that says too much. */
export function withFault(transforms: readonly Transform[], fault: Fault): Transform[] {
  const spoil = (fix: Fix): Fix => ({
    ...fix,
    edits: fix.edits.map((edit) => ({ ...edit, text: fault.wrong(edit.text) })),
    changes: { ...fix.changes, ...fault.changes?.(fix.changes) },
  });
  const widen = (fix: Fix): Fix => ({ ...fix, changes: { ...fix.changes, ...fault.beside?.changes } });
  return transforms.map((transform) => {
    if (transform.id !== fault.transform && transform.id !== fault.beside?.transform) return transform;
    const change = transform.id === fault.transform ? spoil : widen;
    return {
      ...transform,
      *find(input) {
        for (const finding of transform.find(input)) {
          const isMeant = 'fix' in finding && (change === widen || (fault.only?.test(finding.fix.title) ?? true));
          yield isMeant ? { ...finding, fix: change(finding.fix) } : finding;
        }
      },
    };
  });
}
