import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { compiled } from '../support/compiled.ts';
import { isolateStorage, layOutRoot } from '../support/engines.ts';
import { describeInFullSuite, temporaryFolder } from '../support/parts.ts';
import { PseudoTerminal } from '../support/pty.ts';

const parts = ['tmux', 'buildah', 'busybox'] as const;

const source = `FROM scratch
COPY rootfs/ /
RUN apt-get update
RUN apt-get install -y netcat
WORKDIR srv
CMD ["cat", "/etc/passwd"]
`;
const ids = ['combine-update-and-install', 'remove-package-lists', 'use-absolute-workdir'];
const configuration = `preset: style\ntransforms:\n${ids.map((id) => `  ${id}: true\n`).join('')}`;

describeInFullSuite('proof as one goes, at a real terminal', parts, () => {
  let folder: ReturnType<typeof temporaryFolder>;
  let work: string;
  let terminal: PseudoTerminal;
  const saved = { ...process.env };
  beforeEach(() => {
    folder = temporaryFolder();
    work = join(folder.path, 'work');
    mkdirSync(work);
    mkdirSync(join(folder.path, 'tmp'));
    layOutRoot(join(work, 'rootfs'));
    isolateStorage(join(folder.path, 'storage'));
  });
  afterEach(() => {
    terminal.end();
    process.env = { ...saved };
    folder.remove();
  });

  const start = (text: string): PseudoTerminal => {
    writeFileSync(join(work, 'Dockerfile'), text);
    writeFileSync(join(work, '.dockmend.yaml'), configuration);
    const command = compiled('test/support/faulty-command.ts');
    const flags = '-i --verify --builder buildah --build-network host --offline';
    const line = `cd '${work}' && NO_COLOR=1 TMPDIR='${folder.path}/tmp' '${process.execPath}' '${command}' 'a folder beside the lists goes' ${flags}`;
    terminal = new PseudoTerminal(line, { columns: 100, rows: 120 });
    return terminal;
  };
  const written = (): string => readFileSync(join(work, 'Dockerfile'), 'utf8');
  const nothingIsLeft = async () => {
    const left = () => readdirSync(join(folder.path, 'tmp')).filter((name) => !/^(?:tsx-|node-compile)/.test(name));
    for (let tries = 0; tries < 100 && left().length > 0; tries++) await sleep(100);
    expect(left()).toEqual([]);
    expect(readFileSync('/proc/mounts', 'utf8')).not.toContain(folder.path);
  };

  test('a session, frame by frame: a fix that is wrong is caught', async () => {
    const session = start(source);
    let screen = await session.until(/builds as it is[\s\S]*q\]$/);
    const frames = [screen];
    /** Presses a key, waits for what builds have to say, and keeps what that adds to the screen. */
    const press = async (key: string, end: RegExp): Promise<void> => {
      session.press(key);
      const after = await session.until(end);
      expect(after.startsWith(screen)).toBe(true);
      frames.push(after.slice(screen.length));
      screen = after;
    };
    await press('y', /proven: Combine[\s\S]*q\]$/);
    await press('y', /not applied: Remove the package lists[\s\S]*Apply this fix without proof\?.*q\]$/);
    await press('n', /Apply this fix without proof[\s\S]*Write `WORKDIR`[\s\S]*q\]$/);
    await press('b', /✔ build: [\s\S]*q\]$/);
    await press('y', /EXIT 0$/);
    const stable = frames
      .join('')
      .replace(/\d+\.\d+ s\b/g, '2.5 s')
      .replace(/\b(?!0\.0)\d+\.\d+ MiB/g, '1.9 MiB')
      .replace(/buildah version [^\n]*\)/g, 'buildah version 1.28.2')
      .replace(/buildah version \S+/g, 'buildah version 1.28.2');
    await expect(`${stable}\n`).toMatchFileSnapshot('interactive-proof-session.txt');
    const text = source.replace('\nRUN apt-get install', ' && apt-get install').replace('WORKDIR srv', 'WORKDIR /srv');
    expect(written()).toBe(text);
    await nothingIsLeft();
  });

  test.each(['Ctrl-C', 'a terminal that goes away'])(
    '%s in a build writes nothing, and leaves nothing behind',
    async (how) => {
      const text = source.replace('WORKDIR', 'RUN sleep 60\nWORKDIR');
      const session = start(text);
      await session.until(/building it as it is[\s\S]*q\]$/);
      session.press('y');
      await session.until(/Remove the package lists[\s\S]*q\]$/);
      await sleep(2000);
      if (how === 'Ctrl-C') {
        session.press('C-c');
        await session.until(/Left, and nothing was written\n+EXIT 130$/);
      } else session.end();
      await nothingIsLeft();
      expect(written()).toBe(text);
    },
  );

  test('a terminal that goes away when all is proven writes nothing either', async () => {
    const session = start(source);
    await session.until(/builds as it is[\s\S]*q\]$/);
    session.press('y');
    await session.until(/proven: Combine[\s\S]*q\]$/);
    session.end();
    await nothingIsLeft();
    expect(written()).toBe(source);
  });
});
