import { afterAll } from 'vitest';

/** Files of tests share a process: what one changes of the environment is put back, in the object that the process reads. */
const environment = process.env;
const before = { ...environment };
const folder = process.cwd();

afterAll(() => {
  process.env = environment;
  for (const name of Object.keys(environment)) if (!(name in before)) delete environment[name];
  for (const [name, value] of Object.entries(before)) if (environment[name] !== value) environment[name] = value;
  if (process.cwd() !== folder) process.chdir(folder);
});
