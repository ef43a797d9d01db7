import { posix } from 'node:path';
import { nginxUnprivileged } from '../../src/facts/index.ts';
import { parseShell } from '../../src/shell/index.ts';
import { commonRefusal, contextRefusal, healthcheckRefusal } from './pitfalls.ts';
import { type Plan, type Recipe, type Refusal, refuse } from './plan.ts';
import type { Subject } from './subject.ts';
import { userFor } from './user.ts';

/** A server of static files, by its flags: github.com/vercel/serve and github.com/http-party/http-server. */
interface StaticServer {
  readonly folder: string;
  readonly port: string;
  /** Every path that names no file gets the first page. */
  readonly single: boolean;
}

/** A front end that is built and then handed to a server of static files. */
export const frontend: Recipe = {
  id: 'frontend',
  plan(subject) {
    if (subject.base.repository !== 'node') return undefined;
    const server = readServer(subject);
    if (!server) return undefined;
    const common = commonRefusal(subject) ?? contextRefusal(subject);
    if (common) return common;
    return planFrontend(subject, server);
  },
};

function readServer(subject: Subject): StaticServer | undefined {
  const argv = wordsOf(subject);
  if (!argv) return undefined;
  const words = argv[0] === 'npx' ? argv.slice(1).filter((each) => !/^(?:-y|--yes)$/.test(each)) : [...argv];
  const program = words.shift();
  if (program !== 'serve' && program !== 'http-server') return undefined;
  let port = program === 'serve' ? '3000' : '8080';
  let single = false;
  const folders: string[] = [];
  for (let at = 0; at < words.length; at++) {
    const [name, joined] = words[at]!.split('=', 2) as [string, string | undefined];
    if (/^(?:-l|--listen|-p|--port)$/.test(name)) {
      const value = (joined ?? words[++at] ?? '').replace(/^tcp:\/\/[^:]*:/, '');
      if (!/^\d+$/.test(value)) return undefined;
      port = value;
    } else if (program === 'serve' && /^(?:-s|--single)$/.test(name)) single = true;
    else if (/^(?:-n|--no-clipboard|-L|--no-request-logging|-u|--no-compression|-c-1|-d|--silent)$/.test(name))
      continue;
    else if (name.startsWith('-')) return undefined;
    else folders.push(words[at]!);
  }
  return folders.length > 1 ? undefined : { folder: folders[0] ?? '.', port, single };
}

function wordsOf({ start, context, layout, directory }: Subject): readonly string[] | undefined {
  const argv = start?.argv;
  if (!argv || start.script) return undefined;
  const name = /^(?:npm|yarn|pnpm)$/.test(argv[0]!) ? argv.findLast((each) => !each.startsWith('-')) : undefined;
  if (name === undefined) return argv;
  const path = layout?.contextOf(posix.join(directory ?? '/', 'package.json'));
  const found = context?.manifests.find((each) => each.kind === 'package.json' && each.path === path);
  if (found?.kind !== 'package.json' || !found.facts.ok) return undefined;
  const { scripts } = found.facts.value;
  const text = scripts[name];
  if (text === undefined || scripts[`pre${name}`] !== undefined) return undefined;
  const tree = parseShell(text).statements[0]?.tree;
  if (tree?.kind !== 'command' || tree.words.some((word) => word.literal === undefined)) return undefined;
  return tree.words.map((word) => word.literal!);
}

/** What both servers say of texts, and nginx does not by itself: a page without a `meta` would be read as Latin-1. */
const charset = [
  '    charset utf-8;',
  '    charset_types text/css text/plain text/javascript application/javascript application/json;',
];

function planFrontend(subject: Subject, { folder, port, single }: StaticServer): Plan | Refusal {
  const { directory, layout, stage } = subject;
  if (directory === undefined) return refuse('working-directory-unknown');
  const from = posix.resolve(directory, folder);
  const isBuilt = layout!.contextOf(from) === undefined;
  const isThere = !isBuilt && layout!.hasBelow(layout!.contextOf(from)!);
  if (from === directory || (!isBuilt && !isThere)) return refuse('artifact-unknown', `\`${folder}\``);
  if (layout!.context.file(posix.join(folder, 'serve.json')) || layout!.context.file('serve.json')) {
    return refuse('start-unknown', 'serve.json sets up the server');
  }
  const runtime = nginxUnprivileged;
  const unhealthy = healthcheckRefusal(subject, runtime, []);
  if (unhealthy) return unhealthy;
  if (Number(port) < 1024) return refuse('start-unknown', `port ${port} is below 1024`);
  const fallback = single ? '/index.html' : '$uri.html =404';
  // The quotes keep the shell away from the variables of nginx.
  const lines = [
    'server {',
    `    listen ${port};`,
    '    root /usr/share/nginx/html;',
    ...charset,
    '    location / {',
    `        try_files $uri $uri/ ${fallback};`,
    '    }',
  ].map((line) => `'${line}'`);
  const written = ["printf '%s\\n'", ...lines, "'}' > /etc/nginx/conf.d/default.conf"];
  const nginx = ['nginx', '-g', 'daemon off;'];
  const hasEntrypoint = subject.start?.entrypoint !== undefined;
  if (hasEntrypoint && stage.instructions.some((each) => each.keyword === 'CMD')) return refuse('start-unknown');
  return {
    runtime,
    runs: [written],
    artifacts: [{ from, to: '/usr/share/nginx/html' }],
    anyDirectory: true,
    start: hasEntrypoint ? { entrypoint: nginx } : { cmd: nginx },
    user: userFor(subject, runtime),
    evidence: ['context'],
    note: 'nginx serves the files from now on, on the same port: look at headers and at paths without an ending',
  };
}
