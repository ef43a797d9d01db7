/** How long something takes, in milliseconds. */
export function timed(run: () => unknown): number {
  const started = performance.now();
  run();
  return performance.now() - started;
}

export function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)]!;
}

export function rounded(value: number): number {
  return Math.round(value * 100) / 100;
}
