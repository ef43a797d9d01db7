import { expandWord, type Lookup, type Value } from './lex.ts';
import type { Dockerfile, Instruction, Stage } from './model.ts';

/** The predefined build arguments of BuildKit that have a value of their own in FROM. */
const platformArguments = new Set(
  ['TARGET', 'BUILD']
    .flatMap((side) => ['PLATFORM', 'OS', 'OSVERSION', 'ARCH', 'VARIANT'].map((part) => side + part))
    .concat('TARGETSTAGE'),
);

/** One ARG or ENV of a name. */
interface Setting {
  readonly index: number;
  readonly value: Value;
  readonly isEnvironment: boolean;
}

/** The settings of one scope by name, each in source order. */
type Settings = Map<string, Setting[]>;

/** What ARG and ENV say at each place of a file, by BuildKit's rules (frontend/dockerfile/dockerfile2llb/convert.go). */
export class Scopes {
  readonly #file: Dockerfile;
  readonly #stages = new Map<Stage, Settings>();
  #global: Settings | undefined;

  constructor(file: Dockerfile) {
    this.#file = file;
  }

  /** The variables in force before an instruction; FROM, and what stands before the first one, see the global scope. */
  at(instruction: Instruction): Lookup {
    const { stage, index } = instruction;
    if (instruction.keyword === 'FROM' || !stage) return (name) => this.#globalValue(name, index);
    return (name) => this.#stageValue(stage, name, index);
  }

  #globalValue(name: string, before: number): Value {
    this.#global ??= this.#readGlobal();
    const set = lastBefore(this.#global.get(name), before);
    return set?.value ?? (platformArguments.has(name) ? { known: false } : { known: true, value: undefined });
  }

  #readGlobal(): Settings {
    const settings: Settings = new Map();
    this.#global = settings;
    for (const each of this.#file.instructions) {
      if (each.keyword === 'FROM') break;
      if (each.keyword !== 'ARG') continue;
      // A name of its own sees those before it in the same ARG.
      this.#arguments(each, settings, (name) => this.#globalValue(name, each.index + 1));
    }
    return settings;
  }

  #stageValue(stage: Stage, name: string, before: number): Value {
    const own = lastBefore(this.#settings(stage).get(name), before);
    if (own) return own.value;
    // A stage inherits what ARG and ENV set in its parents; the image's ENV is set again where a stage starts.
    let argument: Setting | undefined;
    for (let parent = stage.parent; parent; parent = parent.parent) {
      const all = this.#settings(parent).get(name);
      const environment = all?.findLast((each) => each.isEnvironment);
      if (environment) return environment.value;
      argument ??= all?.at(-1);
    }
    return argument?.value ?? { known: false };
  }

  #settings(stage: Stage): Settings {
    const known = this.#stages.get(stage);
    if (known) return known;
    const settings: Settings = new Map();
    this.#stages.set(stage, settings);
    for (const each of stage.instructions) {
      const lookup =
        (before: number): Lookup =>
        (name) =>
          this.#stageValue(stage, name, before);
      if (each.keyword === 'ARG') this.#arguments(each, settings, lookup(each.index + 1), stage);
      // The pairs of one ENV do not see each other.
      if (each.keyword === 'ENV') this.#environment(each, settings, lookup(each.index));
    }
    return settings;
  }

  /** ARG: a default wins over an earlier value, an ENV's too; without one, the global value does if there is one. */
  #arguments(instruction: Instruction, settings: Settings, lookup: Lookup, stage?: Stage): void {
    for (const { text } of this.#file.words(instruction)) {
      const equals = text.indexOf('=');
      if (equals !== -1) add(settings, text.slice(0, equals), instruction, this.#value(text.slice(equals + 1), lookup));
      else if (stage) {
        const inherited = this.#globalValue(text, stage.from.index);
        if (!inherited.known || inherited.value !== undefined) add(settings, text, instruction, inherited);
      }
    }
  }

  #environment(instruction: Instruction, settings: Settings, lookup: Lookup): void {
    for (const [written, value] of this.#file.pairs(instruction)) {
      const name = this.#value(written, lookup);
      if (name.known && name.value !== undefined) add(settings, name.value, instruction, this.#value(value, lookup));
    }
  }

  #value(word: string, lookup: Lookup): Value {
    const expanded = expandWord(word, this.#file.escape, lookup);
    return expanded.ok ? { known: true, value: expanded.value } : { known: false };
  }
}

function add(settings: Settings, name: string, instruction: Instruction, value: Value): void {
  const setting = { index: instruction.index, value, isEnvironment: instruction.keyword === 'ENV' };
  const all = settings.get(name);
  if (all) all.push(setting);
  else settings.set(name, [setting]);
}

function lastBefore(settings: readonly Setting[] | undefined, before: number): Setting | undefined {
  return settings?.findLast((each) => each.index < before);
}
