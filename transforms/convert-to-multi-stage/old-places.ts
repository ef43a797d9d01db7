import type { Instruction } from '../../src/dockerfile/index.ts';
import { type Plan, type Refusal, refuse } from './plan.ts';
import type { Subject } from './subject.ts';

/** Where the official image keeps packages and their programs: `prefix` of github.com/docker-library/python, November 2026. */
const packages = /\/usr\/local\/lib\/python\d[\d.]*\b/;
const programs = /\/usr\/local\/bin\/([\w.-]+)/g;
/** Programs of the image that have no use for packages. */
const ofImage = /^(?:idle|pydoc|2to3|python[\d.]*-config)/;
/** Files that a container may read or run as text; documents, and what is for the build or the engine, are not. */
const readAsText = /(?:^|\/)[^./]+$|\.(?:py|sh|bash|conf|cfg|ini|toml|ya?ml|json|service|env|template|tmpl|j2)$/;
const notInContainer =
  /(?:^|\/)(?:Dockerfile[^/]*|docker-compose[^/]*|compose[^/]*\.ya?ml|Makefile|LICEN[CS]E|README|CHANGELOG|\.github|\.gitlab-ci\.yml|\.devcontainer|tests?|docs?)(?:\/|$)/i;
const naming = /^(?:RUN|COPY|ADD|WORKDIR|ENV|CMD|ENTRYPOINT|HEALTHCHECK)$/;

/**
 * The start of an application whose packages move to an environment of their own: its exec form names the programs where
 * they come to lie. A refusal where anything else names the place that packages have without one.
 */
export function startInEnvironment(subject: Subject, environment: string): Pick<Plan, 'start'> | Refusal {
  const { file, stage, layout, start } = subject;
  const ofPackages = (name: string) => !ofImage.test(name) && layout?.contextOf(`/usr/local/bin/${name}`) === undefined;
  const named = (text: string): string | undefined =>
    packages.exec(text)?.[0] ?? [...text.matchAll(programs)].find(([, name]) => ofPackages(name!))?.[0];
  const refusal = (path: string, at?: Instruction, where = ''): Refusal =>
    refuse('environment-elsewhere', `\`${path}\` is named${where}, and packages would no longer be there`, at);
  const moved = (argv: readonly string[] | undefined) =>
    argv?.map((word) => {
      const [path, name] = /^\/usr\/local\/bin\/([\w.-]+)$/.exec(word) ?? [];
      return path !== undefined && ofPackages(name!) ? `${environment}/bin/${name}` : word;
    });
  const starts = { entrypoint: moved(start?.entrypoint?.json), cmd: moved(start?.cmd?.json) };
  for (const at of stage.instructions) {
    if (!naming.test(at.keyword)) continue;
    // A folder that is searched may as well be empty.
    if (at.keyword === 'ENV' && file.pairs(at).every(([name]) => /^(?:PYTHON)?PATH$/.test(name))) continue;
    const isStart = at === start?.entrypoint || at === start?.cmd;
    if (/^(?:CMD|ENTRYPOINT)$/.test(at.keyword) && !isStart) continue;
    const argv = at === start?.entrypoint ? starts.entrypoint : at === start?.cmd ? starts.cmd : undefined;
    const bodies = at.heredocs.map(({ content }) => file.source.slice(content.start, content.end));
    const text = argv?.join('\n') ?? [file.args(at), ...bodies].join('\n');
    // A program of another image is none of a package.
    const isOther = at.keyword === 'COPY' && at.flags.some((flag) => flag.name === 'from');
    const path = isOther ? packages.exec(text)?.[0] : named(text);
    if (path !== undefined) return refusal(path, at);
  }
  for (const path of layout!.files()) {
    const text = readAsText.test(path) && !notInContainer.test(path) ? layout!.context.text(path) : undefined;
    if (!text?.includes('/usr/local/')) continue;
    const { mode = 0o644 } = layout!.context.resolve(path) ?? {};
    // The first line counts where the kernel reads it.
    const read = (mode & 0o111) === 0 ? text.replace(/^#!.*/, '') : text;
    const found = named(read.replace(/^[ \t]*#(?!!).*$/gm, ''));
    if (found !== undefined) return refusal(found, undefined, ` in \`${path}\``);
  }
  const changed = (argv: readonly string[] | undefined, at: Instruction | undefined) =>
    argv?.some((word, index) => word !== at?.json?.[index]) === true;
  const entrypoint = changed(starts.entrypoint, start?.entrypoint) && { entrypoint: starts.entrypoint! };
  const cmd = changed(starts.cmd, start?.cmd) && { cmd: starts.cmd! };
  return entrypoint || cmd ? { start: { ...entrypoint, ...cmd } } : {};
}
