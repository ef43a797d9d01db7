import { describe, expect, test } from 'vitest';
import { sameImage } from '../../src/context/image-names.ts';
import { loadParsers } from '../../src/context/index.ts';
import { Repository } from '../../src/context/repository.ts';
import { usageOf } from '../../src/context/usage.ts';
import type { RunUse, Usage } from '../../src/transform/index.ts';
import { type Plan, withTree } from './tree.ts';

await loadParsers();

function usage(plan: Plan, dockerfile = 'Dockerfile'): Usage {
  return withTree({ [dockerfile]: 'FROM scratch\n', ...plan }, (root) =>
    usageOf(new Repository(root), { dockerfile, sources: [] }),
  );
}

const nothing = { user: undefined, powers: [], mounts: [], ports: [], environment: [], command: false };

describe('containers that compose files run', () => {
  test('a service with all that matters', () => {
    const compose = `
services:
  web:
    build: .
    user: "1000:1000"
    privileged: true
    network_mode: host
    pid: host
    cap_add: [NET_ADMIN]
    devices: ["/dev/snd:/dev/snd"]
    volumes:
      - /var/run/docker.sock:/var/run/docker.sock
      - data:/data/:ro
      - /cache
      - \${HOME:-/root}:/home/app
      - {type: bind, source: ./conf, target: /conf}
      - {type: volume, source: site, target: /site, read_only: true}
    tmpfs: [/scratch]
    ports: ["8080:80", "127.0.0.1:9000-9002:9000-9002/tcp", 443, {target: 53, published: 53}]
    expose: ["3000"]
    environment: {PUID: 1000, TOKEN: secret}
    entrypoint: ["/run.sh"]
`;
    expect(usage({ 'compose.yaml': compose }).runs).toEqual([
      {
        file: 'compose.yaml',
        line: 3,
        how: 'compose',
        name: 'web',
        user: '1000:1000',
        powers: ['privileged', 'host-network', 'pid-host', 'cap-add', 'device', 'docker-socket'],
        mounts: [
          { path: '/var/run/docker.sock', bind: true },
          { path: '/data', bind: false, readOnly: true },
          { path: '/cache', bind: false },
          { path: '/home/app', bind: true },
          { path: '/conf', bind: true },
          { path: '/site', bind: false, readOnly: true },
          { path: '/scratch', bind: false, inMemory: true },
        ],
        ports: [80, 9000, 9001, 9002, 443, 53, 3000],
        environment: ['PUID', 'TOKEN'],
        command: true,
      } satisfies RunUse,
    ]);
  });

  test.each<[string, string, readonly (readonly string[])[] | undefined]>([
    ['a text is for the shell', 'curl -f http://localhost', [['sh', '-c', 'curl -f http://localhost']]],
    ['a list', '["CMD", "nc", "-z", "localhost", "80"]', [['nc', '-z', 'localhost', '80']]],
    ['a list for the shell', '["CMD-SHELL", "pgrep app"]', [['sh', '-c', 'pgrep app']]],
    ['none', '["NONE"]', undefined],
  ])('a health check: %s', (_, check, checks) => {
    const compose = `services: {a: {build: ., healthcheck: {test: ${check}}}}`;
    expect(usage({ 'compose.yml': compose }).runs.map((run) => run.checks)).toEqual([checks]);
  });

  test.each<[string, Plan, readonly string[]]>([
    [
      'only the service that builds it',
      { 'compose.yml': 'services: {a: {build: .}, b: {build: ./b}, c: {image: c}}' },
      ['a'],
    ],
    [
      'a service that runs the image that another builds',
      {
        'compose.yml': 'services: {a: {build: ., image: acme/a}, b: {image: "acme/a:2", user: "0"}}',
      },
      ['a', 'b'],
    ],
    [
      'an override beside it',
      {
        'compose.yml': 'services: {a: {build: .}}',
        'compose.override.yml': 'services: {a: {user: root}, z: {user: root}}',
      },
      ['a', 'a'],
    ],
    [
      'names that builds elsewhere give',
      {
        Makefile: 'build:\n\tdocker build -t acme/a:1 .\n',
        'deploy/compose.yml': 'services: {b: {image: acme/a}}',
      },
      ['b'],
    ],
    ['no such file', { 'compose.yml': 'services: [' }, []],
  ])('%s', (_, plan, names) => {
    expect(usage(plan).runs.map(({ name }) => name)).toEqual(names);
  });
});

