import { runtimeRecipes } from './stand-in-runtimes.ts';

/** How the stand-in for one image is made: a Debian root of packages, or a Dockerfile with programs of this machine beside it. */
export interface Recipe {
  /** Packages of a root. */
  readonly root?: readonly string[];
  /** The release of the root; bookworm if absent. */
  readonly suite?: 'trixie';
  readonly dockerfile?: string;
  /** Programs that its Dockerfile copies. */
  readonly files?: readonly ('node' | 'npm' | 'busybox' | 'user-tools')[];
  /** Texts that its Dockerfile copies, by name. */
  readonly texts?: Readonly<Record<string, string>>;
  /** Stand-ins that its Dockerfile is FROM. */
  readonly needs?: readonly string[];
}

const packages =
  'ca-certificates curl python3 python3-venv ruby ruby-webrick php-cli php-fpm php-sqlite3 nginx-light apache2 sqlite3 gosu tini';

/** The root of them all; it runs as no image of this name does. */
const root = 'dockmend.test/root';

const on = (base: string, lines: string, files?: Recipe['files']): Recipe => ({
  dockerfile: `FROM ${base}\n${lines}`,
  needs: [base],
  ...(files ? { files } : {}),
});

const pip = 'RUN ln -s /usr/bin/python3 /usr/local/bin/python\n';
const python = `${pip}ENV LANG=C.UTF-8\nCMD ["python3"]\n`;

/** BusyBox first on PATH, and none of Debian's tools for users: what Alpine has. */
const alpineTools = `COPY busybox user-tools /opt/tools/
RUN rm -f /usr/sbin/useradd /usr/sbin/groupadd /usr/sbin/adduser /usr/sbin/addgroup /bin/bash /usr/bin/bash \\
 && /opt/tools/busybox --install -s /usr/local/sbin \\
 && ln -s /opt/tools/user-tools /usr/sbin/adduser && ln -s /opt/tools/user-tools /usr/sbin/addgroup \\
 && ln -sf /opt/tools/busybox /bin/sh && rm -f /usr/local/sbin/nologin \\
 && printf 'ID=alpine\\nVERSION_ID=3.22.0\\n' > /etc/os-release \\
 && printf 'root:x:0:0:root:/root:/bin/sh\\nnobody:x:65534:65534:nobody:/:/sbin/nologin\\n' > /etc/passwd \\
 && printf 'root:x:0:root\\nwww-data:x:82:\\nnogroup:x:65533:\\nnobody:x:65534:\\n' > /etc/group \\
 && printf 'root:*::0:::::\\nnobody:!::0:::::\\n' > /etc/shadow && rm -f /etc/gshadow
`;

/** npm, and the headers that node-gyp would fetch. */
const npm = `COPY npm/npm /usr/local/lib/node_modules/npm
COPY npm/include /usr/local/include/node
RUN ln -s ../lib/node_modules/npm/bin/npm-cli.js /usr/local/bin/npm && ln -s ../lib/node_modules/npm/bin/npx-cli.js /usr/local/bin/npx
ENV npm_config_nodedir=/usr/local npm_config_update_notifier=false npm_config_offline=true
`;
const nodeEntry = `COPY node /usr/local/bin/node
RUN printf '#!/bin/sh\\nset -e\\nif [ "$1" = "\${1#-}" ] && command -v "$1" >/dev/null; then exec "$@"; fi\\nexec node "$@"\\n' > /usr/local/bin/docker-entrypoint.sh && chmod 755 /usr/local/bin/docker-entrypoint.sh
ENTRYPOINT ["docker-entrypoint.sh"]
CMD ["node"]
`;
const nodeUser = 'RUN groupadd --gid 1000 node && useradd --uid 1000 --gid node --shell /bin/bash --create-home node\n';

/** What the entrypoint of nginx does with templates: a folder that it cannot write is passed over with a message. */
const nginxEntry = `#!/bin/sh
for template in /etc/nginx/templates/*.template; do
  [ -f "$template" ] || continue
  [ -w /etc/nginx/conf.d ] || { echo "/etc/nginx/conf.d is not writable" >&2; break; }
  python3 -c 'import os, sys; print(os.path.expandvars(sys.stdin.read()))' < "$template" > "/etc/nginx/conf.d/$(basename "$template" .template)"
done
exec "$@"
`;
const withNginxEntry = (recipe: Recipe): Recipe => ({ ...recipe, texts: { 'nginx-entrypoint.sh': nginxEntry } });

/** The configuration, users and paths of the official nginx image. */
const nginx = `RUN groupadd --system --gid 101 nginx && useradd --system --gid nginx --no-create-home --home-dir /nonexistent --shell /bin/false --uid 101 nginx
${nginxFiles()}`;

function nginxFiles(): string {
  const temp = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
    .map((each) => `${each}_temp_path /var/cache/nginx/${each.replace('_body', '')}_temp;`)
    .join(' ');
  const main = `user nginx;\\nworker_processes 1;\\nerror_log /var/log/nginx/error.log notice;\\npid /run/nginx.pid;\\nevents { worker_connections 64; }\\nhttp {\\n include /etc/nginx/mime.types;\\n ${temp}\\n access_log /var/log/nginx/access.log;\\n include /etc/nginx/conf.d/*.conf;\\n}\\n`;
  const site =
    'server {\\n listen 80;\\n server_name localhost;\\n location / {\\n root /usr/share/nginx/html;\\n index index.html;\\n }\\n}\\n';
  return `COPY nginx-entrypoint.sh /docker-entrypoint.sh
RUN rm -rf /etc/nginx/sites-* /etc/nginx/conf.d && mkdir -p /etc/nginx/conf.d /var/cache/nginx /usr/share/nginx/html /docker-entrypoint.d && chmod 755 /var/log/nginx \\
 && printf '${main}' > /etc/nginx/nginx.conf && printf '${site}' > /etc/nginx/conf.d/default.conf && echo welcome > /usr/share/nginx/html/index.html \\
 && ln -sf /dev/stdout /var/log/nginx/access.log && ln -sf /dev/stderr /var/log/nginx/error.log \\
 && chmod 755 /docker-entrypoint.sh
ENTRYPOINT ["/docker-entrypoint.sh"]
EXPOSE 80
STOPSIGNAL SIGQUIT
CMD ["nginx", "-g", "daemon off;"]
`;
}

