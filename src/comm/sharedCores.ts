import { readFileSync } from 'node:fs';
import { availableParallelism, hostname } from 'node:os';
import type { Communicator } from './communicator.js';
import { gathered } from './exchange.js';

/**
 * The threads that this rank can keep busy: an equal share of the cores that it may run on, which it has in common with
 * the ranks that the launcher put on the same ones.
 */
export async function threadShare(ranks: Communicator): Promise<number> {
  if (ranks.size === 1) return availableParallelism();
  const own = `${hostname()} ${allowedCores()}`;
  const sharers = (await gathered(ranks, own)).filter((each) => each === own).length;
  return Math.max(1, Math.floor(availableParallelism() / sharers));
}

/** The cores that this process may run on, as Linux writes them; empty elsewhere. */
function allowedCores(): string {
  try {
    return /^Cpus_allowed_list:\s*(.*)$/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1] ?? '';
  } catch {
    return '';
  }
}
