import { parseShell, type ShellList, type ShellStatement, visitTrees } from '../../src/shell/index.ts';
import { bareText, hasOption, innerScript, type Step, stepsOf } from './steps.ts';

/** Programs that stay alive after the command line that starts them, or that start such a program on their own. */
const daemons = new Set([
  ...['nohup', 'setsid', 'daemon', 'start-stop-daemon', 'invoke-rc.d', 'daemonize', 'screen', 'tmux', 'at', 'batch'],
  ...['mysqld', 'mysqld_safe', 'mariadbd', 'mariadbd-safe', 'mysqld_multi', 'pg_ctl', 'pg_ctlcluster', 'postgres'],
  ...['redis-server', 'valkey-server', 'rabbitmq-server', 'mongod', 'memcached', 'slapd', 'cassandra', 'epmd'],
  ...['dbus-daemon', 'dbus-launch', 'Xvfb', 'Xorg', 'vncserver', 'Xvnc', 'pulseaudio', 'jackd'],
  ...['sshd', 'nginx', 'apache2', 'httpd', 'php-fpm', 'cron', 'crond', 'rsyslogd', 'syslogd', 'named', 'dnsmasq'],
  ...['dockerd', 'containerd', 'supervisord', 'systemd', 'runsvdir', 's6-svscan', 'ssh-agent', 'gpg-agent', 'dirmngr'],
  ...['mvnd', 'bazel', 'bazelisk', 'sccache', 'watchman', 'buck', 'buck2', 'adb', 'pm2', 'forever', 'bloop', 'mill'],
  ...['scala-cli', 'sbtn', 'ng-daemon', 'nailgun'],
]);

/** Their calls that only print or check. */
const passive = /^(?:-t|-v|-V|-h|--version|--help|--test|--check|-M|-S|--validate-config)$/;

/** Tools whose `-d` means something else than to go on in the background. */
const ordinary = new Set(
  (
    'apt apt-get aptitude dpkg apk yum dnf microdnf zypper pacman curl wget unzip zip install useradd usermod adduser mkdir ' +
    'tar base64 cut tr test [ date gzip gunzip bzip2 xz zstd paste patch xargs rm ls cp mv ln file sort uniq stat rsync go ' +
    'git python python2 python3 pip pip3 npm npx node yarn pnpm composer openssl gcc cc make cmake conda mamba mvn find grep ' +
    'locale-gen localedef sed awk echo printf chsh ssh-keygen fc-cache unrar 7z perl ruby gem bundle php java javac psql ' +
    'createdb mysql sqlite3 pg_dump mix cabal jq readlink du touch a2enmod a2dismod envsubst chmod chown read declare export ' +
    'certutil set mktemp diff head tail cat tee dirname basename id groupadd update-alternatives rpm'
  ).split(' '),
);

/** What may still run when the script ends, named for a person; undefined where nothing is known to. */
export function processLeft(script: ShellList): string | undefined {
  const open = openBackground(script);
  if (open) return open;
  const steps = stepsOf(script);
  // It ends the agents of gpg.
  const killed = steps.findLastIndex(
    (step) => step.name === 'gpgconf' && step.args.some((word) => word.text === '--kill'),
  );
  for (const [index, step] of steps.entries()) {
    const inner = innerScript(step);
    if (inner !== undefined) {
      const parsed = parseShell(inner);
      const left = parsed.tiled ? openBackground(parsed) : looseBackground(inner);
      if (left) return left;
    }
    const name = daemonOf(step);
    if (name && !(index < killed && /^gpg/.test(name))) return `\`${name}\` may leave a process behind`;
  }
  return undefined;
}

function looseBackground(text: string): string | undefined {
  return /(?:^|[^&<>|])&(?:[^&>]|$)/.test(text) ? 'a command runs in the background' : undefined;
}

/** A job that no bare `wait` in the same list waits for. */
function openBackground(script: ShellList): string | undefined {
  const visit = (list: ShellList): string | undefined => {
    for (const [index, statement] of list.statements.entries()) {
      if (!statement.background) continue;
      const waited = list.statements.slice(index + 1).some(waits);
      if (!waited) return `${nameOf(statement)} runs in the background`;
    }
    return undefined;
  };
  let found = visit(script);
  visitTrees(script, (tree) => {
    if (tree.kind === 'coproc') found ??= 'a coprocess runs in the background';
    const lists = tree.kind === 'compound' ? tree.lists : [];
    for (const list of lists) found ??= visit(list);
    const words =
      tree.kind === 'command' ? [...tree.words, ...tree.assignments.flatMap((each) => each.value ?? [])] : [];
    for (const word of words) for (const list of word.substitutions) found ??= visit(list);
    // `>(cmd)` runs beside the command that it is given to, and nothing waits for it.
    if (words.some((word) => /[<>]\(/.test(word.text) && word.substitutions.length > 0)) {
      found ??= 'a process substitution may outlive its command';
    }
  });
  return found;
}

function waits({ tree, background }: ShellStatement): boolean {
  if (background) return false;
  const first = tree.kind === 'and-or' ? tree.commands[0] : tree;
  return first?.kind === 'command' && first.words.length === 1 && first.words[0]!.literal === 'wait';
}

function nameOf({ tree }: ShellStatement): string {
  const first = tree.kind === 'and-or' || tree.kind === 'pipeline' ? tree.commands[0] : tree;
  return first?.kind === 'command' && first.words[0] ? `\`${first.words[0].text}\`` : 'a command';
}

function daemonOf(step: Step): string | undefined {
  const taken = step.wrappers.find((wrapper) => daemons.has(wrapper));
  if (taken) return taken;
  const { name, path, args } = step;
  const texts = args.map(bareText);
  if (texts.some((text) => /^--(?:daemon|daemonize|background|fork|detach)(?:=(?!no|false|0)|$)/.test(text))) {
    return path;
  }
  if (name === undefined) return undefined;
  if (daemons.has(name) && !(texts.length > 0 && texts.every((text) => passive.test(text)))) return name;
  if (/(?:^|\/)(?:rc|init)\.d\//.test(path) && texts[0] !== 'stop') return path;
  const starts = texts.some((text) => /^(?:start|restart|reload|graceful|up)$/.test(text));
  if ((name === 'service' || name === 'rc-service' || /ctl\d?$/.test(name)) && starts) return `${name} start`;
  if (/^gradlew?$/.test(name) && !texts.includes('--no-daemon')) return `${name} without --no-daemon`;
  // MSBuild nodes and the compiler server stay for the next call unless told not to.
  if (name === 'dotnet' && /^(?:build|publish|pack|test|msbuild|restore|run)$/.test(texts[0] ?? '')) {
    return texts.includes('--disable-build-servers') ? undefined : 'dotnet';
  }
  if (
    /^gpg2?$/.test(name) &&
    !texts.every((text) =>
      /^--?(?:version|help|dearmor|enarmor|armor|a|verify|export|list-keys|print-md|batch|yes|quiet|q|no-tty|no-default-keyring|keyring|homedir|status-fd|output|o)(?:=|$)|^[^-]/.test(
        text,
      ),
    )
  ) {
    return `${name} (gpg-agent, dirmngr)`;
  }
  if (/^emacs/.test(name) && texts.some((text) => text.startsWith('--daemon'))) return name;
  if (!ordinary.has(name) && hasOption(step, /^d$/)) return `${name} -d`;
  return undefined;
}
