/** Run by two ranks: rank 1 alone gets a signal while rank 0 waits for it, and rank 0 takes longer than usual to save. */
import { Command } from 'commander';
import { setTimeout } from 'node:timers/promises';
import { withRanks } from '../../../src/cli/ranks.js';
import { Interrupted, stopIfAborted } from '../../../src/errors.js';

await withRanks(new Command('slow'), async ({ ranks, signal }) => {
  await ranks.barrier();
  if (ranks.rank === 1) {
    process.kill(process.pid, 'SIGINT');
    await setTimeout(100);
    stopIfAborted(signal);
  }
  try {
    await ranks.barrier();
  } catch (error) {
    if (error instanceof Interrupted) await setTimeout(8000);
    console.log('rank 0 has saved');
    throw error;
  }
});
