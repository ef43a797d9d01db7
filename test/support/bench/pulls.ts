import { spawn } from 'node:child_process';
import { FakeForge } from '../forge-fake.ts';
import { rounded } from './measure.ts';

const repositories = 500;
const shards = 4;

/** 500 repositories of a forge on this machine: pull requests for all of them, by one run, and by four shards. */
export async function benchPulls(): Promise<object> {
  return { repositories, oneRun: await run(1), shards: await run(shards) };
}

async function run(parts: number): Promise<object> {
  const forge = await FakeForge.start('gitea');
  try {
    for (let index = 0; index < repositories; index++) {
      const lines = ['FROM debian:12', `WORKDIR app${index % 7}`, 'ADD app.txt /app/', 'RUN apt-get update'];
      const last = 'RUN apt-get install -y curl\n';
      forge.repository(`acme/app-${index}`, { Dockerfile: [...lines, last].join('\n'), 'app.txt': '' });
    }
    const seconds: number[] = [];
    const mebibytes: number[] = [];
    const again: number[] = [];
    for (let part = 1; part <= parts; part++) {
      const first = await bot(forge, `${part}/${parts}`);
      seconds.push(first.seconds);
      mebibytes.push(first.mebibytes);
    }
    const pulls = [...forge.repositories.values()].map((each) => each.pulls.length);
    const trees = [...forge.repositories.values()].map((each) => each.file('dockmend/fixes', 'Dockerfile'));
    const writes = forge.writes.length;
    for (let part = 1; part <= parts; part++) again.push((await bot(forge, `${part}/${parts}`)).seconds);
    return {
      opened: pulls.filter((number) => number === 1).length,
      fixed: trees.filter((text) => /WORKDIR \/app\d\nCOPY app.txt \/app\/\nRUN apt-get update && /.test(text)).length,
      seconds: seconds.map(rounded),
      mebibytes: mebibytes.map(rounded),
      secondRunSeconds: again.map(rounded),
      secondRunWrites: forge.writes.length - writes,
    };
  } finally {
    await forge.stop();
  }
}

/** One run in a process of its own, with the most memory that it held. */
function bot(forge: FakeForge, shard: string): Promise<{ seconds: number; mebibytes: number }> {
  const words = ['--url', forge.url, '--forge', forge.kind, '--offline', '--org', 'acme', '--shard', shard];
  const started = performance.now();
  const child = spawn(process.execPath, ['--import', 'tsx', 'test/support/bot-child.ts', ...words], {
    env: { ...process.env, DOCKMEND_TOKEN: forge.token, DOCKMEND_SHOW_MEMORY: '1' },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let told = '';
  child.stderr.on('data', (piece: Buffer) => {
    told += piece.toString();
  });
  return new Promise((resolve, reject) => {
    child.on('close', (code) => {
      const mebibytes = Number(/memory: (\d+)/.exec(told)?.[1]) / 1024;
      if (code === 0) resolve({ seconds: (performance.now() - started) / 1000, mebibytes });
      else reject(new Error(`the bot ended with ${code}: ${told.slice(-2000)}`));
    });
  });
}
