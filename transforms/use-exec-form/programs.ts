import type { Dockerfile, Instruction, Stage } from '../../src/dockerfile/index.ts';

/** Programs whose names nobody gives to a script of their own. */
const wellKnown =
  /^(?:python[\d.]*|pip[\d.]*|node|nodejs|npm|npx|yarn|pnpm|java|ruby|bundle|php|php-fpm|perl|dotnet|go|cargo|nginx|bash|sh|env|sleep|tail|cat|gunicorn|uvicorn|flask|celery|streamlit|jupyter)$/;
const binDirectory = /(?:^|\/)s?bin\/?$/;

/**
 * Whether a program may be a script without `#!`, which a shell runs all the same and exec form cannot start
 * ("exec format error"): a path or name that the build itself puts there, as far as the text says.
 */
export function mayLackInterpreter(file: Dockerfile, stage: Stage, program: string): boolean {
  const system = /^\/(?:usr\/)?s?bin\/([^/]+)$/.exec(program);
  const name = system ? system[1]! : program;
  if (name.includes('/') || /\.\w+$/.test(name.replace(/\d[\d.]*$/, ''))) return true;
  if (wellKnown.test(name)) return false;
  const instructions: Instruction[] = [];
  for (let each: Stage | undefined = stage; each; each = each.parent) instructions.push(...each.instructions);
  return instructions.some((each) => puts(file, each, name));
}

/** Whether an instruction may put a program of a name into a directory of PATH. */
function puts(file: Dockerfile, instruction: Instruction, name: string): boolean {
  const { keyword, span } = instruction;
  if (keyword === 'RUN') return file.source.slice(span.start, span.end).includes(`bin/${name}`);
  if (keyword === 'ENV') return file.pairs(instruction).some(([variable]) => variable === 'PATH');
  if (keyword !== 'COPY' && keyword !== 'ADD') return false;
  const words = instruction.json ?? file.words(instruction).map((word) => word.text);
  const into = words.at(-1) ?? '';
  if (words.some((word) => base(word) === name)) return true;
  const fromContext = !instruction.flags.some((flag) => flag.name === 'from');
  return fromContext && binDirectory.test(into) && words.slice(0, -1).some((word) => !/\.\w+$/.test(base(word)));
}

function base(path: string): string {
  return path.replace(/\/+$/, '').split('/').at(-1)!;
}