describe('volumes that services of several images share', () => {
  const shared = (plan: Plan, dockerfile?: string) =>
    usage(plan, dockerfile).runs.flatMap(({ name, mounts }) =>
      mounts.map(({ shared: found }) => [name, found?.by.map(({ service, base }) => `${service} ${base}`).join()]),
    );

  test.each<[string, Plan, readonly (readonly [string, string | undefined])[]]>([
    [
      'an image by its name, and one that is built by its base',
      {
        'compose.yml': `services:
  a: {build: ., volumes: ["data:/data"]}
  b: {image: "redis:7", volumes: [{type: volume, source: data, target: /backup}]}
  c: {build: ./c, volumes: ["data:/d"]}
  d: {build: {context: c, target: early}, volumes: ["data:/d"]}
  e: {build: ./none, volumes: ["data:/d"]}
  f: {build: ../../c, volumes: ["data:/d"]}`,
        'c/Dockerfile': 'FROM debian:12 AS early\nFROM nginx:1.29 AS late\nFROM late\n',
      },
      [['a', 'b redis:7,c nginx:1.29,d debian:12,e undefined,f undefined']],
    ],
    [
      'an override beside it, once',
      {
        'compose.yml': 'services: {a: {build: ., volumes: ["data:/data"]}, b: {image: b, volumes: ["data:/b"]}}',
        'compose.override.yml': 'services: {b: {image: b, volumes: ["data:/b"]}, z: {image: z, volumes: ["data:/z"]}}',
        'other/compose.yml': 'services: {c: {image: c, volumes: ["data:/c"]}}',
      },
      [['a', 'b b,z z']],
    ],
    [
      'two stages of one file',
      {
        Dockerfile: 'FROM python:3 AS web\nFROM nginx:1 AS page\n',
        'compose.yml': `services:
  web: {build: {context: ., target: web}, volumes: ["site:/site"]}
  page: {build: {context: ., target: page}, volumes: ["site:/site"]}`,
      },
      [
        ['web', 'page nginx:1'],
        ['page', 'web python:3'],
      ],
    ],
    [
      'not those of one image, those that only read, folders of the host, and volumes without a name',
      {
        'compose.yml': `services:
  a: {build: ., image: acme/a, volumes: ["data:/data", "./src:/src", /cache]}
  b: {image: "acme/a:2", command: work, volumes: ["data:/data"]}
  c: {image: c, volumes: ["data:/data:ro", "./src:/src", /cache]}
  d: {image: d, volumes: ["other:/data"]}`,
      },
      [
        ['a', undefined],
        ['a', undefined],
        ['a', undefined],
        ['b', undefined],
      ],
    ],
  ])('%s', (_, plan, found) => {
    expect(shared(plan)).toEqual(found);
  });
});

describe('other containers', () => {
  test('a Kubernetes deployment', () => {
    const manifest = `
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  template:
    spec:
      hostNetwork: true
      securityContext: {runAsUser: 1000}
      volumes:
        - {name: sock, hostPath: {path: /run/containerd/containerd.sock}}
        - {name: data, emptyDir: {}}
      initContainers:
        - {name: seed, image: "busybox"}
      containers:
        - name: web
          image: ghcr.io/acme/web:1.2
          args: ["serve"]
          livenessProbe: {exec: {command: [wget, -q, localhost]}}
          ports: [{containerPort: 80}]
          env: [{name: A, value: b}]
          securityContext: {runAsUser: 0, privileged: true, capabilities: {add: [NET_ADMIN]}}
          volumeMounts: [{name: sock, mountPath: /run/x.sock}, {name: data, mountPath: /data}, {name: data, mountPath: /read, readOnly: true}]
`;
    const plan = { 'k8s/web.yaml': manifest, 'build.sh': 'docker build -t ghcr.io/acme/web:$TAG .\n' };
    expect(usage(plan).runs).toEqual([
      {
        file: 'k8s/web.yaml',
        line: 16,
        how: 'kubernetes',
        name: 'web',
        user: '0',
        powers: ['privileged', 'host-network', 'cap-add', 'docker-socket'],
        mounts: [
          { path: '/run/x.sock', bind: true },
          { path: '/data', bind: false },
          { path: '/read', bind: false, readOnly: true },
        ],
        ports: [80],
        environment: ['A'],
        command: true,
        checks: [['wget', '-q', 'localhost']],
      } satisfies RunUse,
    ]);
  });

  test('a list of pods in one file, and text that is no YAML', () => {
    const pod = '{apiVersion: v1, kind: Pod, metadata: {name: p}, spec: {containers: [{image: acme/a}]}}';
    const plan = {
      'build.sh': 'docker build -t acme/a .\n',
      'a.yaml': `apiVersion: v1\nkind: List\nitems:\n- ${pod}\n- ${pod}\n`,
      'b.yaml': 'kind: {{ .Values.kind }}\nimage: acme/a\n',
    };
    expect(usage(plan).runs.map(({ how, file }) => [how, file])).toEqual([
      ['kubernetes', 'a.yaml'],
      ['kubernetes', 'a.yaml'],
    ]);
  });

  test('a development container', () => {
    const json = `{
  // comments and commas
  "name": "dev", "url": "http://x//y",
  "build": {"dockerfile": "../Dockerfile", "context": ".."},
  "remoteUser": "vscode", "runArgs": ["--privileged", "--network=host"],
  "mounts": ["source=/var/run/docker.sock,target=/var/run/docker.sock,type=bind"],
  "forwardPorts": [3000, "db:5432"], /* and more */
}`;
    expect(usage({ '.devcontainer/devcontainer.json': json }).runs).toEqual([
      {
        ...nothing,
        file: '.devcontainer/devcontainer.json',
        line: 1,
        how: 'devcontainer',
        name: 'dev',
        user: 'vscode',
        powers: ['privileged', 'host-network', 'docker-socket'],
        mounts: [{ path: '/var/run/docker.sock', bind: true }],
        ports: [3000, 5432],
        command: true,
      },
    ]);
  });

  test('a development container in a service of compose', () => {
    const plan = {
      '.devcontainer/devcontainer.json': '{"dockerComposeFile": "../compose.yml", "service": "app"}',
      'compose.yml': 'services: {app: {build: .}}',
    };
    expect(
      usage(plan)
        .runs.map(({ how }) => how)
        .sort(),
    ).toEqual(['compose', 'devcontainer']);
  });

  test('a container action', () => {
    const action = 'name: Lint\nruns:\n  using: docker\n  image: Dockerfile\n  args: [a]\n  env: {X: y}\n';
    expect(usage({ 'action.yml': action }).runs).toEqual([
      {
        ...nothing,
        file: 'action.yml',
        line: 4,
        how: 'github-action',
        name: 'Lint',
        mounts: [{ path: '/github/workspace', bind: true }],
        environment: ['X'],
        command: true,
      },
    ]);
    expect(usage({ 'action.yml': action.replace('Dockerfile', 'other/Dockerfile') }).runs).toEqual([]);
    expect(usage({ 'action.yml': 'runs: {using: node20, main: x.js}' }).runs).toEqual([]);
  });
});

