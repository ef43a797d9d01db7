import { benchColdStart } from '../test/support/bench/cold-start.ts';
import { benchContext } from '../test/support/bench/context.ts';
import { benchFixes } from '../test/support/bench/fixes.ts';
import { benchMigration } from '../test/support/bench/migration.ts';
import { benchProofs } from '../test/support/bench/proofs.ts';
import { benchPulls } from '../test/support/bench/pulls.ts';
import { benchRegistry } from '../test/support/bench/registry.ts';
import { benchSessionProofs } from '../test/support/bench/session-proofs.ts';

/** `npm run bench [-- <name>...]`: one JSON line for each bench. Without a name: the default ones, in one line. */

const benches: Readonly<Record<string, () => object | Promise<object>>> = {
  fixes: benchFixes,
  'cold-start': benchColdStart,
  registry: benchRegistry,
  context: benchContext,
  migration: benchMigration,
  pulls: benchPulls,
  proofs: benchProofs,
  'session-proofs': benchSessionProofs,
};
const byDefault = ['fixes', 'cold-start'];

const names = process.argv.slice(2);
const unknown = names.filter((name) => !Object.hasOwn(benches, name));
if (unknown.length > 0) {
  console.error(`no bench of this name: ${unknown.join(', ')}; there are ${Object.keys(benches).join(', ')}`);
  process.exitCode = 2;
} else {
  const lines: Record<string, object> = {};
  for (const name of names.length > 0 ? names : byDefault) lines[name] = await benches[name]!();
  if (names.length === 0) console.log(JSON.stringify(lines));
  else for (const [name, line] of Object.entries(lines)) console.log(JSON.stringify({ bench: name, ...line }));
}
