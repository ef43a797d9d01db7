import { main } from '../../bin/main.ts';
import { transforms } from '../../transforms/index.ts';
import { faults, withFault } from './proof-faults.ts';

/** The command with one planted fault, which its first word names, as a process of its own. */
const [name, ...argv] = process.argv.slice(2);
const fault = faults.find((each) => each.name === name);
if (!fault) throw new Error(`there is no fault ${name}`);
process.exitCode = await main(argv, withFault(transforms, fault));