describe('Dockerfiles that build on the image', () => {
  test.each<[string, Plan, readonly string[]]>([
    [
      'by the name that its build gives',
      {
        'build.sh': 'docker build -t acme/base:latest .\n',
        'app/Dockerfile': 'FROM acme/base\n',
        'other/Dockerfile': 'FROM debian:12\n',
      },
      ['app/Dockerfile'],
    ],
    [
      'by the default of a build argument',
      {
        '.github/workflows/b.yml':
          'jobs: {a: {steps: [{uses: docker/build-push-action@v6, with: {context: ., tags: "ghcr.io/${{ github.repository_owner }}/base:1"}}]}}',
        'app/Dockerfile': 'ARG BASE=ghcr.io/acme/base:1\nFROM ${BASE}\n',
      },
      ['app/Dockerfile'],
    ],
    [
      'by a target of bake',
      {
        'docker-bake.hcl':
          'target "base" { context = "." }\ntarget "app" { context = "app"\n contexts = { base = "target:base" } }\n',
        'app/Dockerfile': 'FROM base\n',
      },
      ['app/Dockerfile'],
    ],
    [
      'by a service of compose',
      {
        'compose.yml':
          'services: {base: {build: .}, app: {build: {context: app, additional_contexts: {base: "service:base"}}}}',
        'app/Dockerfile': 'FROM base\n',
      },
      ['app/Dockerfile'],
    ],
    ['never itself', { 'build.sh': 'docker build -t scratch/x .\n' }, []],
  ])('%s', (_, plan, children) => {
    expect(usage(plan).children).toEqual(children);
  });
});

test.each([
  ['acme/a:1', 'docker.io/acme/a@sha256:0', true],
  ['nginx', 'docker.io/library/nginx:1', true],
  ['localhost:5000/a:1', 'localhost:5000/a', true],
  ['$REGISTRY/a:$TAG', 'ghcr.io/acme/a', true],
  ['$(IMG)', 'a', false],
  ['acme/a', 'other/a', false],
  ['a', 'acme/a', false],
  ['acme/$NAME', 'acme/a', false],
])('%s and %s are one image: %s', (a, b, same) => {
  expect(sameImage(a, b)).toBe(same);
  expect(sameImage(b, a)).toBe(same);
});

