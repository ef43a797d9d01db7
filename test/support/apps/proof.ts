import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { compiled } from '../compiled.ts';
import { type Engine, run } from '../engine/engine.ts';
import type { StandIns } from '../engine/stand-ins.ts';
import { type App, withCopy } from './cases.ts';
import { observe } from './judge.ts';
import { kinds } from './kinds.ts';

/** What the command made of an application with every transform and `--unsafe`. */
export interface Treatment {
  /** `same`: it builds and answers as before; `untouched`: nothing was changed. */
  readonly verdict: 'same' | 'untouched' | 'broken';
  readonly detail: string;
  /** The transforms of the applied fixes, in order. */
  readonly applied: readonly string[];
  /** What the proof refused, and the lines that show why. */
  readonly refused: readonly Refused[];
  /** Wall time of the command alone. */
  readonly seconds: number;
  /** Bytes of the image; none where it does not build. */
  readonly size?: number;
  readonly builds?: number;
}

interface Refused {
  readonly transform: string;
  readonly why: string;
  readonly lines?: readonly string[];
}

/** An application without and with proof; `faulty`: it does not work as it is. */
export type Proven =
  | { readonly app: App; readonly faulty: string }
  | { readonly app: App; readonly size: number; readonly plain: Treatment; readonly proof: Treatment };

interface Parts {
  readonly engine: Engine;
  readonly standIns: StandIns;
}

/**
 * Puts one application through the command without and with `--verify=run`, and judges what it wrote by the application's
 * own requests: the proof knows the first of them alone.
 */
export async function proveApp(app: App, parts: Parts): Promise<Proven> {
  const tag = `dockmend.proof/${app.name}`;
  const before = await withCopy(app, async (folder, dockerfile) => {
    try {
      await parts.standIns.forDockerfile(readFileSync(dockerfile, 'utf8'));
      await parts.engine.build(folder, `${tag}:before`, buildFlags(app, dockerfile));
      const said = await watch(app, `${tag}:before`, parts.engine, []);
      return { said, size: await parts.engine.size(`${tag}:before`) };
    } catch (error) {
      return { faulty: (error as Error).message };
    }
  });
  if ('faulty' in before) return { app, faulty: before.faulty };
  const plain = await treat(app, parts, before.said, []);
  const [probe] = app.probes ?? [];
  const asks = probe ? ['--probe', `http://:${probe.port}${probe.path}`] : [];
  const target = app.buildFlags?.indexOf('--target') ?? -1;
  const proof = await treat(app, parts, before.said, [
    ...['--verify=run', '--builder', 'docker', '--build-network', 'host'],
    ...asks,
    ...(target < 0 ? [] : ['--target', app.buildFlags![target + 1]!]),
  ]);
  return { app, size: before.size, plain, proof };
}

async function treat(
  app: App,
  { engine, standIns }: Parts,
  said: string,
  flags: readonly string[],
): Promise<Treatment> {
  const tag = `dockmend.proof/${app.name}:after`;
  const settings = mkdtempSync(join(tmpdir(), 'dockmend-app-settings-'));
  try {
    const config = join(settings, 'config.json');
    const [judged] = kinds[app.kind]!.transforms;
    writeFileSync(config, JSON.stringify(app.options ? { transforms: { [judged]: app.options } } : {}));
    return await withCopy(app, async (folder, dockerfile) => {
      const begun = performance.now();
      const words = ['--write', '--format', 'json', '--config', config, ...flags, dockerfile];
      const { fixes, rejected, proof, problem } = await dockmend(engine, words);
      const seconds = (performance.now() - begun) / 1000;
      const applied = (fixes ?? []).map(({ transform }) => transform);
      const known = { applied, refused: rejected ?? [], seconds, ...(proof && { builds: proof.builds }) };
      if (problem) return { ...known, verdict: 'broken', detail: `the command fails: ${problem.message}` };
      if (applied.length === 0) return { ...known, verdict: 'untouched', detail: '' };
      try {
        // The bases that fixes choose are there before a proof asks for them, as published images are: it comes second.
        await standIns.forDockerfile(readFileSync(dockerfile, 'utf8'));
        await engine.build(folder, tag, buildFlags(app, dockerfile));
        const isRoot = /^(?:0|root)?(?::.*)?$/.test(await engine.user(tag));
        const is = await watch(app, tag, engine, isRoot ? [] : kinds[app.kind]!.flags);
        const size = await engine.size(tag);
        if (is === said) return { ...known, verdict: 'same', detail: '', size };
        return { ...known, verdict: 'broken', detail: `it answers\n${is}\nnot\n${said}`, size };
      } catch (error) {
        return { ...known, verdict: 'broken', detail: (error as Error).message };
      }
    });
  } catch (error) {
    return { verdict: 'broken', detail: (error as Error).message, applied: [], refused: [], seconds: 0 };
  } finally {
    rmSync(settings, { recursive: true, force: true });
  }
}

/** What an image says; nothing of one that the application says nothing of: it is refused for its kind, and is built alone. */
async function watch(app: App, image: string, engine: Engine, flags: readonly string[]): Promise<string> {
  if (app.probes === undefined && app.output === undefined) return '';
  return await observe(app, image, engine, flags);
}

function buildFlags(app: App, dockerfile: string): string[] {
  return ['-f', dockerfile, ...(app.buildFlags ?? [])];
}

/** One file of the command's JSON report. */
interface ReportedFile {
  readonly fixes?: readonly { readonly transform: string }[];
  readonly rejected?: readonly Refused[];
  readonly proof?: { readonly builds: number };
  readonly problem?: { readonly message: string };
}

/** Runs the command as a process of its own, without a network, and reads its report. */
async function dockmend(engine: Engine, args: readonly string[]): Promise<ReportedFile> {
  const environment = { PATH: process.env.PATH, TMPDIR: tmpdir(), HOME: '/nonexistent', DOCKER_HOST: engine.host };
  const words = [compiled('test/support/command.ts'), '--offline', '--unsafe', '--preset', 'all', ...args];
  const { stdout, stderr, code } = await run(process.execPath, words, { environment });
  try {
    const [file] = (JSON.parse(stdout) as { readonly files: readonly ReportedFile[] }).files;
    return file!;
  } catch {
    throw new Error(`the command ends with ${code}: ${stderr || stdout}`);
  }
}
