import { main } from '../../bin/main.ts';

/** The command from its sources, as a process of its own. */
process.exitCode = await main(process.argv.slice(2));
