import { posix } from 'node:path';
import { debianSlim } from '../../src/facts/index.ts';
import { variableOf } from '../../src/transform/index.ts';
import { commonRefusal, contextRefusal, healthcheckRefusal, startInstruction } from './pitfalls.ts';
import { type Recipe, refuse } from './plan.ts';
import { userFor } from './user.ts';

/** A release of mix: the Erlang run time comes along, and needs the libraries that it was built with. */
export const elixir: Recipe = {
  id: 'elixir',
  plan(subject) {
    const { base, commands, start, release, context, directory } = subject;
    if (!/^(?:elixir|erlang|hexpm\/elixir)$/.test(base.repository)) return undefined;
    if (/^(?:mix|iex|elixir)$/.test(start?.argv?.[0] ?? ''))
      return refuse('starts-with-toolchain', `\`${start!.argv![0]}\``, startInstruction(subject));
    const common = commonRefusal(subject) ?? contextRefusal(subject);
    if (common) return common;
    const made = commands.find((each) => each.name === 'mix' && each.words.includes('release'));
    if (!made || made.directory === undefined) return refuse('artifact-unknown', 'no `mix release` is written here');
    const environment = variableOf(subject.file, made, 'MIX_ENV');
    if (environment.set && environment.value === undefined) return refuse('artifact-unknown');
    const project = context!.manifests.find((each) => each.kind === 'mix.exs');
    const facts = project?.kind === 'mix.exs' && project.facts.ok ? project.facts.value : undefined;
    const name = made.words[made.words.indexOf('release') + 1] ?? facts?.releases[0] ?? facts?.app;
    if (name === undefined || facts?.umbrella) return refuse('artifact-unknown');
    const folder = posix.join(made.directory, '_build', environment.value ?? 'dev', 'rel', name);
    const program = start?.argv && posix.resolve(directory ?? '/', start.argv[0]!);
    if (program !== `${folder}/bin/${name}` && program !== `${folder}/bin/server`)
      return refuse('artifact-unknown', undefined, startInstruction(subject));
    if (!release?.exact) return refuse('release-unknown');
    const runtime = debianSlim(release.name);
    if (!runtime)
      return refuse(release.libc.kind === 'musl' ? 'libc-differs' : 'runtime-past-support', `\`${release.name}\``);
    const unhealthy = healthcheckRefusal(subject, runtime, []);
    if (unhealthy) return unhealthy;
    return {
      runtime,
      packages: ['ca-certificates', 'libncurses6', 'libstdc++6', 'openssl'],
      environment: [['LANG', 'C.UTF-8']],
      artifacts: [{ from: folder, owned: true }],
      user: userFor(subject, runtime),
      evidence: ['context'],
    };
  },
};
