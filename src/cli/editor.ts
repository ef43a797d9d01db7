import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';

/** The text that a person makes of another in their editor, or what went wrong. */
export type Edited = { readonly text: string } | { readonly failed: string };

/** Opens a text, under the name of its file, in the editor that VISUAL or EDITOR names, else in `vi`. */
export async function editText(
  path: string,
  text: string,
  environment: Readonly<Record<string, string | undefined>>,
): Promise<Edited> {
  const editor = environment.VISUAL || environment.EDITOR || 'vi';
  const folder = mkdtempSync(join(tmpdir(), 'dockmend-'));
  const file = join(folder, basename(path));
  try {
    writeFileSync(file, text, { mode: 0o600 });
    // The variable is a command line for a shell, as git and others take it.
    const child = spawn('sh', ['-c', `${editor} "$1"`, editor, file], { stdio: 'inherit' });
    // Builds go on meanwhile, and have to be listened to.
    const ended = await new Promise<number | null | Error>((resolve) => {
      child.once('error', resolve);
      child.once('close', resolve);
    });
    if (ended instanceof Error) {
      return { failed: `the editor cannot be started (${(ended as NodeJS.ErrnoException).code})` };
    }
    if (ended !== 0) return { failed: `the editor ended with ${ended ?? 'a signal'}` };
    return { text: readFileSync(file, 'utf8') };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
