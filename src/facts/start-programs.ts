import { rootProgram } from './root-programs.ts';

/** Why a command that runs when a container starts keeps the container root's. */
export type StartObstacle =
  | 'drops-privileges'
  | 'manages-services'
  | 'needs-root'
  | 'installs-packages'
  | 'changes-ownership'
  | 'writes-system'
  | 'compiles';

interface Rule {
  readonly obstacle: StartObstacle;
  /** The base name of the program. */
  readonly program: RegExp;
  /** What its other words, joined by blanks, must look like; anything if absent. */
  readonly words?: RegExp;
  /** A word that applications are called by too: the system's program alone is meant. */
  readonly common?: true;
}

/**
 * Programs that need root, or places that root alone can write, when a container starts; the first rule that fits
 * decides. Written in November 2026 from the manual pages of the programs and from the start scripts of public images.
 */
const rules: readonly Rule[] = [
  {
    obstacle: 'drops-privileges',
    program: /^(?:gosu|su-exec|setpriv|runuser|su|chpst|s6-setuidgid|setuidgid|sudo|doas|capsh|setuser|suexec)$/,
  },
  {
    // Who is not root cannot become one of the system's users.
    obstacle: 'drops-privileges',
    program: /./,
    words: /(?:^|\s)--?(?:user|uid|setuid)[= ](?:daemon|nobody|www-data|nginx|apache|http)(?:\s|$)/,
  },
  {
    // By their documentation: servers that become the user that they are told.
    obstacle: 'drops-privileges',
    program: /^(?:gunicorn|hypercorn|unicorn|passenger|thin|unitd)$/,
    words: /(?:^|\s)(?:-[ug]|--(?:user|group))(?:[= ]|$)/,
  },
  {
    obstacle: 'drops-privileges',
    program: /^(?:uwsgi|celery|twistd|circusd|pm2|pm2-runtime|daemonize|forever|varnishd|privoxy|stunnel\d?)$/,
    words: /(?:^|\s)--?(?:u?uid|gid|immediate-[ug]id|user|group)(?:[= ]|$)/,
  },
  {
    // A client names a user of its server.
    obstacle: 'drops-privileges',
    program:
      /^(?!(?:mysql\w*|mariadb[\w-]*|psql|pg_\w+|createdb|createuser|mongo\w*|redis-cli|valkey-cli|cqlsh|sqlcmd|influx|clickhouse[\w-]*|curl|wget|http|docker|podman|kubectl|ssh|scp|rsync|mysqld|mariadbd|pip[\d.]*|systemctl)$)/,
    words: /(?:^|\s)--(?:user|uid|run-as|runas|run-as-user)[= ](?:root|0)(?:\s|$)/,
  },
  {
    obstacle: 'manages-services',
    program:
      /^(?:crond|dcron|anacron|supervisord|supervisorctl|sshd|s6-svscan|s6-overlay-suexec|runsvdir|runsvdir-start|runit|runsv|systemd|systemctl|rc-service|openrc|rsyslogd|syslogd|syslog-ng|dbus-daemon|dockerd|containerd|openvpn|keepalived|xinetd|inetd|start-stop-daemon|my_init|udevd|avahi-daemon|smbd|nmbd|vsftpd|proftpd|postfix|exim4|rpcbind|nfsd|wg-quick|tailscaled|chronyd|ntpd|rngd|acpid|getty|agetty|dhcpcd|udhcpc)$/,
  },
  { obstacle: 'manages-services', program: /^(?:cron|monit|init)$/, common: true },
  {
    // By its own name, BusyBox is what its first word says.
    obstacle: 'manages-services',
    program: /^busybox$/,
    words: /^(?:crond|syslogd|klogd|init|inetd|telnetd|ftpd|tcpsvd|udhcp[cd]|ntpd|httpd .*-u)\b/,
  },
  {
    obstacle: 'manages-services',
    program: /^service$/,
    words:
      /^(?:\S+ (?:start|stop|restart|reload|force-reload|try-restart|condrestart|status|--full-restart)\b|--status-all)/,
    common: true,
  },
  {
    obstacle: 'installs-packages',
    program: /^(?:apt|apt-get|aptitude|dpkg|apk|yum|dnf|microdnf|tdnf|rpm|zypper|pacman)$/,
    words: /\b(?:install|add|update|upgrade|dist-upgrade|-i|-U|-S|-Sy\w*)\b/,
  },
  { obstacle: 'installs-packages', program: /^pip[\d.]*$/, words: /^(?:-\S+ )*install\b/ },
  { obstacle: 'installs-packages', program: /^python[\d.]*$/, words: /-m pip install\b/ },
  {
    obstacle: 'installs-packages',
    program: /^(?:npm|pnpm)$/,
    words: /^(?:-\S+ )*(?:install|i|ci|add|update|rebuild|link)\b/,
  },
  { obstacle: 'installs-packages', program: /^yarn$/, words: /^(?:(?:-\S+ ?)*$|install\b|add\b|global add\b)/ },
  {
    obstacle: 'installs-packages',
    program: /^(?:bundle|composer|poetry|pipenv)$/,
    words: /^(?:-\S+ )*(?:install|update|sync)\b/,
  },
  { obstacle: 'installs-packages', program: /^gem$/, words: /^install\b/ },
  { obstacle: 'installs-packages', program: /^uv$/, words: /^(?:sync|pip install|tool install|run(?!.*--no-sync))\b/ },
  {
    obstacle: 'installs-packages',
    program: /^(?:corepack|nvm|rustup|pyenv|rbenv|asdf|bower|playwright)$/,
    words: /\b(?:enable|prepare|install|use|toolchain)\b/,
  },
  { obstacle: 'changes-ownership', program: /^(?:chown|chgrp|setfacl)$/ },
  { obstacle: 'changes-ownership', program: /^chmod$/ },
  {
    obstacle: 'writes-system',
    program:
      /^(?:update-ca-certificates|update-ca-trust|ldconfig|sysctl|umount|iptables|ip6tables|nft|ipset|modprobe|insmod|useradd|adduser|usermod|userdel|deluser|groupadd|addgroup|groupmod|delgroup|chpasswd|passwd|update-alternatives|setcap|locale-gen|update-locale|dpkg-reconfigure|a2enmod|a2dismod|a2ensite|a2dissite|a2enconf|phpenmod|docker-php-ext-enable|docker-php-ext-install|mknod|losetup|swapoff|swapon|chroot|unshare|nsenter|ulimit-root|tc|brctl|ebtables|chattr|buildkitd|buildah|podman|runc|crun)$/,
  },
  { obstacle: 'writes-system', program: /^(?:mount|ip)$/, common: true },
  {
    // ptrace(2): who attaches to a process is its user, or root.
    obstacle: 'needs-root',
    program: /^(?:dlv|gdb|gdbserver|lldb|strace|ltrace|perf|py-spy|rbspy|bpftool|jattach|asprof)$/,
    words: /(?:^|\s)(?:attach|record|top|dump|-p|--p(?:id)?|--attach(?:-pid)?)(?=[\s=]|$)/,
  },
  // Without a name it prints the one that is in force.
  { obstacle: 'writes-system', program: /^hostname$/, words: /^[^-]|^(?:-F|-b|--file)/ },
  // Kaniko's has a folder of its own.
  { obstacle: 'writes-system', program: /^executor$/, words: /--(?:context|dockerfile|destination)\b/ },
  { obstacle: 'writes-system', program: /^keytool$/, words: /cacerts/ },
  { obstacle: 'compiles', program: /^go$/, words: /^(?:run|build|install|test|generate|mod|get)\b/ },
  { obstacle: 'compiles', program: /^cargo$/, words: /^(?:\+\S+ )?(?:run|build|watch|install|test|leptos)\b/ },
  { obstacle: 'compiles', program: /^dotnet$/, words: /^(?:run|watch|build|test|publish|restore|ef)\b/ },
  {
    obstacle: 'compiles',
    program: /^(?:gradlew|gradle|mvn|mvnw|mvnd|sbt|lein|clj|clojure|ant|stack|cabal|make|cmake|bazel|rake-compile)$/,
  },
  {
    obstacle: 'compiles',
    program:
      /^(?:gcc|g\+\+|cc|c\+\+|clang|clang\+\+|rustc|javac|kotlinc|scalac|ghc|dmd|ldc2|swiftc|valac)(?:-[\d.]+)?$/,
  },
  { obstacle: 'compiles', program: /^(?:zig|crystal|shards|nim|swift)$/, words: /^(?:build|run|c|compile)\b/ },
  // A program that is told which compiler to use.
  { obstacle: 'compiles', program: /./, words: /(?:^|\s)(?:gcc|g\+\+|clang|clang\+\+)(?:-[\d.]+)?(?:\s|$)/ },
  { obstacle: 'compiles', program: /^mix$/, words: /^(?:phx\.server|run|compile|deps|ecto|test)\b/ },
  {
    obstacle: 'compiles',
    program:
      /^(?:vite|ng|webpack|webpack-dev-server|react-scripts|vue-cli-service|nodemon|ts-node-dev|tsnd|parcel|snowpack|gatsby|expo|storybook|start-storybook|craco|rollup|esbuild|tsc|air|reflex|CompileDaemon|cargo-watch|watchexec|entr|hugo|jekyll|mkdocs|docusaurus|eleventy|hexo|gulp|grunt|turbo|nx|lerna)$/,
  },
  {
    obstacle: 'compiles',
    program: /^(?:next|nuxt|nuxi|astro|remix|vinxi|gridsome|wrangler|medusa)$/,
    words: /^(?:dev|develop|build|generate)\b|^$/,
  },
  { obstacle: 'compiles', program: /^tsx$/, words: /^watch\b/ },
  { obstacle: 'compiles', program: /^(?:npx|pnpx|bunx)$/ },
  { obstacle: 'compiles', program: /^git$/ },
  {
    obstacle: 'compiles',
    program: /^python[\d.]*$/,
    words: /manage\.py (?:makemigrations|compilemessages|makemessages)\b/,
  },
];