describe('the name of the image where it is not written out', () => {
  const privileged = (image: string) => `services:\n  x:\n    image: ${image}\n    privileged: true\n`;
  const powers = (plan: Plan, dockerfile?: string) => usage(plan, dockerfile).runs.map((run) => run.powers.join());

  test('a step of metadata-action', () => {
    const workflow = `
jobs:
  push:
    steps:
      - id: meta
        uses: docker/metadata-action@v5
        with:
          images: |
            ghcr.io/acme/shop
            acme/shop
      - uses: docker/build-push-action@v6
        with:
          context: .
          tags: \${{ steps.meta.outputs.tags }}
`;
    const plan = { '.github/workflows/push.yml': workflow };
    expect(powers({ ...plan, 'compose.yaml': privileged('acme/shop:1') })).toEqual(['privileged']);
    expect(powers({ ...plan, 'compose.yaml': privileged('acme/other:1') })).toEqual([]);
  });

  test('variables of a Makefile', () => {
    const plan = { Makefile: 'NAME := shop\nIMG ?= acme/$(NAME):dev\n\nbuild:\n\tdocker build -t $(IMG) .\n' };
    expect(powers({ ...plan, 'compose.yaml': privileged('acme/shop') })).toEqual(['privileged']);
    expect(powers({ ...plan, 'compose.yaml': privileged('acme/db') })).toEqual([]);
  });

  test('the folder, where no build names the image, and no one else has the name', () => {
    const plan = { 'cart/Dockerfile': 'FROM scratch\n', 'db/Dockerfile': 'FROM scratch\n' };
    expect(powers({ ...plan, 'compose.yaml': privileged('acme/cart:2') }, 'cart/Dockerfile')).toEqual(['privileged']);
    expect(powers({ ...plan, 'compose.yaml': privileged('acme/cart:2') }, 'db/Dockerfile')).toEqual([]);
    const named = `${privileged('acme/cart:2')}  y:\n    build: db\n    image: acme/cart\n`;
    expect(powers({ ...plan, 'compose.yaml': named }, 'cart/Dockerfile')).toEqual([]);
    const redis = { 'redis/Dockerfile': 'FROM redis:7\n', 'compose.yaml': privileged('redis:7') };
    expect(powers(redis, 'redis/Dockerfile')).toEqual([]);
    expect(usage(redis, 'redis/Dockerfile').children).toEqual([]);
  });

  test('a base that a build argument without a default names', () => {
    const plan = {
      'images/nginx/Dockerfile': 'FROM scratch\n',
      'images/nginx/Makefile':
        'REGISTRY ?= registry.example/acme\nbuild:\n\tdocker build -t $(REGISTRY)/nginx-base:1 .\n',
      'rootfs/Dockerfile': 'ARG BASE_IMAGE\nFROM ${BASE_IMAGE}\n',
      BASE: 'registry.example/acme/nginx-base:1@sha256:0\n',
      Makefile:
        'BASE_IMAGE ?= $(shell cat BASE)\nimage:\n\tdocker build --build-arg BASE_IMAGE="$(BASE_IMAGE)" rootfs\n',
    };
    expect(usage(plan, 'images/nginx/Dockerfile').children).toEqual(['rootfs/Dockerfile']);
    expect(usage({ ...plan, BASE: 'debian:12\n' }, 'images/nginx/Dockerfile').children).toEqual([]);
    const inside = Object.fromEntries(Object.entries(plan).map(([path, text]) => [`repository/${path}`, text]));
    const outside = { ...inside, BASE: plan.BASE, 'repository/BASE': '' };
    const makefile = plan.Makefile.replace('cat BASE', 'cat ../BASE');
    const found = withTree({ ...outside, 'repository/Makefile': makefile }, (root) =>
      usageOf(new Repository(`${root}/repository`), { dockerfile: 'images/nginx/Dockerfile', sources: [] }),
    );
    expect(found.children).toEqual([]);
  });
});

describe('files that are copied into running containers', () => {
  const paths = (plan: Plan, dockerfile?: string) =>
    usage(plan, dockerfile).syncs.map(({ path, runs }) => path ?? runs);

  test('Skaffold', () => {
    const skaffold = `
apiVersion: skaffold/v4beta11
kind: Config
build:
  artifacts:
    - image: shop
      sync:
        manual:
          - src: 'src/**/*.js'
            dest: /app
    - image: other
      context: other
      sync: {infer: ['**/*.css']}
    - image: third
      context: third
`;
    expect(paths({ 'skaffold.yaml': skaffold })).toEqual(['/app']);
    expect(paths({ 'skaffold.yaml': skaffold }, 'other/Dockerfile')).toEqual(['.']);
    expect(paths({ 'skaffold.yaml': skaffold }, 'third/Dockerfile')).toEqual([]);
  });

  test('Tilt', () => {
    const tilt = `
docker_build('shop', '.', live_update=[
  sync('./src', '/app/src'),
  run('pip install -r requirements.txt', trigger='requirements.txt'),
])
docker_build('other', 'other')
`;
    expect(paths({ Tiltfile: tilt })).toEqual(['/app/src', 'pip install -r requirements.txt']);
    expect(paths({ Tiltfile: tilt }, 'other/Dockerfile')).toEqual([]);
  });
});
