import type { Command } from 'commander';
import { setTimeout } from 'node:timers/promises';
import type { Communicator } from '../comm/communicator.js';
import { launchOf } from '../comm/launcher.js';
import { openCommunicator } from '../comm/openCommunicator.js';
import { Interrupted } from '../errors.js';
import type { Display } from './display.js';
import { withEnvironment, type Environment } from './environment.js';
import { ReportedElsewhere, endingOf, report } from './failure.js';

/** What a command works with that several processes can do together. */
export interface RankEnvironment extends Environment {
  readonly ranks: Communicator;
}

/** Seconds that the other ranks leave rank 0 to report an error that all have. */
const FIRST_WORD = 2;
/** Seconds that they leave it, at most, to save what an interrupted run needs. It ends them as soon as it has. */
const TIME_TO_SAVE = 600;

const SILENT: Display = { listen: () => undefined, show: () => undefined, close: () => undefined };

/**
 * Runs a command's work as {@link withEnvironment} does or, under mpirun or srun, as one of several ranks. Rank 0 alone
 * writes to the terminal. A rank that fails reports it in one line and ends all ranks, since they may wait for it.
 */
export function withRanks(command: Command, work: (environment: RankEnvironment) => Promise<void>): Promise<void> {
  const together = async (environment: Environment): Promise<void> => {
    const { display, signal } = environment;
    const ranks = await joined(signal);
    const own = ranks.rank === 0 ? display : SILENT;
    try {
      await work({ ...environment, display: own, ranks });
      await ranks.close();
    } catch (error) {
      if (ranks.size > 1) {
        display.close();
        await endAll(ranks, error, command.opts<{ debug?: boolean; json?: boolean }>());
      }
      throw error;
    }
  };
  return withEnvironment(command, together, { together: true });
}

/** Joins the other ranks. What is wrong with a machine's MPI, its first process reports for all. */
async function joined(signal: AbortSignal): Promise<Communicator> {
  try {
    return await openCommunicator(process.env, { signal });
  } catch (error) {
    if (launchOf(process.env)?.firstOnMachine === false) throw new ReportedElsewhere(error);
    throw error;
  }
}

async function endAll(
  ranks: Communicator,
  error: unknown,
  { debug = false, json = false }: { readonly debug?: boolean; readonly json?: boolean },
): Promise<void> {
  const { rank, size } = ranks;
  if (rank !== 0 && error instanceof Interrupted) {
    // Tells those that have not been asked to stop, if this rank has.
    ranks.barrier().catch(() => undefined);
    await setTimeout(1000 * TIME_TO_SAVE);
  } else if (rank !== 0) {
    await setTimeout(1000 * FIRST_WORD);
  }
  const { code, line } = endingOf(error, debug);
  const speaker = rank === 0 ? '' : `rank ${rank} of ${size}: `;
  if (line !== undefined && (rank === 0 || !(error instanceof Interrupted))) {
    report({ code, line: `${speaker}${line}` }, json);
  }
  ranks.abort(code);
}
