import { describe, expect, test } from 'vitest';
import {
  chiseledRuntime,
  debianSlim,
  distrolessRuntime,
  type Libc,
  libcFits,
  releaseOf,
  runtimesReadOn,
  scratchRuntime,
  slimRuntime,
  temurinJre,
} from '../../src/facts/index.ts';

const names = ['static', 'base', 'cc', 'python3', 'nodejs22', 'nodejs24', 'nodejs26', 'java17', 'java21', 'java25'];
const builders = [
  ['golang', '1.24'],
  ['golang', '1.24-bookworm'],
  ['golang', '1.24-alpine'],
  ['rust', '1'],
  ['node', '22'],
  ['node', '26'],
  ['ubuntu', '24.04'],
  ['ubuntu', 'latest'],
  ['debian', 'bullseye-slim'],
  ['eclipse-temurin', '21-jdk'],
  ['eclipse-temurin', '21-jdk-noble'],
] as const;

describe('a distroless image', () => {
  test.each(builders.flatMap(([repository, tag]) => names.map((name) => [repository, tag, name] as const)))(
    '%s:%s on %s is chosen only where it fits and is in support',
    (repository, tag, name) => {
      const libc = releaseOf(repository, tag)!.libc;
      const chosen = distrolessRuntime(name, { libc });
      if (typeof chosen === 'string') {
        expect(['libc-differs', 'libc-too-new']).toContain(chosen);
        return;
      }
      expect(chosen.reference).toBe(`gcr.io/distroless/${name}-debian13:nonroot`);
      expect(libcFits(libc, chosen.libc!)).toBe(true);
      expect((chosen.supportEnds ?? '9999') > runtimesReadOn).toBe(true);
      expect(chosen.user?.uid).toBe(65532);
    },
  );

  test.each([
    'nodejs18',
    'nodejs20',
    'nodejs21',
    'nodejs23',
    'nodejs25',
    'java8',
    'java11',
    'java24',
    'python',
    'toString',
  ])('of the name %s there is none', (name) => {
    expect(distrolessRuntime(name, { libc: 'static' })).toBe('no-runtime-image');
  });

  test('what a program needs is held by it', () => {
    const libc: Libc = { kind: 'glibc', version: '2.36' };
    expect(distrolessRuntime('base', { libc, holds: ['libstdc++'] })).toBe('no-runtime-image');
    expect(distrolessRuntime('cc', { libc, holds: ['libstdc++', 'libssl'] })).toMatchObject({ family: 'distroless' });
    expect(distrolessRuntime('java21', { libc, holds: ['libssl'] })).toBe('no-runtime-image');
  });

  test('a builder that is not known fits nothing', () => {
    expect(distrolessRuntime('cc', { libc: undefined })).toBe('release-unknown');
    expect(releaseOf('registry.example.org/golang', '1.24')).toBeUndefined();
    expect(releaseOf('debian', 'sid')).toBeUndefined();
    expect(releaseOf('ubuntu', '27.04')).toBeUndefined();
  });

  test('an empty image takes static programs alone', () => {
    expect(scratchRuntime({ libc: { kind: 'glibc', version: '2.36' } })).toBe('libc-differs');
    expect(scratchRuntime({ libc: 'static' })).toMatchObject({ reference: 'scratch' });
  });
});

describe('C libraries', () => {
  test.each([
    ['2.36', '2.41', true],
    ['2.41', '2.41', true],
    ['2.43', '2.41', false],
    ['2.9', '2.10', true],
  ])('%s runs on %s: %s', (builder, runtime, fits) => {
    const glibc = (version: string): Libc => ({ kind: 'glibc', version });
    expect(libcFits(glibc(builder), glibc(runtime))).toBe(fits);
  });

  test('musl and glibc do not mix', () => {
    expect(libcFits({ kind: 'musl' }, { kind: 'glibc', version: '2.41' })).toBe(false);
    expect(libcFits({ kind: 'musl' }, { kind: 'musl' })).toBe(true);
  });
});

describe('slim images', () => {
  test.each([
    ['node', '22', 'node:22-slim'],
    ['node', '22.11.0-bookworm', 'node:22.11.0-bookworm-slim'],
    ['node', '24-bookworm-slim', 'node:24-bookworm-slim'],
    ['python', '3.13-bookworm', 'python:3.13-slim-bookworm'],
    ['python', '3.12.4', 'python:3.12.4-slim'],
    ['ruby', '3.4', 'ruby:3.4-slim'],
  ])('%s:%s has %s beside it', (repository, tag, reference) => {
    expect(slimRuntime(repository, tag)?.runtime.reference).toBe(reference);
  });

  test.each([
    ['node', 'lts'],
    ['node', '23'],
    ['node', '22-alpine'],
    ['python', '3'],
    ['python', '3.13-windowsservercore'],
    ['php', '8.4'],
  ])('%s:%s has none that is known', (repository, tag) => {
    expect(slimRuntime(repository, tag)).toBeUndefined();
  });

  test('a line past its support is said to be', () => {
    expect(slimRuntime('node', '20')?.pastSupport).toBe('2026-04-30');
    expect(slimRuntime('node', '22')?.pastSupport).toBeUndefined();
  });

  test('of Debian and Temurin those in support alone', () => {
    expect(debianSlim('trixie')?.reference).toBe('debian:trixie-slim');
    expect(debianSlim('bookworm')).toBeUndefined();
    expect(debianSlim('noble')).toBeUndefined();
    expect(temurinJre('21')?.reference).toBe('eclipse-temurin:21-jre-noble');
    expect(temurinJre('24')).toBeUndefined();
  });

  test('.NET 11 has no noble images', () => {
    expect(chiseledRuntime('aspnet', '11.0', true)?.reference).toBe(
      'mcr.microsoft.com/dotnet/aspnet:11.0-resolute-chiseled-extra',
    );
    expect(chiseledRuntime('aspnet', '7.0', true)).toBeUndefined();
  });
});