/** Folders that the system has its programs in. */
const SYSTEM_PROGRAM = /^(?:\/usr(?:\/local)?)?\/s?bin\/[^/]+$/;

/**
 * What keeps a command root's, by its program as written and its other words; undefined where nothing is known to. A
 * program that the author's files bring (`isBrought`), or that lies in a folder of the application, is not the system's.
 */
export function startObstacle(path: string, words: readonly string[], isBrought = false): StartObstacle | undefined {
  const program = path.slice(path.lastIndexOf('/') + 1);
  const isSystem = !isBrought && (program === path || SYSTEM_PROGRAM.test(path));
  const joined = words.join(' ');
  const [first, ...rest] = words;
  const isModule = /^python[\d.]*$/.test(program) && first === '-m' && rest[0] !== undefined;
  if ((isSystem || path.startsWith('/')) && !isBrought && rootProgram(isModule ? rest[0]! : path)) return 'needs-root';
  return rules.find(
    (rule) => rule.program.test(program) && (rule.words?.test(joined) ?? true) && (isSystem || !rule.common),
  )?.obstacle;
}

/** Paths that only root writes, with all below them. */
export const systemDirectories = [
  '/bin',
  '/boot',
  '/dev',
  '/etc',
  '/lib',
  '/lib64',
  '/proc',
  '/root',
  '/sbin',
  '/sys',
  '/usr',
] as const;

/** Folders of the system in which an application may have files or folders of its own. */
export const sharedDirectories: ReadonlySet<string> = new Set(
  '/ /run /var /var/run /var/log /var/lib /var/cache /var/tmp /var/spool /var/opt /var/local /var/www /home /opt /srv /mnt /media'.split(
    ' ',
  ),
);
