/** How a framework shows in the manifests of an application. */
export interface FrameworkSign {
  /** Names in dependencies of package.json. */
  readonly npm?: readonly string[];
  /** Distribution names of Python requirements. */
  readonly python?: readonly string[];
  readonly gems?: readonly string[];
  readonly composer?: readonly string[];
  /** Applications of mix.exs. */
  readonly mix?: readonly string[];
}

/** What a framework writes while it runs, as far as that is not said in the application's own source. */
export interface Framework {
  readonly name: string;
  readonly sign: FrameworkSign;
  /** The start that makes it write: a pattern of the words of a command, joined by blanks; any start if absent. */
  readonly start?: RegExp;
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
    writes: ['.tmp', 'public/uploads', '.cache'],
    severity: 'fatal',
    origin: 'docs.strapi.io/cms/installation/docker',
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
    name: 'Rails',
    sign: { gems: ['rails', 'railties'] },
    writes: ['log', 'tmp', 'storage', 'db'],
    severity: 'fatal',
    origin: 'github.com/rails/rails/blob/main/railties/lib/rails/generators/rails/app/templates/Dockerfile.tt',
  },
  {
    name: 'Laravel',
    sign: { composer: ['laravel/framework'] },
    writes: ['storage', 'bootstrap/cache'],
    severity: 'fatal',
    origin: 'laravel.com/docs/12.x/deployment#directory-permissions',
  },
  {
    name: 'Symfony',
    sign: { composer: ['symfony/framework-bundle'] },
    writes: ['var'],
    severity: 'fatal',
    origin: 'symfony.com/doc/current/setup/file_permissions.html',
  },
  {
    name: 'CakePHP',
    sign: { composer: ['cakephp/cakephp'] },
    writes: ['tmp', 'logs'],
    severity: 'fatal',
    origin: 'book.cakephp.org/5/en/installation.html#permissions',
  },
];

/** What a server of a base image writes, by the program that starts it. */
export interface ServerPaths {
  readonly program: RegExp;
  /** The base images that the paths are of, by familiar name; any if absent. */
  readonly repositories?: readonly string[];
  /** Folders that must belong to the user. */
  readonly directories: readonly string[];
  /** Files that must be there and belong to it: their folder stays root's. */
  readonly files: readonly string[];
  readonly origin: string;
}

/** Read in November 2026 in the Dockerfiles of the images, and tried with Debian's packages of the servers. */
export const serverPaths: readonly ServerPaths[] = [
  {
    program: /^nginx$/,
    repositories: ['nginx'],
    directories: ['/var/cache/nginx'],
    files: ['/run/nginx.pid'],
    origin: 'github.com/nginx/docker-nginx-unprivileged',
  },
  {
    program: /^httpd(?:-foreground)?$/,
    repositories: ['httpd'],
    directories: ['/usr/local/apache2/logs'],
    files: [],
    origin: 'github.com/docker-library/httpd',
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
    repositories: ['caddy'],
    directories: ['/data', '/config'],
    files: [],
    origin: 'github.com/caddyserver/caddy-docker',
  },
];
