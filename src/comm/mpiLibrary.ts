import koffi, { type KoffiFunc } from 'koffi';

/** The few functions of MPI that glit calls, of an MPI library in this process. They throw on MPI's errors. */
export interface MpiLibrary {
  /** Joins the job. `threads` says whether calls may come from different threads, one at a time. */
  initialize(): { readonly rank: number; readonly size: number; readonly threads: boolean };
  /**
   * Starts to add up a number over all ranks, and returns a function that gives the sum once all have started; before that,
   * undefined. There can be one sum at a time.
   */
  startSum(value: number): () => number | undefined;
  allReduce(values: Float32Array): Promise<void>;
  broadcast(root: number, bytes: Uint8Array): Promise<void>;
  abort(code: number): void;
  finalize(): void;
}

/** MPI's number for "any thread, one at a time" (MPI_THREAD_SERIALIZED). */
const SERIALIZED = 2;

/** A call on a thread of koffi's runs on a stack of its own, of 128 KiB by default. */
const STACK_BYTES = 2 ** 20;

/** MPI counts elements as int. */
const MOST_BYTES = 2 ** 30;

type Handle = number | bigint;
type Call = (...values: unknown[]) => number;

/** What a library's mpi.h defines. Open MPI's handles are addresses of its variables, MPICH's are numbers. */
interface Header {
  readonly handle: 'intptr_t' | 'int';
  readonly world: Handle;
  readonly float: Handle;
  readonly byte: Handle;
  readonly sum: Handle;
  readonly inPlace: bigint;
  readonly ignoreStatus: bigint;
}

type Library = ReturnType<typeof koffi.load>;

function headerOf(library: Library): Header {
  try {
    return {
      handle: 'intptr_t',
      world: library.symbol('ompi_mpi_comm_world') as bigint,
      float: library.symbol('ompi_mpi_float') as bigint,
      byte: library.symbol('ompi_mpi_byte') as bigint,
      sum: library.symbol('ompi_mpi_op_sum') as bigint,
      inPlace: 1n,
      ignoreStatus: 0n,
    };
  } catch {
    // The numbers of the ABI that MPICH, Intel MPI and MVAPICH share.
    return {
      handle: 'int',
      world: 0x44000000,
      float: 0x4c00040a,
      byte: 0x4c00010d,
      sum: 0x58000003,
      inPlace: -1n,
      ignoreStatus: 1n,
    };
  }
}

/** Loads the first of these files that is there. Throws an Error with the system's reason for the first when none is. */
export function loadMpi(files: readonly string[]): MpiLibrary {
  koffi.config({ ...koffi.config(), async_stack_size: STACK_BYTES });
  let reason: string | undefined;
  for (const file of files) {
    let library: Library;
    try {
      // Open MPI loads parts of itself, which look for its symbols among the global ones.
      library = koffi.load(file, { global: true });
    } catch (error) {
      reason ??= `${file}: ${error instanceof Error ? error.message : String(error)}`;
      continue;
    }
    return bind(library);
  }
  throw new Error(reason);
}

function bind(library: Library): MpiLibrary {
  const { handle, world, float, byte, sum, inPlace, ignoreStatus } = headerOf(library);
  const declare = (name: string, ...parameters: readonly string[]) =>
    library.func(name, 'int', [...parameters]) as KoffiFunc<Call>;
  const initThread = declare('MPI_Init_thread', 'void *', 'void *', 'int', '_Out_ int *');
  const commRank = declare('MPI_Comm_rank', handle, '_Out_ int *');
  const commSize = declare('MPI_Comm_size', handle, '_Out_ int *');
  const iAllReduce = declare('MPI_Iallreduce', 'intptr_t', 'void *', 'int', handle, handle, handle, 'void *');
  const test = declare('MPI_Test', 'void *', '_Out_ int *', 'intptr_t');
  const allReduce = declare('MPI_Allreduce', 'intptr_t', 'void *', 'int', handle, handle, handle);
  const broadcast = declare('MPI_Bcast', 'void *', 'int', handle, 'int', handle);
  const abort = declare('MPI_Abort', handle, 'int');
  const finalize = declare('MPI_Finalize');

  const now = (call: Call, ...values: readonly unknown[]): void => check(call(...values));
  const inThread = (call: KoffiFunc<Call>, ...values: readonly unknown[]): Promise<void> =>
    new Promise((resolve, reject) => {
      call.async(...values, (error: Error | null, code: number) => {
        if (error === null) resolve(code);
        else reject(error);
      });
    }).then((code) => check(code as number));
  const outOf = (call: Call, ...values: readonly unknown[]): number => {
    const out = [0];
    now(call, ...values, out);
    return out[0];
  };

  // MPI keeps these addresses between calls, so the memory must neither move, as a small array's may, nor be freed.
  const total = new Float32Array(new ArrayBuffer(Float32Array.BYTES_PER_ELEMENT));
  // An address or a number; both fit.
  const request = new BigInt64Array(new ArrayBuffer(BigInt64Array.BYTES_PER_ELEMENT));

  return {
    initialize() {
      const level = outOf(initThread, null, null, SERIALIZED);
      return { rank: outOf(commRank, world), size: outOf(commSize, world), threads: level >= SERIALIZED };
    },
    startSum(value) {
      total[0] = value;
      now(iAllReduce, inPlace, total, 1, float, sum, world, request);
      return () => {
        const done = [0];
        now(test, request, done, ignoreStatus);
        return done[0] === 0 ? undefined : total[0];
      };
    },
    async allReduce(values) {
      const most = MOST_BYTES / values.BYTES_PER_ELEMENT;
      for (let start = 0; start < values.length; start += most) {
        const part = values.subarray(start, start + most);
        await inThread(allReduce, inPlace, part, part.length, float, sum, world);
      }
    },
    async broadcast(root, bytes) {
      for (let start = 0; start < bytes.length; start += MOST_BYTES) {
        const part = bytes.subarray(start, start + MOST_BYTES);
        await inThread(broadcast, part, part.length, byte, root, world);
      }
    },
    abort: (code) => now(abort, world, code),
    finalize: () => now(finalize),
  };
}

/** By default MPI ends the job on an error, so a code seldom arrives here. */
function check(code: number): void {
  if (code !== 0) throw new Error(`MPI reports error ${code}`);
}
