import type { Recipe } from './stand-in-recipes.ts';

/** A bare Debian 13; builders and run-time images are made on it, so that their C library is the one of their names. */
const trixie = 'debian:trixie-slim';

const apt = (packages: string): string =>
  `RUN apt-get update -qq && apt-get install -y -qq --no-install-recommends ${packages} >/dev/null && rm -rf /var/lib/apt/lists/*\n`;
const on = (base: string, lines: string, files?: Recipe['files']): Recipe => ({
  dockerfile: `FROM ${base}\n${lines}`,
  needs: [base],
  ...(files ? { files } : {}),
});

/** Debian 13 with compilers, which most builders have. */
const compilers = 'dockmend.test/compilers';
const golang = on(
  compilers,
  `${apt('golang-go')}ENV GOPATH=/go GOTOOLCHAIN=local PATH=/go/bin:/usr/local/go/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
RUN mkdir -p /go/bin /go/src && chmod -R 1777 /go
# What applications use of the standard library is compiled once.
RUN CGO_ENABLED=0 go build net/http html/template
WORKDIR /go
`,
);
const rust = on(compilers, apt('rustc cargo'));
const pythonLinks =
  'RUN ln -s /usr/bin/python3 /usr/local/bin/python && ln -s /usr/bin/python3 /usr/local/bin/python3\n';
const jdk = on(
  trixie,
  `${apt('ca-certificates openjdk-21-jdk-headless')}RUN groupadd --gid 1000 ubuntu && useradd --uid 1000 --gid 1000 --create-home --shell /bin/bash ubuntu \\
 && printf '#!/bin/sh\\nexec "$@"\\n' > /__cacert_entrypoint.sh && chmod 755 /__cacert_entrypoint.sh
ENTRYPOINT ["/__cacert_entrypoint.sh"]
`,
);

/** Users, certificates, time zones and \`/tmp\`, as distroless has them; no shell, and no C library. */
const staticFiles = `RUN mkdir -p /out/etc/ssl/certs /out/usr/share /out/home/nonroot /out/root /out/tmp /out/usr/lib /out/usr/lib64 /out/usr/bin /out/usr/sbin \\
 && chmod 1777 /out/tmp && chmod 700 /out/home/nonroot /out/root && chown 65532:65532 /out/home/nonroot \\
 && ln -s usr/lib /out/lib && ln -s usr/lib64 /out/lib64 && ln -s usr/bin /out/bin && ln -s usr/sbin /out/sbin \\
 && cp /etc/ssl/certs/ca-certificates.crt /out/etc/ssl/certs/ && cp -r /usr/share/zoneinfo /out/usr/share/ \\
 && printf 'root:x:0:0:root:/root:/sbin/nologin\\nnobody:x:65534:65534:nobody:/nonexistent:/sbin/nologin\\nnonroot:x:65532:65532:nonroot:/home/nonroot:/sbin/nologin\\n' > /out/etc/passwd \\
 && printf 'root:x:0:\\nnobody:x:65534:\\ntty:x:5:\\nstaff:x:50:\\nnonroot:x:65532:\\n' > /out/etc/group
`;
const copyLibraries = (patterns: string): string =>
  `RUN cd / && for each in ${patterns}; do cp -a --parents "$each" /out/; done && cp -a /usr/lib64/. /out/usr/lib64/\n`;
const libraries = '/usr/lib/x86_64-linux-gnu';
const baseLibraries = `${libraries}/ld-linux* ${['c', 'm', 'dl', 'pthread', 'rt', 'resolv', 'util', 'nss_files', 'nss_dns', 'anl', 'ssl', 'crypto', 'z', 'zstd'].map((name) => `${libraries}/lib${name}.so.*`).join(' ')} /etc/ssl/openssl.cnf`;
const ccLibraries = `${baseLibraries} ${['gcc_s', 'stdc++', 'gomp', 'atomic'].map((name) => `${libraries}/lib${name}.so.*`).join(' ')}`;

const distroless = (more: string, configuration = '', files?: Recipe['files']): Recipe => ({
  dockerfile: `FROM ${trixie} AS files
${apt('ca-certificates tzdata openssl libssl3t64 zlib1g libzstd1 libgcc-s1 libstdc++6 libgomp1 libatomic1')}${staticFiles}${more}
FROM scratch
COPY --from=files /out/ /
ENV PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin SSL_CERT_FILE=/etc/ssl/certs/ca-certificates.crt
${configuration}WORKDIR /home/nonroot
USER 65532
`,
  needs: [trixie],
  ...(files ? { files } : {}),
});

