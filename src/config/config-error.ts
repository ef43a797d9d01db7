import type { Position } from '../text/index.ts';

/** A configuration or an argument that cannot be used as it is; `path` and `position` say where, if it stands in a file. */
export class ConfigError extends Error {
  readonly path: string | undefined;
  readonly position: Position | undefined;
  /** The line at the position. */
  readonly lineText: string | undefined;

  constructor(message: string, place: { path?: string; position?: Position; lineText?: string } = {}) {
    super(message);
    this.name = 'ConfigError';
    this.path = place.path;
    this.position = place.position;
    this.lineText = place.lineText;
  }
}
