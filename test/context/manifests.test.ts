import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { loadParsers } from '../../src/context/index.ts';
import { locksBeside, manifestPaths, readGoSources, readManifest } from '../../src/context/manifests.ts';
import { walkContext } from '../../src/context/walk.ts';
import { readDotnetProject } from '../../src/manifests/dotnet.ts';
import { readGoFile, readGoMod } from '../../src/manifests/go.ts';
import { manifestKind } from '../../src/manifests/index.ts';
import { readGradle, readPom } from '../../src/manifests/jvm.ts';
import { readPackageJson } from '../../src/manifests/node.ts';
import { readComposerJson, readGemfile, readMixExs } from '../../src/manifests/others.ts';
import { readPyproject, readRequirements } from '../../src/manifests/python.ts';
import { readCargoToml } from '../../src/manifests/rust.ts';
import { hasShared, readTarGz } from './shared.ts';
import { withTree } from './tree.ts';

await loadParsers();

describe('package.json', () => {
  test('its facts', () => {
    const source = JSON.stringify({
      name: '@a/web',
      private: true,
      type: 'module',
      bin: './cli.js',
      scripts: { build: 'next build', prebuild: 'git describe > v', release: 'git push', prepare: 'husky' },
      dependencies: { next: '15', bcrypt: '^5', lib: 'workspace:*', odd: 5 },
      devDependencies: { 'git-describe': '4' },
      engines: { node: '>=22' },
      packageManager: 'pnpm@9.1.0+sha512.abc',
      workspaces: { packages: ['packages/*'] },
    });
    expect(readPackageJson(`\ufeff${source}`)).toMatchObject({
      ok: true,
      value: {
        name: '@a/web',
        private: true,
        type: 'module',
        bin: { web: './cli.js' },
        dependencies: { next: '15', bcrypt: '^5', lib: 'workspace:*' },
        engines: { node: '>=22' },
        packageManager: 'pnpm@9.1.0',
        workspaces: ['packages/*'],
        files: undefined,
        localDependencies: { lib: 'workspace:*' },
        installScripts: ['prepare'],
        nativeBuild: ['bcrypt'],
        readsGit: ['git-describe', 'script prebuild'],
      },
    });
  });

  test.each(['', '[]', 'null', '{"a":', '"x"'])('%j is malformed', (source) => {
    expect(readPackageJson(source)).toEqual({ ok: false, reason: 'malformed' });
  });

  test('fields of other types are passed over', () => {
    const value = {
      name: 1,
      scripts: [],
      dependencies: 'x',
      workspaces: 'a',
      bin: 3,
      engines: null,
      __proto__: { type: 'module' },
    };
    expect(readPackageJson(JSON.stringify(value))).toMatchObject({
      ok: true,
      value: { name: undefined, scripts: {}, workspaces: undefined },
    });
  });
});

describe('Python', () => {
  test('pyproject.toml', () => {
    const source = `
[build-system]
requires = ["setuptools>=64", "setuptools_scm[toml]>=8"]
build-backend = "setuptools.build_meta"
[project]
name = "app"
dynamic = ["version"]
requires-python = ">=3.12"
dependencies = ["fastapi[all]>=0.1"]
scripts = { app = "app:main" }
[tool.setuptools_scm]
[tool.uv.sources]
lib = { path = "../lib", editable = true }
`;
    expect(readPyproject(source)).toMatchObject({
      ok: true,
      value: {
        name: 'app',
        requiresPython: '>=3.12',
        dependencies: ['fastapi[all]>=0.1'],
        scripts: { app: 'app:main' },
        dynamic: ['version'],
        tools: ['setuptools_scm', 'uv'],
        localDependencies: { lib: '../lib' },
        readsGit: ['setuptools-scm', 'setuptools_scm'],
      },
    });
  });

  test('Poetry', () => {
    const source =
      '[tool.poetry]\nname = "a"\n[tool.poetry.dependencies]\npython = "^3.12"\nflask = "*"\nx = { path = "./x" }\n';
    expect(readPyproject(source)).toMatchObject({
      ok: true,
      value: {
        name: 'a',
        requiresPython: '^3.12',
        dependencies: ['flask', 'x'],
        localDependencies: { x: './x' },
        readsGit: [],
      },
    });
  });

  test('malformed TOML says where, and nothing of the text', () => {
    expect(readPyproject('a = 1\nsecret = hunter2\n')).toEqual({ ok: false, reason: 'malformed', detail: 'line 2' });
  });

  test('requirements', () => {
    const source = `# note
Flask_Login==1.0 ; python_version > "3" # why
-r base.txt
--constraint=c.txt
-e .
./lib
zope.interface \\
  >= 5
git+https://token@example.org/a.git
pkg @ https://example.org/a.whl
--index-url https://example.org
`;
    const read = readRequirements(source);
    expect(read).toEqual({
      names: ['flask-login', 'zope-interface'],
      files: ['base.txt', 'c.txt'],
      local: ['.', './lib'],
      remote: ['git', 'http'],
      hashed: false,
    });
    expect(JSON.stringify(read)).not.toContain('token');
    expect(readRequirements('a==1 --hash=sha256:0\nb==1 \\\n --hash=sha256:0\n').hashed).toBe(true);
  });
});