/** Stand-ins of Debian 13 by reference: images that build, and images that finished programs run in. */
export const runtimeRecipes: Readonly<Record<string, Recipe>> = {
  [trixie]: { root: ['tzdata'], suite: 'trixie' },
  'debian:trixie': on(trixie, 'CMD ["bash"]\n'),
  'golang:1.24': golang,
  'golang:1.24-trixie': golang,
  // What decides about cgo in golang:alpine is that it has no C compiler; the libc of a static program does not matter.
  'golang:1.24-alpine': on(
    'golang:1.24-trixie',
    'RUN rm -f /usr/bin/gcc* /usr/bin/x86_64-linux-gnu-gcc* /usr/bin/cc /usr/bin/c++ /usr/bin/g++*\n',
  ),
  'rust:1.85': rust,
  'rust:1.85-trixie': rust,
  [compilers]: on(trixie, apt('ca-certificates gcc g++ libc6-dev make git curl')),
  'gcc:14': on(compilers, ''),
  'python:3.13': on(
    compilers,
    `${apt('python3 python3-venv python3-pip python3-dev')}${pythonLinks}RUN rm -f /usr/lib/python3.13/EXTERNALLY-MANAGED\nENV LANG=C.UTF-8\nCMD ["python3"]\n`,
  ),
  'python:3.13-slim': on(
    trixie,
    `${apt('ca-certificates python3 python3-venv python3-pip')}${pythonLinks}RUN rm -f /usr/lib/python3.13/EXTERNALLY-MANAGED\nENV LANG=C.UTF-8\nCMD ["python3"]\n`,
  ),
  'eclipse-temurin:21-jdk': jdk,
  // The compiler that it has more does no harm, and is not installed twice.
  'eclipse-temurin:21-jre': jdk,
  'maven:3.9-eclipse-temurin-21': on(
    'eclipse-temurin:21-jdk',
    `${apt('maven libmaven-resources-plugin-java libmaven-compiler-plugin-java libmaven-jar-plugin-java libsurefire-java')}RUN mkdir -p /root/.m2 && printf '<settings><localRepository>/usr/share/maven-repo</localRepository><offline>true</offline></settings>' > /root/.m2/settings.xml\n`,
  ),
  'ruby:3.3': on(
    compilers,
    `${apt('ruby ruby-dev bundler')}ENV LANG=C.UTF-8 GEM_HOME=/usr/local/bundle BUNDLE_APP_CONFIG=/usr/local/bundle BUNDLE_SILENCE_ROOT_WARNING=1 PATH=/usr/local/bundle/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin\nRUN mkdir -p /usr/local/bundle && chmod 1777 /usr/local/bundle\nCMD ["irb"]\n`,
  ),
  'ruby:3.3-slim': on(
    trixie,
    `${apt('ca-certificates ruby bundler ruby-webrick')}ENV LANG=C.UTF-8 GEM_HOME=/usr/local/bundle BUNDLE_APP_CONFIG=/usr/local/bundle BUNDLE_SILENCE_ROOT_WARNING=1 PATH=/usr/local/bundle/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin\nRUN mkdir -p /usr/local/bundle && chmod 1777 /usr/local/bundle\nCMD ["irb"]\n`,
  ),
  'nginxinc/nginx-unprivileged:stable': on(
    trixie,
    `${apt('ca-certificates nginx-light')}RUN groupadd --gid 101 nginx && useradd --uid 101 --gid 101 --no-create-home --home-dir /nonexistent --shell /bin/false nginx \\
 && rm -rf /etc/nginx/sites-* /etc/nginx/conf.d && mkdir -p /etc/nginx/conf.d /var/cache/nginx /usr/share/nginx/html \\
 && printf 'worker_processes 1;\\nerror_log /dev/stderr notice;\\npid /tmp/nginx.pid;\\nevents { worker_connections 64; }\\nhttp {\\n client_body_temp_path /tmp/b;\\n proxy_temp_path /tmp/p;\\n fastcgi_temp_path /tmp/f;\\n uwsgi_temp_path /tmp/u;\\n scgi_temp_path /tmp/s;\\n include /etc/nginx/mime.types;\\n access_log /dev/stdout;\\n include /etc/nginx/conf.d/*.conf;\\n}\\n' > /etc/nginx/nginx.conf \\
 && printf 'server {\\n listen 8080;\\n location / {\\n root /usr/share/nginx/html;\\n index index.html;\\n }\\n}\\n' > /etc/nginx/conf.d/default.conf \\
 && chown -R 101:0 /etc/nginx /var/cache/nginx && chmod -R g+w /etc/nginx /var/cache/nginx \\
 && printf '#!/bin/sh\\nset -e\\nexec "$@"\\n' > /docker-entrypoint.sh && chmod 755 /docker-entrypoint.sh
ENTRYPOINT ["/docker-entrypoint.sh"]
EXPOSE 8080
STOPSIGNAL SIGQUIT
USER 101
CMD ["nginx", "-g", "daemon off;"]
`,
  ),
  'gcr.io/distroless/static-debian13:nonroot': distroless(''),
  'gcr.io/distroless/base-debian13:nonroot': distroless(copyLibraries(baseLibraries)),
  'gcr.io/distroless/cc-debian13:nonroot': distroless(copyLibraries(ccLibraries)),
  'gcr.io/distroless/nodejs22-debian13:nonroot': distroless(
    `${copyLibraries(ccLibraries)}COPY node /out/nodejs/bin/node\n`,
    'ENTRYPOINT ["/nodejs/bin/node"]\n',
    ['node'],
  ),
  'gcr.io/distroless/java21-debian13:nonroot': distroless(
    `${apt('openjdk-21-jre-headless')}${copyLibraries(`${ccLibraries} /usr/lib/jvm /etc/java-21-openjdk /etc/ssl/certs/java`)}RUN ln -s /usr/lib/jvm/java-21-openjdk-amd64/bin/java /out/usr/bin/java\n`,
    'ENV LANG=C.UTF-8\nENTRYPOINT ["/usr/bin/java", "-jar"]\n',
  ),
};
