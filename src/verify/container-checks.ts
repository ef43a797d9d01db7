import { setTimeout as sleep } from 'node:timers/promises';
import type { Image } from './image.ts';
import type { Runner } from './runner.ts';

/** What is tried on a container besides a probe. */
export interface Checks {
  /** How long it may take to answer, in milliseconds, where that is not what the settings say. */
  readonly wait?: number;
  /** The command of the image's own health check, and how long it may take to succeed, in milliseconds. */
  readonly health?: { readonly words: readonly string[]; readonly wait: number };
  /** Ports that something is waited for to listen on. */
  readonly ports?: readonly number[];
  /** The signal that tells it to end, and how long it may take, in milliseconds. */
  readonly stop?: { readonly signal: string; readonly wait: number };
  /** How long it is watched at least, in milliseconds: another one that was watched longer may have printed more. */
  readonly watch?: number;
}

/** What came of them; what was not tried, or cannot be seen here, is absent. */
export interface Checked {
  readonly healthy?: boolean;
  /** Where something listens for connections, in order; ports that systems hand out at random are left out. */
  readonly ports?: readonly number[];
  /** What it ended with when it was told to; `running` where it did not end in time. */
  readonly stopped?: number | 'running';
}

const interval = 200;
/** How long a health check may take each time, in milliseconds. */
const healthTimeout = 10_000;
/** How long an unchanged image may take to be healthy, or to end when it is told to, for that to be asked of a result. */
export const patience = 3000;
/** What engines give a container to end (docker-stop(1)), in milliseconds. */
export const grace = 10_000;

/** The words that the health check of an image runs, as Docker's engine does (moby, `daemon/health.go`); undefined without one. */
export function healthWords({ config }: Image): readonly string[] | undefined {
  const { Test } = (config.Healthcheck ?? {}) as { readonly Test?: readonly string[] };
  const [kind, ...words] = Test ?? [];
  if (kind === 'CMD' && words.length > 0) return words;
  if (kind !== 'CMD-SHELL' || words.length === 0) return undefined;
  const shell = config.Shell.length > 0 ? config.Shell : ['/bin/sh', '-c'];
  return [...shell, words.join(' ')];
}

/** Tries a container that runs; it may have ended afterwards. */
export async function check(
  runner: Runner,
  name: string,
  { health, ports = [] }: Checks,
  until: number,
): Promise<Checked> {
  let open = await runner.ports(name);
  while (open && !ports.every((port) => open!.includes(port)) && performance.now() < until) {
    await sleep(interval);
    open = await runner.ports(name);
  }
  const healthy = health && (await isHealthy(runner, name, health.words, health.wait));
  return { ...(open && { ports: open }), ...(healthy !== undefined && { healthy }) };
}

async function isHealthy(runner: Runner, name: string, words: readonly string[], wait: number): Promise<boolean> {
  const until = performance.now() + wait;
  for (;;) {
    const { code } = await runner.exec(name, words, healthTimeout);
    if (code === 0) return true;
    if (performance.now() > until || !(await runner.state(name)).running) return false;
    await sleep(interval);
  }
}

/** Tells a container to end, and waits for it. */
export async function stop(
  runner: Runner,
  name: string,
  { signal, wait }: NonNullable<Checks['stop']>,
): Promise<Checked> {
  const until = performance.now() + wait;
  await runner.kill(name, signal);
  for (;;) {
    const { running, exitCode } = await runner.state(name);
    if (!running) return { stopped: exitCode };
    if (performance.now() > until) return { stopped: 'running' };
    await sleep(interval);
  }
}
