import type { Position } from '../text/index.ts';

/** A text that BuildKit's parser rejects, or one over the size limits; `position` is the place to show. */
export class DockerfileSyntaxError extends Error {
  readonly position: Position;
  /** The source line at the position, shortened for display; empty for a limit on the whole file. */
  readonly lineText: string;

  constructor(message: string, position: Position, lineText: string) {
    super(message);
    this.name = 'DockerfileSyntaxError';
    this.position = position;
    this.lineText = lineText.length > 200 ? `${lineText.slice(0, 200)}…` : lineText;
  }
}
