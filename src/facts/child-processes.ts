import { downloadsOf } from './downloads.ts';

/** A call by which a program runs another one. */
export interface ChildCall {
  readonly languages: RegExp;
  /** The file speaks of it at all, where the name alone would be found in other texts. */
  readonly in?: RegExp;
  /** Ends before the bracket. */
  readonly call: RegExp;
  /**
   * What the call takes: `shell` is a text for a shell; `words` a program and then its words, in a list or one by one;
   * `either` is a list, or a text for a shell.
   */
  readonly takes: 'shell' | 'words' | 'either';
  /** Arguments before the program. */
  readonly skip?: number;
  /** The program that runs what is given. */
  readonly program?: string;
}

const JS = /\.(?:[cm]?[jt]s|[jt]sx)$/;
const PY = /\.py$/;
const RB = /\.(?:rb|ru|rake)$/;
const PHP = /\.php$/;
const GO = /\.go$/;

/** From the documentation of the standard libraries, and of execa, November 2026. */
export const childCalls: readonly ChildCall[] = [
  { languages: JS, in: /\bexeca\b/, call: /(?<![\w.])(?:execaCommand|execaCommandSync)\s*(?=\()/g, takes: 'shell' },
  { languages: JS, in: /\bexeca\b/, call: /(?<![\w.])(?:execa|execaSync)\s*(?=\()/g, takes: 'words' },
  { languages: JS, in: /\bcross-spawn\b/, call: /(?<![\w.])(?:crossSpawn|spawn)(?:\.sync)?\s*(?=\()/g, takes: 'words' },
  { languages: JS, call: /\bBun\.spawn(?:Sync)?\s*(?=\()/g, takes: 'words' },
  {
    languages: PY,
    call: /\bsubprocess\.(?:run|call|check_call|check_output|Popen|getoutput|getstatusoutput)\s*(?=\()/g,
    takes: 'either',
  },
  {
    languages: PY,
    in: /\bfrom\s+subprocess\s+import\b/,
    call: /(?<![\w.])(?:run|call|check_call|check_output|Popen|getoutput)\s*(?=\()/g,
    takes: 'either',
  },
  { languages: PY, call: /\bos\.(?:system|popen)\s*(?=\()/g, takes: 'shell' },
  { languages: PY, call: /\bos\.exec[lv]p?e?\s*(?=\()/g, takes: 'words' },
  { languages: PY, call: /\bcreate_subprocess_exec\s*(?=\()/g, takes: 'words' },
  { languages: PY, call: /\bcreate_subprocess_shell\s*(?=\()/g, takes: 'shell' },
  {
    languages: RB,
    call: /(?:(?<![\w.:@])|\bKernel\.)(?:system|exec|spawn)!?(?:\s*(?=\()|\s+(?=["']))/g,
    takes: 'either',
  },
  { languages: RB, call: /\b(?:Open3\.(?:capture2e?|capture3|popen2e?|popen3)|IO\.popen)\s*(?=\()/g, takes: 'either' },
  {
    languages: PHP,
    call: /(?<![\w>:$]|function )(?:exec|shell_exec|system|passthru|proc_open|popen)\s*(?=\()/g,
    takes: 'either',
  },
  { languages: PHP, call: /\bnew Process\s*(?=\(\s*\[)/g, takes: 'words' },
  { languages: GO, in: /"os\/exec"/, call: /\bexec\.Command\s*(?=\()/g, takes: 'words' },
  { languages: GO, in: /"os\/exec"/, call: /\bexec\.CommandContext\s*(?=\()/g, takes: 'words', skip: 1 },
];

/** The functions of Node's `child_process`, by what they take. */
export const nodeChildCalls: Readonly<Record<string, Pick<ChildCall, 'takes' | 'program'>>> = {
  exec: { takes: 'shell' },
  execSync: { takes: 'shell' },
  execFile: { takes: 'words' },
  execFileSync: { takes: 'words' },
  spawn: { takes: 'words' },
  spawnSync: { takes: 'words' },
  fork: { takes: 'words', program: 'node' },
};

/** Programs that print, ask a server or wait, and write no file unless they are told to; by their manual pages, November 2026. */
const readers =
  /^(?:git|hg|svn)$|^(?:cat|tac|nl|echo|printf|test|expr|seq|date|cal|sleep|true|false|yes|ls|dir|stat|file|find|fd|locate|which|whereis|whoami|id|groups|users|who|w|uname|arch|hostname|domainname|nproc|uptime|free|df|du|ps|top|pgrep|pidof|kill|pkill|killall|env|printenv|pwd|basename|dirname|readlink|realpath|head|tail|cut|tr|sort|uniq|wc|grep|egrep|fgrep|rg|awk|gawk|mawk|sed|jq|yq|xmllint|diff|cmp|comm|join|paste|fold|fmt|od|xxd|hexdump|base64|md5sum|sha1sum|sha256sum|sha512sum|cksum|nc|netcat|ncat|ping|ping6|dig|nslookup|host|getent|ss|netstat|lsof|ldd|nm|strings|locale|tput|stty|clear|tty|timeout|envsubst|command|type|curl|wget|psql|pg_isready|mysql|mysqladmin|mariadb|mariadb-admin|redis-cli|valkey-cli|mongosh|mongo|sqlcmd|rabbitmqctl|nginx-debug|ffprobe|identify|exiftool|pdfinfo|pdftotext|xdg-open|open|start|nvidia-smi|lscpu|lspci|lsblk|vmstat|iostat|uuidgen|tini|dumb-init|wait-for-it(?:\.sh)?|wait-for(?:\.sh)?|wait4x|dockerize|grpcurl|grpc_health_probe|kubectl|aws|gcloud|az|vault-env|ab|hey|wrk|k6|siege)$/;
/** Programs that run what belongs to the application, whose own sources say what it writes. */
const interpreters =
  /^(?:node|nodejs|deno|bun|python[\d.]*|pypy[\d.]*|ruby|php|perl|java|dotnet|lua|Rscript|tsx|ts-node|gunicorn|uvicorn|hypercorn|daphne|granian|waitress-serve|celery|flask|django-admin|alembic|aerich|rq|dramatiq|huey_consumer(?:\.py)?|streamlit|chainlit|fastapi|sanic|puma|unicorn|rackup|rails|rake|bundle|sidekiq|thrust|artisan|pm2|pm2-runtime|pm2-docker|forever|npm|pnpm|yarn|prisma|sequelize|sequelize-cli|knex|typeorm|typeorm-ts-node-\w+|mikro-orm|drizzle-kit|next|nuxt|nest|serve|http-server|php-fpm[\d.]*|docker-php-entrypoint|frankenphp|rr|laravel-echo-server|strapi|sails)$/;
/** Programs whose operands say what they write, which is read where commands are. */
const writers = /^(?:mkdir|rmdir|rm|cp|mv|ln|install|touch|tee|rsync)$/;

/** Whether a program is one of a system, and runs nothing of the application. */
export const isTool = (program: string): boolean => readers.test(program) || writers.test(program);

/**
 * Whether it is known of a program what it writes: nothing, what its words name, or what the sources of the application
 * say. `words` are those that follow it.
 */
export function writesAreKnown(program: string, words: readonly (string | undefined)[]): boolean {
  const [first, ...rest] = words;
  if (program === 'git')
    return /^(?:rev-parse|rev-list|describe|log|show|status|diff|ls-files|ls-remote|ls-tree|cat-file|blame|--version|version|branch)$/.test(
      first ?? '',
    );
  if (/^(?:hg|svn)$/.test(program)) return /^(?:log|id|identify|info|parent|st|status|--version)$/.test(first ?? '');
  if (/^(?:perl|ruby)$/.test(program)) return !words.some((word) => word === undefined || /^-\w*i/.test(word));
  if (/^g?awk$/.test(program)) return !words.some((word, at) => word === '-i' && words[at + 1] === 'inplace');
  if (/^(?:yq|jq)$/.test(program)) return !words.some((word) => /^(?:-\w*i\w*|--inplace|--in-place)$/.test(word ?? ''));
  // Graphviz prints what it draws.
  if (/^(?:dot|neato|twopi|circo|fdp|sfdp|patchwork|osage)$/.test(program))
    return !words.some((word) => word === undefined || /^-[oO]/.test(word));
  if (program === 'curl' || program === 'wget') return downloadsOf(program, words) !== undefined;
  if (program === 'openssl') return !/^(?:ca|srp|ts)$/.test(first ?? '');
  if (program === 'find') return !words.some((word) => /^-(?:delete|fprintf?|fls|fprint0)$/.test(word ?? ''));
  if (program === 'kubectl') return /^(?:get|describe|version|logs|wait)$/.test(first ?? '');
  if (/^(?:aws|gcloud|az)$/.test(program))
    return !rest.some((word) => /^(?:cp|sync|rsync|download|configure)$/.test(word ?? ''));
  if (/^--?(?:v|V|version|help|h)$/.test(first ?? '') && rest.length === 0) return true;
  return isTool(program) || interpreters.test(program);
}
