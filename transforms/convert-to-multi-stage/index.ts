import { covers, defineTransform, type Finding } from '../../src/transform/index.ts';
import { c } from './c.ts';
import { lostCopy } from './copied-from.ts';
import { dotnet } from './dotnet.ts';
import { elixir } from './elixir.ts';
import { frontend } from './frontend.ts';
import { go } from './go.ts';
import { java } from './java.ts';
import { lostUser } from './lost-user.ts';
import { next } from './next.ts';
import { node } from './node.ts';
import { php } from './php.ts';
import { isRefusal, type Plan, type Recipe, type Refusal, refuse } from './plan.ts';
import { python } from './python.ts';
import { ruby } from './ruby.ts';
import { rust } from './rust.ts';
import { rootNeed, runsAsRoot } from './start-rights.ts';
import { readSubject, type Subject } from './subject.ts';
import { writePlan } from './write.ts';

/** In the order in which they are asked. */
const recipes: readonly Recipe[] = [go, rust, frontend, next, node, python, java, dotnet, ruby, php, elixir, c];

export const convertToMultiStage = defineTransform({
  id: 'convert-to-multi-stage',
  meta: {
    summary: 'Build in a stage of its own and run from a minimal image',
    why: 'An image that runs where it was built keeps the compiler, the package manager, the sources and the caches: they are most of its size and of its known vulnerabilities, and no program needs them to run.',
    safety: 'unsafe',
    safetyNote:
      'The image that runs is another one, and runs as a user of its own: build it and start it before it is merged. What the program reads, writes and runs is told from its sources; where that cannot be told, the file is left as it is.',
    preset: 'recommended',
    since: '0.1.0',
    onbuild: false,
    answers: {},
  },
  options: {
    runtime: {
      type: 'choice',
      choices: ['default', 'distroless', 'chainguard', 'scratch', 'slim'],
      default: 'default',
      summary: 'The kind of image that the program runs in; the default is the smallest usual one of its ecosystem',
    },
  },
  needs(file) {
    const stage = file.finalStage;
    const builds = stage && !stage.parent && stage.instructions.some((each) => each.keyword === 'RUN');
    return builds ? { context: true, usage: true } : {};
  },
  *find({ file, facts, options }): Iterable<Finding> {
    const subject = readSubject(file, facts, options.runtime);
    if (!subject || subject === 'shell-opaque') return;
    const { stage } = subject;
    if (isSeparated(subject)) return;
    const message =
      'The image that runs keeps what built it: a compiler or package manager, sources and caches, which add most of its size and of its known vulnerabilities';
    for (const recipe of recipes) {
      const planned = recipe.plan(subject);
      if (!planned) continue;
      const plan = isRefusal(planned)
        ? planned
        : (rootRefusal(subject, planned) ??
          homeRefusal(subject, planned) ??
          copyRefusal(subject, planned) ??
          userRefusal(subject, planned) ??
          planned);
      const { span } = stage.from;
      if (isRefusal(plan)) {
        const { refused, detail, at } = plan;
        yield { span: at?.span ?? span, message, skipped: refused, ...(detail !== undefined && { detail }) };
        return;
      }
      const notes = [plan.note, portNote(subject)].filter((each) => each !== undefined);
      const said = [message, ...notes].join('; ');
      const fix = writePlan(subject, plan, `Build in a stage of its own and run from \`${plan.runtime.reference}\``);
      yield typeof fix === 'string' ? { span, message: said, skipped: fix } : { span, message: said, fix };
      return;
    }
  },
});

/** A program that has to stay root is not taken from it. */
function rootRefusal(subject: Subject, { runtime, user }: Plan): Refusal | undefined {
  const isKept = runtime.user === undefined && user.number === undefined;
  return isKept || !runsAsRoot(subject) ? undefined : rootNeed(subject);
}

/** Run-time images have the home of root, closed to the user that the program runs as; scratch alone has none. */
function homeRefusal({ directory }: Subject, { runtime, user, artifacts, anyDirectory }: Plan): Refusal | undefined {
  if (runtime.family === 'scratch' || (user.number === undefined && runtime.user === undefined)) return undefined;
  const paths = artifacts.map(({ from, to }) => to ?? from);
  const inside = [...paths, ...(anyDirectory || directory === undefined ? [] : [directory])].find((path) =>
    covers('/root', path),
  );
  return inside === undefined ? undefined : refuse('files-in-root-home', `\`${inside}\``);
}

/** What comes from other images or stages is on no list of the build context, so that no recipe takes it along by itself. */
function copyRefusal(subject: Subject, plan: Plan): Refusal | undefined {
  const lost = lostCopy(subject, plan);
  return lost && refuse('runtime-files-unknown', `what \`COPY --from\` brings to \`${lost.path}\``, lost.at);
}

function userRefusal(subject: Subject, plan: Plan): Refusal | undefined {
  const lost = lostUser(subject, plan);
  return lost && refuse('owner-unknown', `\`${lost.name}\`, whom a step makes and \`${lost.by}\` names`, lost.at);
}

/** A port that other users than root may open only where the engine lets them: Docker does, with a network of its own. */
function portNote({ stage, file }: Subject): string | undefined {
  const low = stage.instructions
    .filter((each) => each.keyword === 'EXPOSE')
    .flatMap((each) => file.words(each).map((word) => Number.parseInt(word.text, 10)))
    .find((port) => port > 0 && port < 1024);
  return low === undefined ? undefined : `port ${low} needs root with the network of the host, and in some clusters`;
}

/** Programs that compile: a last stage with one of them has its tools still, wherever else it takes files from. */
const compilers = /^(?:go|cargo|mvnw?|gradlew?|javac|sbt|gcc|g\+\+|cc|c\+\+|clang|make|cmake|dotnet|mix)$/;

/** A stage that takes from another one and compiles nothing is what this transform would make. */
function isSeparated({ stage, file, commands }: Subject): boolean {
  const takes = stage.instructions.some(
    (each) =>
      each.keyword === 'COPY' &&
      each.flags.some((flag) => flag.name === 'from' && file.stageByName(flag.value ?? '', { byIndex: true })),
  );
  return takes && !commands.some((each) => compilers.test(each.name));
}