describe('Go', () => {
  test('go.mod', () => {
    const source =
      'module "example.org/app/v2" // x\n\ngo 1.22.1\ntoolchain go1.23.0\nrequire example.org/a v1.0.0\nrequire (\n\texample.org/b v1 // indirect\n)\nreplace example.org/a => ../a\nreplace (\n\tb v1 => c v2\n\td v1.2 => ./d\n)\n';
    expect(readGoMod(source)).toEqual({
      ok: true,
      value: {
        path: 'example.org/app/v2',
        go: '1.22.1',
        toolchain: 'go1.23.0',
        requires: { 'example.org/a': 'v1.0.0', 'example.org/b': 'v1' },
        localReplacements: { 'example.org/a': '../a', d: './d' },
      },
    });
    expect(readGoMod('go 1.22')).toEqual({ ok: false, reason: 'malformed' });
  });

  test('the head of a file', () => {
    const source =
      '// package other\n//go:build linux && !ignore\n\n/* package x */\npackage main\n\nimport "C"\nimport (\n\tn "net/http"\n\t_ "embed"\n)\n//go:embed all:web *.txt\nvar f embed.FS\n';
    expect(readGoFile(source)).toEqual({
      package: 'main',
      imports: ['C', 'net/http', 'embed'],
      embeds: ['all:web', '*.txt'],
      constraint: 'linux && !ignore',
    });
    expect(readGoFile('// nothing')).toBeUndefined();
  });

  test('main packages', () => {
    const plan = {
      'go.mod': 'module a\n',
      'cmd/a/main.go': 'package main\nimport "os/user"\n//go:embed x\n',
      'cmd/a/main_test.go': 'package main_test\nimport "C"\n',
      'gen.go': '//go:build ignore\npackage main\n',
      'lib/lib.go': 'package lib\n',
      'vendor/x/main.go': 'package main\nimport "C"\n',
    };
    withTree(plan, (directory) => {
      const sources = readGoSources(walkContext(directory)!, '');
      expect(sources).toEqual({
        mains: ['cmd/a'],
        importsC: false,
        importsNetOrUser: true,
        embeds: ['cmd/a/x'],
        complete: true,
      });
    });
  });
});

test('Cargo.toml', () => {
  const source = `
[package]
name = "app"
edition = "2024"
default-run = "server"
[[bin]]
name = "server"
path = "src/server.rs"
[dependencies]
openssl = "0.10"
lib = { path = "../lib" }
[target.'cfg(unix)'.dependencies]
rusqlite = "1"
[build-dependencies]
vergen = "9"
[workspace]
members = ["crates/*"]
`;
  expect(readCargoToml(source)).toMatchObject({
    ok: true,
    value: {
      name: 'app',
      edition: '2024',
      bins: [{ name: 'server', path: 'src/server.rs' }],
      autobins: true,
      defaultRun: 'server',
      dependencies: ['openssl', 'lib', 'rusqlite'],
      members: ['crates/*'],
      localDependencies: { lib: '../lib' },
      nativeBuild: ['openssl', 'rusqlite'],
      readsGit: ['vergen'],
    },
  });
  expect(readCargoToml('[workspace]\nmembers = []\n')).toMatchObject({
    ok: true,
    value: { name: undefined, members: [] },
  });
  expect(readCargoToml('[')).toMatchObject({ ok: false, reason: 'malformed' });
});

