/** Transforms that undo each other, or never come to rest; the original text is kept. */
export class UnstableFixError extends Error {
  readonly transforms: readonly string[];

  constructor(why: string, transforms: readonly string[]) {
    super(`${why}; the last fixes came from ${transforms.join(', ')}`);
    this.name = 'UnstableFixError';
    this.transforms = transforms;
  }
}
