import type { Dockerfile, Stage } from '../../src/dockerfile/index.ts';
import { insertLinesBelow, keywordLike } from '../../src/edit/index.ts';
import { defineTransform, type Finding, holdsTemplate, mayBeTriggered } from '../../src/transform/index.ts';
import { healthPath } from './frameworks.ts';
import { isWindows, probeFor } from './probes.ts';

const message =
  'The image serves a port and has no `HEALTHCHECK`, so a program in it that hangs counts as healthy as long as it runs';

export const addHealthcheck = defineTransform({
  id: 'add-healthcheck',
  meta: {
    summary: 'Add a HEALTHCHECK that the image can run',
    why: 'Docker, compose and Swarm restart or replace a container, and start what depends on it, by its health; without a check a program that hangs is never noticed. Kubernetes has its own probes and does not read it.',
    safety: 'manual',
    safetyNote:
      'Proposed only where the image exposes one port and is known to have a program that can ask it. Without a page that the framework is known to serve, it only opens the port; the option `path` names a page to ask for.',
    preset: 'recommended',
    since: '0.1.0',
    onbuild: false,
    answers: {
      hadolint: ['DL3057'],
      trivy: ['DS-0026'],
      checkov: ['CKV_DOCKER_2'],
      cis: ['4.6'],
      kics: ['b03a748a-542d-44f4-bb86-9199ab4fd2d5'],
    },
  },
  options: {
    path: {
      type: 'string',
      default: '',
      summary: 'A page that answers with a status below 400 when the program is healthy, as `/healthz`',
    },
    port: { type: 'string', default: '', summary: 'The port that is asked, where the image exposes none or several' },
  },
  needs(file, options) {
    const stage = file.finalStage;
    if (!stage || !startOf(file, stage) || (exposed(file, stage).length === 0 && options.port === '')) return {};
    const base = file.baseReference(file.rootStage(stage));
    return { context: true, systems: base === undefined ? [] : [base] };
  },
  *find({ file, facts, options }): Generator<Finding> {
    const stage = file.finalStage;
    const span = stage && startOf(file, stage);
    if (!stage || !span) return;
    const last = stage.instructions.at(-1)!;
    if (isWindows(file, last, facts)) return;
    const ports = exposed(file, stage);
    // What exposes nothing is most often no server.
    if (ports.length === 0 && options.port === '') return;
    if (ports.length !== 1 && options.port === '') {
      yield { span, message, skipped: 'port-unclear' };
      return;
    }
    const port = Number(options.port === '' ? ports[0] : options.port);
    if (!Number.isInteger(port) || port < 1 || port > 65_535) {
      yield { span, message, skipped: 'port-unclear' };
      return;
    }
    const path = options.path !== '' ? options.path : healthPath(facts);
    const probe =
      path !== undefined && !/^\/[\w./?=&%-]*$/.test(path) ? undefined : probeFor(file, stage, facts, port, path);
    if (!probe) {
      yield { span, message, skipped: 'no-probe' };
      return;
    }
    const keyword = keywordLike(
      file.source.slice(last.span.start, last.span.start + last.keyword.length),
      'HEALTHCHECK',
    );
    const command = `${keyword} --start-period=30s --timeout=5s CMD ${JSON.stringify(probe.words).replaceAll('","', '", "')}`;
    const edit = holdsTemplate(last.logical.text) ? undefined : insertLinesBelow(file, last, [command]);
    if (!edit) {
      yield { span, message, skipped: 'text-spread' };
      return;
    }
    const asks = path === undefined ? `opens port ${port}` : `asks for \`${path}\` on port ${port}`;
    yield {
      span,
      message: `${message}; \`${probe.tool}\`, which the image has, ${asks}`,
      fix: {
        title: `Add a \`HEALTHCHECK\` that ${asks}`,
        safety: 'manual',
        evidence: path !== undefined && options.path === '' ? ['context'] : ['text'],
        edits: [edit],
        asks: [
          {
            option: 'path',
            message: 'Which page answers when the program is healthy? Empty: the port is opened',
            default: path ?? '',
          },
        ],
        changes: {
          edits: [],
          adds: [{ before: file.instructions.length, keyword: 'HEALTHCHECK' }],
          config: ['Healthcheck'],
        },
      },
    };
  },
});

/** Where an image that starts something says so; undefined where it starts nothing, or its health is spoken of already. */
function startOf(file: Dockerfile, stage: Stage): { start: number; end: number } | undefined {
  let starts: { start: number; end: number } | undefined;
  for (let each: Stage | undefined = stage; each; each = each.parent) {
    if (each.instructions.some(({ isKnown, keyword, opaque }) => !isKnown || opaque || keyword === 'HEALTHCHECK'))
      return undefined;
    if (mayBeTriggered(file, each, 'HEALTHCHECK')) return undefined;
    starts ??= each.instructions.findLast(({ keyword }) => keyword === 'CMD' || keyword === 'ENTRYPOINT')?.span;
  }
  return starts;
}

/** The TCP ports that a stage and its parents expose by their numbers. */
function exposed(file: Dockerfile, stage: Stage): number[] {
  const ports = new Set<number>();
  for (let each: Stage | undefined = stage; each; each = each.parent) {
    for (const instruction of each.instructions) {
      if (instruction.keyword !== 'EXPOSE') continue;
      for (const { text } of file.words(instruction)) {
        const expanded = file.expand(text, instruction);
        const match = expanded.ok ? /^(?:.*:)?(\d+)(?:-\d+)?(?:\/tcp)?$/i.exec(expanded.value) : null;
        if (match) ports.add(Number(match[1]));
      }
    }
  }
  return [...ports];
}