describe('the JVM', () => {
  test('pom.xml', () => {
    const source = `<?xml version="1.0"?><project xmlns="http://maven.apache.org/POM/4.0.0">
  <parent><groupId>org.x</groupId><artifactId>p</artifactId><version>1</version><relativePath/></parent>
  <artifactId>app</artifactId><version>\${revision}</version>
  <properties><revision>2.0</revision><java.version>21</java.version></properties>
  <modules><module>a</module><module>b</module></modules>
  <dependencies><dependency><groupId>g</groupId><artifactId>a</artifactId></dependency></dependencies>
  <build><finalName>\${project.artifactId}-x</finalName><plugins>
    <plugin><artifactId>spring-boot-maven-plugin</artifactId></plugin>
    <plugin><artifactId>git-commit-id-maven-plugin</artifactId></plugin></plugins></build>
</project>`;
    expect(readPom(source)).toEqual({
      ok: true,
      value: {
        groupId: 'org.x',
        artifactId: 'app',
        version: '2.0',
        packaging: 'jar',
        finalName: 'app-x',
        modules: ['a', 'b'],
        parent: { artifactId: 'p', relativePath: '' },
        java: '21',
        dependencies: ['g:a'],
        plugins: ['spring-boot-maven-plugin', 'git-commit-id-maven-plugin'],
        readsGit: ['git-commit-id-maven-plugin'],
      },
    });
  });

  test.each([
    '',
    '<project>',
    '<project/>',
    '<other><artifactId>a</artifactId></other>',
    'text',
    '<!DOCTYPE p [<!ENTITY a "b">]><project><artifactId>&a;</artifactId></project>',
  ])('%j is malformed', (source) => expect(readPom(source)).toEqual({ ok: false, reason: 'malformed' }));

  test('Gradle, in Groovy', () => {
    const source = `plugins {
  id 'java'
  id 'org.springframework.boot' version '3.4.0' // x
  id "com.palantir.git-version" version "3.0.0"
}
/* version = 'no' */
group = 'org.x'
version = "1.0"
sourceCompatibility = JavaVersion.VERSION_17
bootJar { archiveFileName = 'app.jar' }
`;
    expect(readGradle(source)).toEqual({
      plugins: ['java', 'org.springframework.boot', 'com.palantir.git-version'],
      group: 'org.x',
      version: '1.0',
      archivesName: undefined,
      archiveFileNames: { bootJar: 'app.jar' },
      mainClass: undefined,
      java: '17',
      rootName: undefined,
      includes: [],
      readsGit: ['com.palantir.git-version'],
    });
  });

  test('Gradle, in Kotlin, and settings', () => {
    const source = `plugins { kotlin("jvm") version "2.0"
  application }
version = "\${x}"
java { toolchain { languageVersion.set(JavaLanguageVersion.of(21)) } }
application { mainClass.set("org.x.MainKt") }
rootProject.name = "app"
include("a", "b:c")
`;
    expect(readGradle(source)).toMatchObject({
      version: undefined,
      java: '21',
      mainClass: 'org.x.MainKt',
      rootName: 'app',
      includes: ['a', 'b:c'],
    });
    expect(readGradle(source).plugins).toContain('org.jetbrains.kotlin.jvm');
  });
});

test('projects of .NET', () => {
  const source = `<Project Sdk="Microsoft.NET.Sdk.Web">
  <PropertyGroup><TargetFramework>net9.0</TargetFramework><AssemblyName>App</AssemblyName></PropertyGroup>
  <PropertyGroup Condition="'$(X)' == '1'"><PublishAot>true</PublishAot></PropertyGroup>
  <ItemGroup><PackageReference Include="MinVer" Version="5" /><ProjectReference Include="..\\Lib\\Lib.csproj" /></ItemGroup>
</Project>`;
  expect(readDotnetProject(`\ufeff${source}`)).toMatchObject({
    ok: true,
    value: {
      sdk: 'Microsoft.NET.Sdk.Web',
      targetFrameworks: ['net9.0'],
      assemblyName: 'App',
      publishAot: true,
      selfContained: undefined,
      packages: ['MinVer'],
      projects: ['../Lib/Lib.csproj'],
      conditional: true,
      readsGit: ['MinVer'],
    },
  });
  expect(readDotnetProject('<Project')).toEqual({ ok: false, reason: 'malformed' });
});