const phpEntry = `RUN printf '#!/bin/sh\\nset -e\\nif [ "\${1#-}" != "$1" ]; then set -- php "$@"; fi\\nexec "$@"\\n' > /usr/local/bin/docker-php-entrypoint && chmod 755 /usr/local/bin/docker-php-entrypoint
RUN ln -s /usr/bin/php8.2 /usr/local/bin/php && ln -s /usr/sbin/php-fpm8.2 /usr/local/sbin/php-fpm && mkdir -p /var/www/html && chown www-data:www-data /var/www/html && chmod 1777 /var/www/html
ENTRYPOINT ["docker-php-entrypoint"]
`;

/** The run time of a program that is written in Python here: the files, users and ports are those of .NET's image. */
const dotnet = `RUN groupadd --gid 1654 app && useradd --uid 1654 --gid 1654 --create-home --shell /bin/false app \\
 && printf '#!/bin/sh\\nexec python3 "$@"\\n' > /usr/bin/dotnet && chmod 755 /usr/bin/dotnet
ENV APP_UID=1654 ASPNETCORE_HTTP_PORTS=8080 DOTNET_RUNNING_IN_CONTAINER=true
`;

/** The official httpd image: everything below its own root, and only what it needs of its modules. */
const httpdConfiguration = [
  'ServerRoot /usr/local/apache2',
  'Listen 80',
  ...['mpm_event', 'authz_core', 'dir'].map(
    (name) => `LoadModule ${name}_module /usr/lib/apache2/modules/mod_${name}.so`,
  ),
  'ServerName localhost',
  'User www-data',
  'Group www-data',
  'PidFile logs/httpd.pid',
  'ErrorLog /proc/self/fd/2',
  'DocumentRoot /usr/local/apache2/htdocs',
  '<Directory />',
  'Require all granted',
  '</Directory>',
].join('\\n');
const httpd = `WORKDIR /usr/local/apache2
RUN mkdir htdocs logs conf && printf '${httpdConfiguration}\\n' > conf/httpd.conf \\
 && printf '#!/bin/sh\\nexec apache2 -d /usr/local/apache2 -f conf/httpd.conf -DFOREGROUND\\n' > /usr/local/bin/httpd-foreground \\
 && chmod 755 /usr/local/bin/httpd-foreground
EXPOSE 80
CMD ["httpd-foreground"]
`;

/** The stand-ins by reference. */
export const recipes: Readonly<Record<string, Recipe>> = {
  [root]: { root: packages.split(' ') },
  'debian:bookworm': on(root, 'CMD ["bash"]\n'),
  'debian:bookworm-slim': on(root, 'CMD ["bash"]\n'),
  'ubuntu:24.04': on(
    root,
    'RUN groupadd --gid 1000 ubuntu && useradd --uid 1000 --gid 1000 --create-home --shell /bin/bash ubuntu\nCMD ["/bin/bash"]\n',
  ),
  'alpine:3.22': on(root, `${alpineTools}CMD ["/bin/sh"]\n`, ['busybox', 'user-tools']),
  'python:3.12': on(root, python),
  'python:3.12-slim': on(root, python),
  'python:3.12-alpine': on('alpine:3.22', python),
  'node:22': on(
    root,
    `RUN apt-get update -qq && apt-get install -y -qq --no-install-recommends gcc g++ libc6-dev make git >/dev/null && rm -rf /var/lib/apt/lists/*\n${npm}${nodeUser}${nodeEntry}`,
    ['node', 'npm'],
  ),
  'node:22-slim': on(root, npm + nodeUser + nodeEntry, ['node', 'npm']),
  'node:22-alpine': on(
    'alpine:3.22',
    `RUN addgroup -g 1000 node && adduser -u 1000 -G node -s /bin/sh -D node\n${nodeEntry}`,
    ['node'],
  ),
  'php:8.2-cli': on(root, `${phpEntry}CMD ["php", "-a"]\n`),
  'php:8.2-fpm': on(root, `${phpEntry}WORKDIR /var/www/html\nCMD ["php-fpm"]\n`),
  'nginx:1.27': withNginxEntry(on(root, nginx)),
  'nginx:1.27-alpine': withNginxEntry(
    on(
      'alpine:3.22',
      `RUN addgroup -g 101 -S nginx && adduser -S -D -H -u 101 -h /var/cache/nginx -s /sbin/nologin -G nginx nginx\n${nginxFiles()}`,
    ),
  ),
  'httpd:2.4': on(root, httpd),
  'mcr.microsoft.com/dotnet/aspnet:8.0': on(root, dotnet),
  'registry.access.redhat.com/ubi9/ubi-minimal': on(
    root,
    'RUN rm -f /usr/sbin/useradd /usr/sbin/groupadd /usr/sbin/adduser /usr/sbin/addgroup && printf \'ID="rhel"\\nVERSION_ID="9.6"\\n\' > /etc/os-release\n',
  ),
  ...runtimeRecipes,
};
