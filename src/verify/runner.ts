import type { Workspace } from './workspace.ts';

export interface Engine {
  readonly program: string;
  /** Flags that stand before the command. */
  readonly flags?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
}

export class Runner {
  constructor(
    readonly workspace: Workspace,
    readonly engine: Engine,
  ) {}
}