test('composer.json', () => {
  const source = {
    name: 'a/b',
    type: 'project',
    require: { php: '^8.3', 'ext-intl': '*' },
    scripts: { x: 'a', y: ['b', 1] },
    config: { 'vendor-dir': 'lib' },
    repositories: [{ type: 'path', url: '../x' }],
  };
  expect(readComposerJson(JSON.stringify(source))).toMatchObject({
    ok: true,
    value: {
      name: 'a/b',
      require: { php: '^8.3', 'ext-intl': '*' },
      scripts: { x: ['a'], y: ['b'] },
      vendorDir: 'lib',
      localRepositories: ['../x'],
    },
  });
});

test('Gemfile', () => {
  const source = `source "https://rubygems.org"
ruby "3.4.1"
gem "rails", "~> 8.0" # x
gem 'engine', path: 'engines/a'
group :development, :test do
  gem "debug"
end
if ENV["X"]
  gem "x", group: :production
end
gem "y"
gemspec
`;
  expect(readGemfile(source)).toEqual({
    ruby: '3.4.1',
    gems: ['rails', 'engine', 'debug', 'x', 'y'],
    groups: { debug: ['development', 'test'], x: ['production'] },
    localGems: { engine: 'engines/a' },
    reads: ['gemspec'],
  });
  expect(readGemfile('ruby file: ".ruby-version"').reads).toEqual(['.ruby-version']);
});

test('mix.exs', () => {
  const source = `defmodule A.MixProject do
  def project do
    [
      app: :a,
      version: "0.1.0",
      elixir: "~> 1.17",
      # app: :b,
      releases: [
        web: [
          applications: [a: :permanent]
        ]
      ]
    ]
  end
  defp deps do
    [{:phoenix, "~> 1.7"}, {:lib, path: "../lib"}]
  end
end
`;
  expect(readMixExs(source)).toEqual({
    app: 'a',
    version: '0.1.0',
    elixir: '~> 1.17',
    deps: ['phoenix', 'lib'],
    localDeps: { lib: '../lib' },
    releases: ['web'],
    umbrella: false,
    readsGit: [],
  });
});

test('manifests of a context, nearest first, and what cannot be read', () => {
  const plan = {
    'package.json': '{}',
    'yarn.lock': '',
    'pnpm-lock.yaml': '',
    'a/b/pom.xml': '',
    'a/go.mod': 'module a\n',
    'a/dev-requirements.txt': '',
    'node_modules/x/package.json': '{}',
    'big/package.json': ' '.repeat(2_000_000),
    'link/package.json': { link: '../package.json' },
    'App/App.csproj': '<x',
  };
  withTree(plan, (directory) => {
    const tree = walkContext(directory)!;
    expect(manifestPaths(tree)).toEqual([
      'package.json',
      'App/App.csproj',
      'a/dev-requirements.txt',
      'a/go.mod',
      'big/package.json',
      'a/b/pom.xml',
    ]);
    const reasons = ['big/package.json', 'App/App.csproj', 'none/pom.xml', 'link/package.json', 'a/go.mod'].map(
      (path) => {
        const facts = readManifest(directory, path)!.facts;
        return facts.ok ? 'ok' : facts.reason;
      },
    );
    expect(reasons).toEqual(['too-large', 'malformed', 'missing', 'unreadable', 'ok']);
    expect(readManifest(directory, 'yarn.lock')).toBeUndefined();
    expect(locksBeside(tree, 'package.json')).toEqual({ npm: false, yarn: true, pnpm: true, bun: false });
  });
});

test.skipIf(!hasShared)('every manifest of the corpus is read', () => {
  const counts: Record<string, number> = {};
  const unread: string[] = [];
  withTree({}, (directory) => {
    for (const [path, text] of readTarGz('corpus/dockerfiles.tar.gz')) {
      const kind = manifestKind(path);
      if (kind === undefined) continue;
      const name = path.split('/').at(-1)!;
      writeFileSync(join(directory, name), text);
      counts[kind] = (counts[kind] ?? 0) + 1;
      if (!readManifest(directory, name)!.facts.ok) unread.push(path);
    }
  });
  expect(unread).toEqual([]);
  expect(Object.keys(counts)).toHaveLength(11);
});
