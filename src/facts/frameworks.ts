import type { ImageUser, System } from './images.ts';

/** How a framework shows in the manifests of an application. */
export interface FrameworkSign {
  /** Names in dependencies of package.json. */
  readonly npm?: readonly string[];
  /** Distribution names of Python requirements. */
  readonly python?: readonly string[];
  readonly gems?: readonly string[];
  readonly composer?: readonly string[];
  /** Any mix.exs. */
  readonly mix?: 'any';
}

/** What a framework writes while it runs, as far as that is not said in the application's own source. */
export interface Framework {
  readonly name: string;
  readonly sign: FrameworkSign;
  /** The start that makes it write: a pattern of the words of a command, joined by blanks. */
  readonly start: RegExp;
  /** The paths are those of the folder above the program's own, and not of the manifest's. */
  readonly besideProgram?: true;
  /** Paths that it writes, relative to the folder of the manifest. They are given away only where they are in the image. */
  readonly writes: readonly string[];
  /** `fatal`: it does not work without; `partial`: a function is lost, or a warning is logged. */
  readonly severity: 'fatal' | 'partial';
  readonly origin: string;
}

/** Read in November 2026 in the documentation, source or issues that `origin` names. */
export const frameworks: readonly Framework[] = [
  {
    name: 'Next.js',
    sign: { npm: ['next'] },
    start: /^(?:node|npm|yarn|pnpm|bun|next|strapi|pm2(?:-runtime)?|nodejs)\b/,
    writes: ['.next/cache', '.next/server'],
    severity: 'partial',
    origin: 'github.com/vercel/next.js/issues/54870, /issues/63134',
  },
  {
    name: 'Prisma Migrate',
    sign: { npm: ['prisma', '@prisma/client'] },
    start: /\bprisma (?:migrate|generate|db)\b/,
    writes: ['node_modules/@prisma/engines', 'node_modules/.prisma'],
    severity: 'fatal',
    origin: 'github.com/prisma/prisma/issues/25020',
  },
  {
    name: 'Strapi',
    sign: { npm: ['@strapi/strapi'] },
    start: /^(?:node|npm|yarn|pnpm|bun|next|strapi|pm2(?:-runtime)?|nodejs)\b/,
    writes: ['.tmp', 'public/uploads', '.cache'],
    severity: 'fatal',
    origin: 'docs.strapi.io/cms/installation/docker',
  },
  {
    name: 'Laravel Echo Server',
    sign: { npm: ['laravel-echo-server'] },
    start: /^(?:node|npm|yarn|pnpm|laravel-echo-server)\b/,
    writes: ['.'],
    severity: 'fatal',
    origin: 'github.com/tlaverdure/laravel-echo-server',
  },
  {
    name: 'Sails',
    sign: { npm: ['sails'] },
    start: /^(?:node|npm|yarn|pnpm|sails)\b/,
    writes: ['.tmp'],
    severity: 'partial',
    origin: 'sailsjs.com/documentation/concepts/assets/task-automation',
  },
  {
    name: 'Celery beat',
    sign: { python: ['celery'] },
    start: /\bcelery\b.*\sbeat\b(?!.*(?:\s-s|--schedule))/,
    writes: ['.'],
    severity: 'fatal',
    origin: 'github.com/celery/celery/issues/5911',
  },
  {
    // `tmp` is made beside the release's own folders, and the cookie is for its owner alone.
    name: 'a release of Elixir',
    sign: { mix: 'any' },
    start: /^[\w.-]+ (?:start|start_iex|daemon|foreground|eval)\b|^server$/,
    besideProgram: true,
    writes: ['.'],
    severity: 'fatal',
    origin: 'hexdocs.pm/phoenix/releases.html#containers',
  },
  {
    name: 'Rails',
    sign: { gems: ['rails', 'railties'] },
    start: /^(?:ruby|rails|rake|bundle|puma|unicorn|thrust|sidekiq|passenger|foreman)\b|^bin\//,
    writes: ['log', 'tmp', 'storage', 'db'],
    severity: 'fatal',
    origin: 'github.com/rails/rails/blob/main/railties/lib/rails/generators/rails/app/templates/Dockerfile.tt',
  },
  {
    // The process id and the log lie beside the library.
    name: 'Workerman',
    sign: { composer: ['workerman/workerman', 'workerman/webman-framework'] },
    start: /^php\b/,
    writes: ['vendor/workerman'],
    severity: 'fatal',
    origin: 'github.com/walkor/workerman/blob/master/src/Worker.php',
  },
  {
    name: 'Laravel',
    sign: { composer: ['laravel/framework'] },
    start: /^(?:php|php-fpm|apache2-foreground|frankenphp|rr|artisan)\b/,
    writes: ['storage', 'bootstrap/cache'],
    severity: 'fatal',
    origin: 'laravel.com/docs/12.x/deployment#directory-permissions',
  },
  {
    name: 'Symfony',
    sign: { composer: ['symfony/framework-bundle'] },
    start: /^(?:php|php-fpm|apache2-foreground|frankenphp|rr|artisan)\b/,
    writes: ['var'],
    severity: 'fatal',
    origin: 'symfony.com/doc/current/setup/file_permissions.html',
  },
  {
    name: 'CakePHP',
    sign: { composer: ['cakephp/cakephp'] },
    start: /^(?:php|php-fpm|apache2-foreground|frankenphp|rr|artisan)\b/,
    writes: ['tmp', 'logs'],
    severity: 'fatal',
    origin: 'book.cakephp.org/5/en/installation.html#permissions',
  },
];

