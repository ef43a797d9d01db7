import { visitCommands } from '../../src/shell/index.ts';
import { absolute, covers, shellBody } from '../../src/transform/index.ts';
import { type CopyStep, copySteps } from './image-files.ts';
import type { Owned } from './owned.ts';
import { type Setting, workdirAfter } from './setting.ts';

/** One thing that a step does to the owner of files. */
type Step =
  | { readonly kind: 'copy'; readonly owner: string | undefined; readonly path: string | undefined }
  | { readonly kind: 'folder'; readonly path: string | undefined }
  | {
      readonly kind: 'chown';
      readonly owner: string | undefined;
      readonly paths: readonly (string | undefined)[];
      readonly deep: boolean;
    }
  /** Anything else that a RUN does. */
  | { readonly kind: 'run'; readonly text: string; readonly workdir: string | undefined; readonly chowns: boolean };

/**
 * The users, by name or number, whom the author gives the files of the application to: by the `--chown` of a COPY, or by
 * a `chown` of what is copied or of the working directory. Empty where none does, or where one of them is not known.
 */
export function ownersOfFiles(setting: Setting): readonly string[] {
  const { file, chain, facts, workdir } = setting;
  const places = [workdir, ...copySteps(file, chain, facts).map(({ destination }) => destination)].filter(
    (path) => path !== undefined && path !== '/',
  ) as string[];
  const isOurs = (path: string | undefined) =>
    path !== undefined && places.some((place) => covers(place, path) || (covers(path, place) && path !== '/'));
  const owners = new Set<string | undefined>();
  for (const step of stepsOf(setting)) {
    const isOwn = step.kind === 'chown' ? step.paths.some(isOurs) : step.kind === 'copy' && step.owner !== '';
    if (isOwn && 'owner' in step) owners.add(step.owner);
  }
  for (const root of ['root', '0', '']) owners.delete(root);
  return owners.has(undefined) ? [] : ([...owners] as string[]);
}

/**
 * Whether the author has given a path to a user already, with all that is in it if it is wanted deep: then a second
 * `chown` would do nothing but double the files in a layer of its own.
 */
export function isGiven(setting: Setting, names: readonly string[], { path, kind, deep, since }: Owned): boolean {
  const isUser = (owner: string | undefined) => owner !== undefined && names.includes(owner);
  if (kind === 'file') return since !== undefined && isFileGiven(setting, isUser, path);
  let folder = false;
  let content = true;
  for (const step of stepsOf(setting)) {
    switch (step.kind) {
      case 'copy':
        if (step.path === undefined || covers(path, step.path) || covers(step.path, path)) {
          content &&= isUser(step.owner);
        }
        break;
      case 'folder':
        // Made by root, where it is not there yet.
        if (step.path === undefined || (step.path !== path && covers(path, step.path))) content = false;
        break;
      case 'chown':
        for (const each of step.paths) {
          if (each === undefined) return false;
          if (each === path || (step.deep && covers(each, path))) {
            folder = isUser(step.owner);
            if (step.deep || !folder) content = folder;
          } else if (covers(path, each)) content &&= isUser(step.owner);
        }
        break;
      case 'run':
        if (step.chowns) folder = false;
        if (step.text.includes(path) || (step.workdir !== undefined && covers(path, step.workdir))) content = false;
    }
  }
  return folder && (content || !deep);
}

function isFileGiven(setting: Setting, isUser: (owner: string | undefined) => boolean, path: string): boolean {
  let given = false;
  for (const step of stepsOf(setting)) {
    if (step.kind === 'copy' && (step.path === undefined || covers(step.path, path))) given = isUser(step.owner);
    if (step.kind === 'run' && (step.chowns || step.text.includes(path))) given = false;
    if (step.kind !== 'chown') continue;
    for (const each of step.paths) {
      if (each === undefined) return false;
      if (each === path || (step.deep && covers(each, path))) given = isUser(step.owner);
    }
  }
  return given;
}

/** What the image's stages do that may change the owner of files, in order. */
function* stepsOf(setting: Setting): Generator<Step> {
  const { file, chain, instructions, facts } = setting;
  const copies = new Map<number, CopyStep>(
    copySteps(file, chain, facts).map((step) => [step.instruction.index, step] as const),
  );
  for (const instruction of instructions) {
    const { keyword, index } = instruction;
    const workdir = workdirAfter(file, instruction, facts);
    if (keyword === 'WORKDIR') yield { kind: 'folder', path: workdir };
    const copy = copies.get(index);
    if (copy) {
      const flag = copy.flag('chown');
      // A build argument may be another one in another build.
      const isPlain = flag === undefined || !flag.includes('$');
      yield { kind: 'copy', owner: isPlain ? (flag ?? '').replace(/:.*$/, '') : undefined, path: copy.destination };
    }
    if (keyword !== 'RUN') continue;
    const body = shellBody(file, instruction, facts);
    if (typeof body !== 'object') {
      const text = file.args(instruction);
      yield { kind: 'run', text, workdir, chowns: /\bchown\b/.test(text) };
      continue;
    }
    const found: Step[] = [];
    visitCommands(body.script, (command) => {
      const [name, ...words] = command.words.map((word) => word.literal);
      const operands = words.filter((word) => word === undefined || !word.startsWith('-'));
      if (name !== 'chown' || operands.length < 2) {
        const text = body.script.text.slice(command.start, command.end);
        found.push({ kind: 'run', text: file.args(instruction), workdir, chowns: /\bchown\b/.test(text) });
        return;
      }
      const [owner, ...paths] = operands;
      found.push({
        kind: 'chown',
        // The point is the old way to write the colon.
        owner: owner?.replace(/[:.].*$/, ''),
        paths: paths.map((path) => (path === undefined ? undefined : absolute(path, workdir))),
        deep: words.some((word) => word === '--recursive' || /^-\w*R/.test(word ?? '')),
      });
    });
    yield* found;
  }
}
