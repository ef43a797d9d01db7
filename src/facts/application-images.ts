import type { ImageRow } from './images.ts';

const any = /^/;
const alpine = [/alpine/, 'alpine'] as const;

/** Images of applications and servers, read in November 2026 from the Dockerfiles that `origin` names. */
export const applicationImages: readonly ImageRow[] = [
  {
    repositories: [
      'nginxinc/nginx-unprivileged',
      'quay.io/nginx/nginx-unprivileged',
      'ghcr.io/nginxinc/nginx-unprivileged',
    ],
    systems: [alpine, [any, 'debian']],
    facts: {
      user: '101',
      workingDir: '',
      entrypoint: ['/docker-entrypoint.sh'],
      cmd: ['nginx', '-g', 'daemon off;'],
      exposedPorts: ['8080/tcp'],
    },
    origin: 'github.com/nginx/docker-nginx-unprivileged',
  },
  {
    repositories: ['memcached'],
    systems: [alpine, [any, 'debian']],
    facts: { user: 'memcache', entrypoint: ['docker-entrypoint.sh'], cmd: ['memcached'] },
    origin: 'github.com/docker-library/memcached',
  },
  {
    repositories: ['jenkins/jenkins'],
    systems: [alpine, [/rhel|ubi/, 'rhel'], [any, 'debian']],
    facts: { user: 'jenkins' },
    origin: 'github.com/jenkinsci/docker',
  },
  {
    repositories: ['sonarqube'],
    systems: [[any, 'ubuntu']],
    facts: { user: 'sonarqube' },
    origin: 'github.com/SonarSource/docker-sonarqube',
  },
  {
    repositories: ['mongo'],
    systems: [
      [/windowsservercore|nanoserver/, 'windows'],
      [any, 'ubuntu'],
    ],
    facts: { user: '', workingDir: '', entrypoint: ['docker-entrypoint.sh'], cmd: ['mongod'] },
    origin: 'github.com/docker-library/mongo',
  },
  {
    repositories: ['rabbitmq'],
    systems: [alpine, [any, 'ubuntu']],
    facts: { user: '', entrypoint: ['docker-entrypoint.sh'], cmd: ['rabbitmq-server'] },
    origin: 'github.com/docker-library/rabbitmq',
  },
  {
    repositories: ['ghost'],
    systems: [alpine, [any, 'debian']],
    facts: {
      user: '',
      workingDir: '/var/lib/ghost',
      entrypoint: ['docker-entrypoint.sh'],
      cmd: ['node', 'current/index.js'],
    },
    origin: 'github.com/docker-library/ghost',
  },
  {
    repositories: ['wordpress'],
    systems: [alpine, [any, 'debian']],
    facts: { user: '', workingDir: '/var/www/html', entrypoint: ['docker-entrypoint.sh'] },
    origin: 'github.com/docker-library/wordpress',
  },
  {
    repositories: ['caddy'],
    systems: [[any, 'alpine']],
    facts: {
      user: '',
      workingDir: '/srv',
      entrypoint: [],
      cmd: ['caddy', 'run', '--config', '/etc/caddy/Caddyfile', '--adapter', 'caddyfile'],
    },
    origin: 'github.com/caddyserver/caddy-docker',
  },
  {
    repositories: ['traefik'],
    systems: [[any, 'alpine']],
    facts: { user: '', workingDir: '', entrypoint: ['/entrypoint.sh'], cmd: ['traefik'] },
    origin: 'github.com/traefik/traefik-library-image',
  },
  {
    repositories: ['tomcat'],
    systems: [alpine, [/corretto/, 'amazon'], [any, 'ubuntu']],
    facts: { user: '', workingDir: '/usr/local/tomcat', cmd: ['catalina.sh', 'run'] },
    origin: 'github.com/docker-library/tomcat',
  },
  {
    repositories: ['oven/bun'],
    systems: [alpine, [/distroless/, 'distroless'], [any, 'debian']],
    facts: {
      user: '',
      workingDir: '/home/bun/app',
      entrypoint: ['/usr/local/bin/docker-entrypoint.sh'],
      cmd: ['/usr/local/bin/bun'],
    },
    origin: 'github.com/oven-sh/bun/tree/main/dockerhub',
  },
  {
    repositories: ['denoland/deno'],
    systems: [alpine, [/distroless/, 'distroless'], [/ubuntu/, 'ubuntu'], [any, 'debian']],
    facts: { user: '', workingDir: '', entrypoint: ['/tini', '--', 'docker-entrypoint.sh'] },
    origin: 'github.com/denoland/deno_docker',
  },
  {
    repositories: ['amazoncorretto'],
    systems: [alpine, [/debian/, 'debian'], [any, 'amazon']],
    facts: { user: '', workingDir: '', entrypoint: [], cmd: ['/bin/bash'] },
    origin: 'github.com/corretto/corretto-docker',
  },
  {
    repositories: ['azul/zulu-openjdk', 'ibm-semeru-runtimes', 'sapmachine'],
    systems: [alpine, [/ubi|centos/, 'rhel'], [/debian/, 'debian'], [any, 'ubuntu']],
    facts: { user: '', workingDir: '', entrypoint: [], cmd: ['jshell'] },
    origin:
      'github.com/zulu-openjdk/zulu-openjdk, github.com/ibmruntimes/semeru-containers, github.com/SAP/SapMachine-infrastructure',
  },
  {
    repositories: [
      'azul/zulu-openjdk-alpine',
      'bellsoft/liberica-openjdk-alpine',
      'bellsoft/liberica-runtime-container',
    ],
    systems: [[any, 'alpine']],
    facts: { user: '', workingDir: '', entrypoint: [], cmd: ['jshell'] },
    origin: 'github.com/zulu-openjdk/zulu-openjdk, github.com/bell-sw/Liberica',
  },
  {
    repositories: ['azul/zulu-openjdk-debian', 'bellsoft/liberica-openjdk-debian'],
    systems: [[any, 'debian']],
    facts: { user: '', workingDir: '', entrypoint: [], cmd: ['jshell'] },
    origin: 'github.com/zulu-openjdk/zulu-openjdk, github.com/bell-sw/Liberica',
  },
  {
    repositories: ['ghcr.io/oracle/oraclelinux', 'container-registry.oracle.com/os/oraclelinux'],
    systems: [[any, 'rhel']],
    facts: { user: '', workingDir: '', entrypoint: [], cmd: ['/bin/bash'] },
    origin: 'github.com/oracle/container-images',
  },
  {
    repositories: ['mcr.microsoft.com/openjdk/jdk'],
    systems: [
      [/distroless/, 'distroless'],
      [/mariner|azurelinux/, 'azurelinux'],
      [/ubuntu/, 'ubuntu'],
    ],
    facts: { user: '', workingDir: '', entrypoint: [], cmd: ['jshell'] },
    origin: 'github.com/microsoft/openjdk-docker',
  },
];

