import { type ChildProcess, spawn } from 'node:child_process';
import { rmSync, writeFileSync } from 'node:fs';
import type { Readable, Writable } from 'node:stream';
import { keptFolder } from './temporary.ts';

/** One page in a real Chromium without a window, driven over a pipe by the DevTools protocol. */
export class Browser {
  readonly #process: ChildProcess;
  readonly #folder: string;
  readonly #answers = new Map<number, { resolve(value: never): void; reject(error: Error): void }>();
  readonly #listeners = new Map<string, () => void>();
  #session: string | undefined;
  #count = 0;
  #rest = '';
  /** The URLs that the page asked for, and what its console said. */
  readonly requests: string[] = [];
  readonly console: string[] = [];

  private constructor() {
    this.#folder = keptFolder('chromium-');
    const options = ['--headless=new', '--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage', '--no-first-run'];
    this.#process = spawn('chromium', [...options, `--user-data-dir=${this.#folder}`, '--remote-debugging-pipe'], {
      detached: true,
      stdio: ['ignore', 'ignore', 'ignore', 'pipe', 'pipe'],
      // Where it puts the lock of its profile, which it does not remove.
      env: { ...process.env, TMPDIR: this.#folder },
    });
    (this.#process.stdio[4] as Readable).setEncoding('utf8').on('data', (chunk: string) => this.#read(chunk));
    this.#process.once('exit', () => {
      for (const { reject } of this.#answers.values()) reject(new Error('chromium has ended'));
    });
  }

  static async start(): Promise<Browser> {
    const browser = new Browser();
    const { targetId } = await browser.send<{ targetId: string }>('Target.createTarget', { url: 'about:blank' });
    const attached = await browser.send<{ sessionId: string }>('Target.attachToTarget', { targetId, flatten: true });
    browser.#session = attached.sessionId;
    for (const domain of ['Page', 'Network', 'Log', 'Runtime']) await browser.send(`${domain}.enable`);
    return browser;
  }

  /** Opens a file and waits until it has loaded. */
  async open(path: string): Promise<void> {
    const loaded = new Promise<void>((resolve) => this.#listeners.set('Page.loadEventFired', resolve));
    await this.send('Page.navigate', { url: `file://${path}` });
    await loaded;
  }

  /** The value of an expression in the page. */
  async evaluate<T>(expression: string): Promise<T> {
    const options = { expression, returnByValue: true, awaitPromise: true };
    const answer = await this.send<{ result: { value: T }; exceptionDetails?: object }>('Runtime.evaluate', options);
    if (answer.exceptionDetails) throw new Error(`${expression}: ${JSON.stringify(answer.exceptionDetails)}`);
    return answer.result.value;
  }

  /** Presses a key: a character, or a key by its name. */
  async press(key: string): Promise<void> {
    const codes: Readonly<Record<string, number>> = { Enter: 13, Escape: 27, Tab: 9 };
    const text = key === 'Enter' ? '\r' : key.length === 1 ? key : undefined;
    const event = { key, windowsVirtualKeyCode: codes[key] ?? key.toUpperCase().charCodeAt(0), ...(text && { text }) };
    await this.send('Input.dispatchKeyEvent', { type: 'keyDown', ...event });
    await this.send('Input.dispatchKeyEvent', { type: 'keyUp', ...event });
  }

  /** How the page is shown: the colours that the user prefers, and the size of the window. */
  async show(scheme: 'light' | 'dark', width: number, height: number): Promise<void> {
    await this.send('Emulation.setEmulatedMedia', { features: [{ name: 'prefers-color-scheme', value: scheme }] });
    await this.send('Emulation.setDeviceMetricsOverride', { width, height, deviceScaleFactor: 1, mobile: false });
  }

  async screenshot(path: string): Promise<void> {
    const { data } = await this.send<{ data: string }>('Page.captureScreenshot', { format: 'png' });
    writeFileSync(path, Buffer.from(data, 'base64'));
  }

  async end(): Promise<void> {
    const ended = new Promise((resolve) => this.#process.once('exit', resolve));
    // With the processes that it has started, which write into its folder; without the pipe they end by themselves.
    process.kill(-this.#process.pid!, 'SIGKILL');
    await ended;
    // One that was about to end may have written meanwhile, which retries of rmSync do not look for.
    for (let tries = 1; ; tries++) {
      try {
        return rmSync(this.#folder, { recursive: true, force: true });
      } catch (error) {
        if (tries === 50) throw error;
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
    }
  }

  send<T = object>(method: string, params: object = {}): Promise<T> {
    const id = ++this.#count;
    const message = { id, method, params, ...(this.#session !== undefined && { sessionId: this.#session }) };
    (this.#process.stdio[3] as Writable).write(`${JSON.stringify(message)}\0`);
    return new Promise<T>((resolve, reject) => this.#answers.set(id, { resolve, reject }));
  }

  #read(chunk: string): void {
    const messages = (this.#rest + chunk).split('\0');
    this.#rest = messages.pop()!;
    for (const message of messages) this.#take(JSON.parse(message));
  }

  #take(message: {
    id?: number;
    result?: never;
    error?: { message: string };
    method?: string;
    params?: { request?: { url: string }; entry?: { text: string }; exceptionDetails?: { text: string } };
  }): void {
    if (message.id !== undefined) {
      const answer = this.#answers.get(message.id);
      this.#answers.delete(message.id);
      if (message.error) answer?.reject(new Error(message.error.message));
      else answer?.resolve(message.result!);
    }
    const { method = '', params = {} } = message;
    if (method === 'Network.requestWillBeSent') this.requests.push(params.request!.url);
    if (method === 'Log.entryAdded') this.console.push(params.entry!.text);
    if (method === 'Runtime.exceptionThrown') this.console.push(params.exceptionDetails!.text);
    this.#listeners.get(method)?.();
  }
}
