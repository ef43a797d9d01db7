import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { compiled } from '../support/compiled.ts';
import { hasParts, partsMissing, temporaryFolder } from '../support/parts.ts';
import { PseudoTerminal } from '../support/pty.ts';

let folder: ReturnType<typeof temporaryFolder>;
let terminal: PseudoTerminal | undefined;
beforeEach(() => {
  folder = temporaryFolder();
});
afterEach(() => {
  terminal?.end();
  terminal = undefined;
  folder.remove();
});

const source = `FROM debian:12
RUN apt-get update
RUN apt-get install -y curl
WORKDIR srv
ADD start.sh /srv/
CMD exec /srv/start.sh
`;
const configuration = `transforms:
${['combine-update-and-install', 'remove-package-lists', 'use-absolute-workdir'].map((id) => `  ${id}: true\n`).join('')}`;

/** Starts a session in a folder with one Dockerfile; only some transforms run, so that others do not change the frames. */
function start(rows: number): PseudoTerminal {
  writeFileSync(join(folder.path, 'Dockerfile'), source);
  writeFileSync(join(folder.path, '.dockmend.yaml'), `preset: style\n${configuration}`);
  const command = compiled('test/support/command.ts');
  const line = `cd '${folder.path}' && NO_COLOR=1 '${process.execPath}' '${command}' -i --offline`;
  terminal = new PseudoTerminal(line, { columns: 96, rows });
  return terminal;
}

const written = (): string => readFileSync(join(folder.path, 'Dockerfile'), 'utf8');

describe.skipIf(!hasParts('tmux'))(`at a real terminal${partsMissing('tmux')}`, () => {
  test('a session, frame by frame', async () => {
    const session = start(70);
    let prompts = 1;
    let screen = await session.until(/q\]$/);
    const frames = [screen];
    /** Presses a key and keeps what it adds to the screen. */
    const press = async (key: string, end: RegExp): Promise<void> => {
      session.press(key);
      const after = await session.until(end);
      expect(after.startsWith(screen)).toBe(true);
      frames.push(after.slice(screen.length));
      screen = after;
    };
    const next = (): RegExp => new RegExp(`(?:Apply this fix[\\s\\S]*){${++prompts}}q\\]$`);
    await press('y', next());
    await press('y', next());
    await press('n', /EXIT 0$/);
    await expect(`${frames.join('')}\n`).toMatchFileSnapshot('interactive-session.txt');
    expect(written()).toBe(
      source.replace('\nRUN apt-get install -y curl', ' && apt-get install -y curl && rm -rf /var/lib/apt/lists/*'),
    );
  });

  test('Ctrl-C writes nothing, and the terminal is as it was', async () => {
    const session = start(30);
    await session.until(/q\]$/);
    session.press('y');
    await session.until(/2:\d+ +Remove the package lists[\s\S]*q\]$|3:\d+ +Remove the package lists[\s\S]*q\]$/);
    session.press('C-c');
    await session.until(/Left, and nothing was written\n+EXIT 130$/);
    expect(written()).toBe(source);
    // In raw mode Enter would not end the line that the shell reads.
    session.press('x', 'Enter');
  });

  test('a terminal that goes away leaves the file alone', async () => {
    const session = start(30);
    await session.until(/q\]$/);
    session.press('y');
    await session.until(/Remove the package lists/);
    session.end();
    expect(written()).toBe(source);
  });
});
