import type { Runtime } from '../../src/facts/index.ts';
import { isAvailable } from '../../src/transform/index.ts';
import { planApplication } from './interpreted.ts';
import { languages } from './languages.ts';
import { stagePackages } from './packages.ts';
import { commonRefusal, contextRefusal } from './pitfalls.ts';
import { isRefusal, type Plan, type Recipe, refuse } from './plan.ts';
import { readSources } from './sources.ts';
import type { Subject } from './subject.ts';

/** Where docker-php-ext-install puts extensions and what switches them on: github.com/docker-library/php. */
const extensionFolders = ['/usr/local/lib/php/extensions', '/usr/local/etc/php/conf.d'];

/** PHP has no slim image: what goes is Composer, what it needs, and what compiles extensions. */
export const php: Recipe = {
  id: 'php',
  plan(subject) {
    const { base, commands } = subject;
    if (base.repository !== 'php') return undefined;
    if (!commands.some((each) => each.name === 'composer' || each.name === 'composer.phar')) return undefined;
    const common = commonRefusal(subject) ?? contextRefusal(subject);
    if (common) return common;
    if (/alpine/.test(base.tag)) return refuse('packages-unknown', '`apk`');
    const server = commands.find((each) => /^(?:a2\w+|pecl|phpize)$/.test(each.name));
    if (server) return refuse('artifact-unknown', `\`${server.name}\` changes the image`, server.instruction);
    const installed = stagePackages(subject);
    if (installed.unknown.length > 0) return refuse('shared-library-unknown', installed.unknown.join(', '));
    if (subject.start?.script?.text !== undefined && /\bcomposer\b/.test(subject.start.script.text)) {
      return refuse('installs-at-start', '`composer`');
    }
    const reading = readSources(subject, languages.php);
    const extends_ = commands.some((each) => each.name.startsWith('docker-php-ext-'));
    const plan = planApplication(subject, {
      runtime: sameImage(subject),
      container: { shell: true, packages: installed.runtime, programs: [] },
      reading,
      buildFiles: languages.php.buildFiles,
      artifacts: extends_ ? extensionFolders.map((from) => ({ from })) : [],
      holds: [...extensionFolders, '/usr/local/bin', '/root/.composer'],
    });
    // The server of the image drops its rights itself, and some need them to start.
    return isRefusal(plan) || /-cli/.test(base.tag)
      ? plan
      : ({ ...plan, user: { number: undefined, ids: '0:0' } } satisfies Plan);
  },
};

function sameImage({ base, facts }: Subject): Runtime {
  const image = facts.image(base.written);
  const known = isAvailable(image) ? image : undefined;
  return {
    reference: `php:${base.tag}`,
    family: 'slim',
    libc: undefined,
    holds: ['ca-certificates', 'tzdata', 'passwd', 'tmp', 'libc', 'shell', 'apt', 'php'],
    user: undefined,
    spareUser: { uid: 33, gid: 33, name: 'www-data' },
    workingDir: known?.workingDir || '/var/www/html',
    entrypoint: ['docker-php-entrypoint'],
    programs: { php: 'php', sh: 'sh' },
    env: {},
    supportEnds: undefined,
    origin: 'github.com/docker-library/php',
  };
}
