import { posix } from 'node:path';
import { slimRuntime } from '../../src/facts/index.ts';
import { environmentValue } from '../../src/transform/index.ts';
import { planApplication } from './interpreted.ts';
import { languages } from './languages.ts';
import { gemWithJavaScript, packageLibraries } from './libraries.ts';
import { addsRepository, stagePackages } from './packages.ts';
import { commonRefusal, containerNeeds, contextRefusal, missingProgram, startInstruction } from './pitfalls.ts';
import { isRefusal, type Recipe, refuse } from './plan.ts';
import { writtenAs } from './python.ts';
import { readSources } from './sources.ts';

/** Where the official image keeps gems: `GEM_HOME` and `BUNDLE_APP_CONFIG`, github.com/docker-library/ruby. */
const gemHome = '/usr/local/bundle';

export const ruby: Recipe = {
  id: 'ruby',
  plan(subject) {
    const { base, commands, start, stage, file, directory } = subject;
    if (base.repository !== 'ruby') return undefined;
    const common = commonRefusal(subject) ?? contextRefusal(subject);
    if (common) return common;
    if (!start) return refuse('start-unknown');
    // Passenger compiles a part of itself for the Ruby that it meets when it starts.
    const text = start.script?.text ?? start.argv?.join(' ') ?? '';
    if (/\bpassenger\b/.test(text)) return refuse('links-at-run-time', '`passenger`', startInstruction(subject));
    const slim = slimRuntime(base.repository, base.tag);
    if (!slim) return refuse(/alpine/.test(base.tag) ? 'libc-differs' : 'no-runtime-image', `\`${base.tag}\``);
    if (base.written.includes('$') && writtenAs(subject, slim.runtime.reference).written === undefined) {
      return refuse('no-runtime-image', `\`${base.written}\``);
    }
    const installs = commands.some((each) => each.name === 'bundle' || each.name === 'gem');
    if (slim.isSame || !installs) return refuse('nothing-to-separate');
    const last = stage.instructions.at(-1)!;
    const path = environmentValue(file, last, 'BUNDLE_PATH');
    const moved = commands.some(
      (each) =>
        each.name === 'bundle' &&
        each.words.some((word) => word === undefined || /^(?:path|--path|deployment|--deployment)/.test(word)),
    );
    if (moved && (path === undefined || directory === undefined))
      return refuse('environment-elsewhere', '`bundle` has a path of its own');
    const reading = readSources(subject, languages.ruby);
    const script = start.scriptPath;
    const own = new Set([
      'rails',
      'puma',
      'rackup',
      'unicorn',
      'sidekiq',
      ...(script ? [script, posix.basename(script)] : []),
      start.argv?.[0] ?? '',
    ]);
    const container = containerNeeds(subject, reading.runs, own);
    if (isRefusal(container)) return container;
    const needed = packageLibraries(subject, 'ruby', container.packages);
    if ('unknown' in needed) return refuse('shared-library-unknown', `\`${needed.unknown}\``);
    const gem = gemWithJavaScript(subject);
    const hasNode = stagePackages(subject).tools.includes('nodejs') && !addsRepository(subject);
    if (gem !== undefined && !hasNode) return refuse('runs-other-programs', `\`${gem}\` needs a JavaScript run time`);
    const missing = missingProgram(container, slim.runtime);
    if (missing !== undefined && !/^(?:\.\/)?bin\//.test(missing)) {
      return refuse('runs-other-programs', `\`${missing}\``, startInstruction(subject));
    }
    const gems = path && path !== gemHome && !path.startsWith(`${directory}/`) ? [{ from: path }] : [];
    return planApplication(subject, {
      runtime: slim.runtime,
      ...writtenAs(subject, slim.runtime.reference),
      container: {
        ...container,
        packages: [...new Set([...container.packages, ...needed.packages, ...(gem === undefined ? [] : ['nodejs'])])],
      },
      reading,
      buildFiles: languages.ruby.buildFiles,
      artifacts: [{ from: gemHome }, ...gems],
      holds: [gemHome, ...(path ? [path] : [])],
      ...(slim.pastSupport && { note: `Ruby ${base.tag} gets no security fixes since ${slim.pastSupport}` }),
    });
  },
};