/** What a server writes, by the program that starts it. */
export interface ServerPaths {
  readonly program: RegExp;
  /** The base images whose server it is, by familiar name; absent for servers that packages of `systems` bring. */
  readonly repositories?: readonly string[];
  readonly systems?: readonly System[];
  /** Folders that must belong to the user. */
  readonly directories: readonly string[];
  /** Files that must be there and belong to it: their folder stays root's. */
  readonly files: readonly string[];
  /** The user that it insists on, which the system has. */
  readonly user?: ImageUser;
  /** A folder, and one that must belong to the user where the first one is filled. */
  readonly whereFilled?: readonly [filled: string, written: string];
  readonly origin: string;
}

/** The user for web servers that Debian's base-passwd gives to every image. */
const wwwData: ImageUser = { name: 'www-data', uid: 33, gid: 33, home: '/var/www', shell: '/usr/sbin/nologin' };

/** Read in November 2026 in the Dockerfiles of the images, and tried with Debian's packages of the servers. */
export const serverPaths: readonly ServerPaths[] = [
  {
    program: /^nginx$/,
    repositories: ['nginx'],
    directories: ['/var/cache/nginx'],
    files: ['/run/nginx.pid'],
    whereFilled: ['/etc/nginx/templates', '/etc/nginx/conf.d'],
    origin: 'github.com/nginx/docker-nginx-unprivileged',
  },
  {
    program: /^nginx$/,
    systems: ['debian', 'ubuntu'],
    directories: ['/var/lib/nginx', '/var/log/nginx'],
    files: ['/run/nginx.pid'],
    user: wwwData,
    origin: 'packages.debian.org/bookworm/nginx-light',
  },
  {
    program: /^nginx$/,
    systems: ['alpine', 'wolfi'],
    directories: ['/var/lib/nginx', '/var/log/nginx', '/run/nginx'],
    files: [],
    origin: 'pkgs.alpinelinux.org/package/edge/main/x86_64/nginx',
  },
  {
    program: /^(?:apache2|apache2ctl|apachectl)$/,
    systems: ['debian', 'ubuntu'],
    directories: ['/var/log/apache2', '/run/apache2', '/run/lock/apache2'],
    files: [],
    user: wwwData,
    origin: 'packages.debian.org/bookworm/apache2',
  },
  {
    program: /^(?:apache2-foreground|php-fpm)$/,
    repositories: ['php'],
    directories: [],
    files: [],
    origin: 'github.com/docker-library/php',
  },
  {
    program: /^httpd(?:-foreground)?$/,
    repositories: ['httpd'],
    directories: ['/usr/local/apache2/logs'],
    files: [],
    origin: 'github.com/docker-library/httpd',
  },
  {
    program: /^uwsgi$/,
    systems: ['debian', 'ubuntu', 'alpine'],
    directories: [],
    files: [],
    origin: 'uwsgi-docs.readthedocs.io',
  },
  {
    program: /^catalina\.sh$/,
    repositories: ['tomcat'],
    directories: ['logs', 'temp', 'work', 'webapps', 'conf'].map((name) => `/usr/local/tomcat/${name}`),
    files: [],
    origin: 'github.com/docker-library/tomcat',
  },
  {
    program: /^caddy$/,
    directories: ['/data', '/config'],
    repositories: ['caddy'],
    files: [],
    origin: 'github.com/caddyserver/caddy-docker',
  },
];

/** Servers that always write, and of which nothing is known where no row is about them. */
export const writingServers =
  /^(?:nginx|openresty|apache2|apache2ctl|apachectl|httpd|httpd-foreground|apache2-foreground|lighttpd|php-fpm[\d.]*|haproxy|squid|varnishd|mysqld|mysqld_safe|mariadbd|mongod|mongos|redis-server|valkey-server|postgres|pg_ctl|rabbitmq-server|memcached|elasticsearch|opensearch|cassandra|neo4j|influxd|prometheus|grafana-server|grafana|minio|vault|consul|etcd|zkServer\.sh|kafka-server-start\.sh|catalina\.sh|standalone\.sh|jetty\.sh|named|dnsmasq|unbound|bind|slapd|dovecot|znc|bitlbee|transmission-daemon|tor|i2pd|clamd|freshclam|beanstalkd|gitea|gogs|solr|activemq|nats-server|passenger|uwsgi|treefrog|tspawn|hypnotoad)$/;
