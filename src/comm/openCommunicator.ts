import { UserError } from '../errors.js';
import { ALONE, type Communicator } from './communicator.js';
import { launchOf, type Environment, type Launch } from './launcher.js';
import { MpiCommunicator } from './mpiCommunicator.js';
import type { MpiLibrary } from './mpiLibrary.js';

export interface CommunicatorOptions {
  /** When aborted on any rank, the next call of all of them throws Interrupted. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Joins the other processes of this job, if a launcher such as mpirun or srun started several; else this process is
 * alone. Throws a UserError when there is no MPI library, or when it does not find the other processes.
 */
export async function openCommunicator(
  environment: Environment,
  { signal }: CommunicatorOptions = {},
): Promise<Communicator> {
  const launch = launchOf(environment);
  if (launch === undefined) return ALONE;
  const { launcher, size: started } = launch;
  const mpi = await libraryOf(launch);
  // For the moments in which MPI itself waits for another rank: it then lets other processes run.
  process.env['OMPI_MCA_mpi_yield_when_idle'] ??= '1';
  const { rank, size, threads } = mpi.initialize();
  if (started !== undefined && size !== started) {
    throw new UserError(
      `${launcher} started ${started} processes, but their MPI library sees ${size}; ` +
        (launcher === 'srun'
          ? "add --mpi=pmix or --mpi=pmi2, whichever the library was built for (srun --mpi=list names Slurm's)"
          : 'use the mpirun of the same MPI, or name its library in GLIT_MPI'),
    );
  }
  if (size === 1) {
    // A process that joined and does not leave counts as failed.
    mpi.finalize();
    return ALONE;
  }
  if (!threads) {
    throw new UserError('the MPI library does not allow calls from several threads; use one built with thread support');
  }
  return new MpiCommunicator(mpi, rank, size, signal);
}

async function libraryOf({ launcher, size, libraries }: Launch): Promise<MpiLibrary> {
  try {
    const { loadMpi } = await import('./mpiLibrary.js');
    return loadMpi(libraries);
  } catch (error) {
    const reason = error instanceof Error ? error.message.replaceAll(/\s+/g, ' ') : String(error);
    throw new UserError(
      `${launcher} started ${size ?? 'several'} processes, but there is no MPI library (${reason}); install it ` +
        '(Debian: libopenmpi3 or libmpich12), or name its file in GLIT_MPI',
    );
  }
}
