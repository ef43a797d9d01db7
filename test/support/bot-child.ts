import { pr } from '../../bin/pr.ts';

/**
 * `dockmend pr` in a process of its own, for a test that ends it: at the step that DOCKMEND_DIE_AT names, the process is
 * killed as by a machine that goes away.
 */
process.exitCode = await pr(process.argv.slice(2), () => '0.0.0-test', {
  onStep: (_repository, step, group = '') => {
    if (`${step} ${group}`.trim() === process.env.DOCKMEND_DIE_AT) process.kill(process.pid, 'SIGKILL');
  },
});
if (process.env.DOCKMEND_SHOW_MEMORY) console.error(`memory: ${process.resourceUsage().maxRSS}`);
