import { RegistryError } from './errors.ts';

/** Time as a run sees it; tests bring their own. */
export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number;
  /** Resolves after some milliseconds. */
  sleep(milliseconds: number): Promise<void>;
}

export const systemClock: Clock = {
  now: () => Date.now(),
  sleep: (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds)),
};

/** Lets a limited number of callers in at a time, first come, first served. */
export class Gate {
  #free: number;
  readonly #waiting: (() => void)[] = [];

  constructor(limit: number) {
    this.#free = limit;
  }

  /** Resolves when there is room, with the function that makes it again. */
  async enter(): Promise<() => void> {
    if (this.#free > 0) this.#free--;
    else await new Promise<void>((resolve) => this.#waiting.push(resolve));
    let left = false;
    return () => {
      if (left) return;
      left = true;
      const next = this.#waiting.shift();
      if (next) next();
      else this.#free++;
    };
  }
}

/** The wait that a Retry-After header asks for, in milliseconds; undefined where it is absent or makes no sense. */
export function retryAfter(value: string | undefined, now: number): number | undefined {
  const text = value?.trim() ?? '';
  if (/^\d+(\.\d+)?$/.test(text)) return Number(text) * 1000;
  const date = text === '' || !/[a-z]{3}/i.test(text) ? Number.NaN : Date.parse(text);
  return Number.isNaN(date) ? undefined : Math.max(0, date - now);
}

/** A span of time as people say it. */
export function durationText(milliseconds: number): string {
  const seconds = Math.ceil(milliseconds / 1000);
  if (seconds < 120) return `${seconds} s`;
  return seconds < 7200 ? `${Math.ceil(seconds / 60)} min` : `${Math.ceil(seconds / 3600)} h`;
}

/** What is known in a run about one host: how busy it is, and what it said about waiting. */
export class HostState {
  readonly gate: Gate;
  /** Its connections are of no use after a HEAD. */
  sendsBodyToHead = false;
  readonly #host: string;
  readonly #clock: Clock;
  #waitUntil = 0;
  #blocked: { readonly until: number; readonly error: RegistryError } | undefined;
  #emptyUntil = 0;
  #answered = false;
  #failures = 0;
  #down: RegistryError | undefined;

  constructor(host: string, limit: number, clock: Clock) {
    this.#host = host;
    this.#clock = clock;
    this.gate = new Gate(limit);
  }

  /** Throws where it is known that a request would fail, so that many references to a dead host cost one time-out. */
  check(countsAsPull: boolean): void {
    if (this.#down) throw this.#down;
    const now = this.#clock.now();
    if (this.#blocked && now < this.#blocked.until) throw this.#blocked.error;
    if (countsAsPull && now < this.#emptyUntil) {
      throw new RegistryError({
        kind: 'rate-limited',
        host: this.#host,
        reason: `the registry's limit of pulls is used up for up to ${durationText(this.#emptyUntil - now)}`,
        advice: 'log in for a higher limit, or try again later',
      });
    }
  }

  /** Waits for as long as the host asked for. */
  async settle(): Promise<void> {
    for (let now = this.#clock.now(); now < this.#waitUntil; now = this.#clock.now()) {
      await this.#clock.sleep(this.#waitUntil - now);
    }
  }

  waitFor(milliseconds: number): void {
    this.#waitUntil = Math.max(this.#waitUntil, this.#clock.now() + milliseconds);
  }

  /** Fails what comes after, for some time, with the error that the host gave now. */
  block(milliseconds: number, error: RegistryError): void {
    this.#blocked = { until: this.#clock.now() + milliseconds, error };
  }

  /** Notes an answer, whatever it was, and its `ratelimit-remaining` header (`0;w=21600`: none left in 6 hours). */
  answered(rateLimitRemaining: string | undefined): void {
    this.#answered = true;
    this.#failures = 0;
    const match = /^\s*(\d+)\s*(?:;\s*w=(\d+))?/.exec(rateLimitRemaining ?? '');
    if (!match) return;
    this.#emptyUntil = match[1] === '0' ? this.#clock.now() + Number(match[2] ?? 60) * 1000 : 0;
  }

  /** Notes that a request had no answer after all tries; a host that never gave one is given up at once. */
  failed(error: RegistryError): void {
    if (++this.#failures >= (this.#answered ? 3 : 1)) this.#down = error;
  }
}