/** The commands of the official images that start a service or, as a shell or a prompt does, nothing of their own. */
export const ownCommands: Readonly<Record<string, readonly string[]>> = {
  debian: ['bash'],
  ubuntu: ['/bin/bash'],
  alpine: ['/bin/sh'],
  busybox: ['sh'],
  fedora: ['/bin/bash'],
  'buildpack-deps': ['bash'],
  almalinux: ['/bin/bash'],
  rockylinux: ['/bin/bash'],
  'rockylinux/rockylinux': ['/bin/bash'],
  centos: ['/bin/bash'],
  'quay.io/centos/centos': ['/bin/bash'],
  oraclelinux: ['/bin/bash'],
  'public.ecr.aws/amazonlinux/amazonlinux': ['/bin/bash'],
  archlinux: ['/usr/bin/bash'],
  'opensuse/leap': ['/bin/bash'],
  'opensuse/tumbleweed': ['/bin/bash'],
  photon: ['/bin/bash'],
  amazonlinux: ['/bin/bash'],
  python: ['python3'],
  ruby: ['irb'],
  golang: ['bash'],
  rust: ['bash'],
  gcc: ['bash'],
  openjdk: ['jshell'],
  'eclipse-temurin': ['jshell'],
  erlang: ['erl'],
  elixir: ['iex'],
  julia: ['julia'],
  haskell: ['ghci'],
  perl: ['perl', '-de0'],
  nginx: ['nginx', '-g', 'daemon off;'],
  haproxy: ['haproxy', '-f', '/usr/local/etc/haproxy/haproxy.cfg'],
  mariadb: ['mariadbd'],
};
