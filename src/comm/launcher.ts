import { existsSync, realpathSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';

/** The environment of a process. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** What started this process as one of several. */
export interface Launch {
  /** The launcher, as messages name it. */
  readonly launcher: string;
  /** The number of processes that it started; undefined if it does not say. */
  readonly size: number | undefined;
  /** Whether this is the first process on its machine, as far as the launcher says. */
  readonly firstOnMachine: boolean;
  /** Files to try for its MPI library, the most likely first: names for the system's search, and paths. */
  readonly libraries: readonly string[];
}

const OPEN_MPI = ['libmpi.so.40', 'libmpi.40.dylib'];
/** Debian's name, and the common one of MPICH, Intel MPI and MVAPICH. */
const MPICH = ['libmpich.so.12', 'libmpi.so.12', 'libmpi.12.dylib'];
const ANY = ['libmpi.so', 'libmpi.dylib'];

/** By which variable a launcher is recognised; the first one that is set counts. */
const LAUNCHERS: readonly {
  readonly variable: string;
  readonly launcher: string;
  readonly saysSize: boolean;
  readonly libraries: readonly string[];
}[] = [
  { variable: 'OMPI_COMM_WORLD_SIZE', launcher: "Open MPI's mpirun", saysSize: true, libraries: OPEN_MPI },
  { variable: 'PMI_SIZE', launcher: "MPICH's mpirun", saysSize: true, libraries: [...MPICH, ...OPEN_MPI] },
  { variable: 'SLURM_STEP_NUM_TASKS', launcher: 'srun', saysSize: true, libraries: [...OPEN_MPI, ...MPICH] },
  { variable: 'PMIX_RANK', launcher: 'a PMIx launcher', saysSize: false, libraries: [...OPEN_MPI, ...MPICH] },
];

/** Where launchers say a process's number on its machine. */
const LOCAL_RANKS = ['OMPI_COMM_WORLD_LOCAL_RANK', 'MPI_LOCALRANKID', 'SLURM_LOCALID'];

/** How this process was started; undefined for a process of its own. `GLIT_MPI` names the library to use. */
export function launchOf(environment: Environment): Launch | undefined {
  const found = LAUNCHERS.find(({ variable }) => environment[variable] !== undefined);
  if (found === undefined) return undefined;
  const size = found.saysSize ? Number(environment[found.variable]) : undefined;
  if (size === 1) return undefined;
  const localRank = LOCAL_RANKS.map((variable) => environment[variable]).find((each) => each !== undefined);
  const named = environment['GLIT_MPI'];
  const names = [...found.libraries, ...ANY];
  const libraries = named !== undefined ? [named] : [...names, ...besideLauncher(names, environment)];
  return { launcher: found.launcher, size, firstOnMachine: Number(localRank ?? 0) === 0, libraries };
}

/** The files in the folders for libraries that belong to the `mpirun` on the path, as of an installation of one's own. */
function besideLauncher(names: readonly string[], { PATH = '' }: Environment): readonly string[] {
  const launcher = PATH.split(delimiter)
    .map((folder) => join(folder, 'mpirun'))
    .find((file) => existsSync(file));
  if (launcher === undefined) return [];
  const prefixes = [launcher, realpathSync(launcher)].map((file) => dirname(dirname(file)));
  return [...new Set(prefixes)]
    .flatMap((prefix) => ['lib', 'lib64'].flatMap((folder) => names.map((name) => join(prefix, folder, name))))
    .filter((file) => existsSync(file));
}
