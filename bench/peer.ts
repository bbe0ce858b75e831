import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { once } from 'node:events';
import { createInterface, type Interface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { Architecture } from '../src/family/family.js';
import type { Precision } from '../src/runtime/device.js';
import type { Subject } from './timing.js';

const PYTHON = process.env['GLIT_BENCH_PYTHON'] ?? 'python3';

/** Beside the sources; this file runs from dist/bench. */
const SCRIPT = fileURLToPath(new URL('../../bench/peer/main.py', import.meta.url));

type Reply = Readonly<Record<string, string | number>>;

/** A network to train or evaluate, one batch per run. */
export interface NetworkWorkload {
  readonly kind: 'training' | 'inference';
  readonly compile: boolean;
  /** bfloat16: by PyTorch's autocast. */
  readonly precision: Precision;
  readonly architecture: Architecture;
  readonly batch: number;
  readonly threads: number;
}

/** A folder of images to make `batches` batches from per run, augmented by DeiT's recipe. */
export interface LoadingWorkload {
  readonly kind: 'loading';
  readonly folder: string;
  readonly imageSize: number;
  readonly batch: number;
  readonly batches: number;
  readonly repeats: number;
  /** Worker processes of the peer. */
  readonly workers: number;
}

/** The clock for a subject: wall time, or the processor time of a process and its workers. */
export type Clock = 'seconds' | 'processorSeconds';

/** PyTorch in a separate process, which only works on request. */
export class Peer {
  private readonly lines: Interface;
  private readonly ended: Promise<never>;

  private constructor(private readonly child: ChildProcessWithoutNullStreams) {
    this.lines = createInterface(child.stdout);
    this.ended = once(child, 'exit').then(() => {
      throw new Error('PyTorch: its process ended');
    });
    this.ended.catch(() => undefined); // irrelevant without further requests
  }

  /** Returns a reason if Python does not start or lacks one of the modules. */
  static async start(modules: readonly string[]): Promise<Peer | { readonly skipped: string }> {
    const probe = spawn(PYTHON, ['-c', `import ${modules.join(', ')}`], { stdio: 'ignore' });
    // Rejected if there is no such program.
    const found = await once(probe, 'exit').then(
      ([code]) => code === 0,
      () => false,
    );
    if (!found) {
      return { skipped: `${PYTHON} is not a Python with ${modules.join(', ')}; set GLIT_BENCH_PYTHON to one` };
    }
    const child = spawn(PYTHON, [SCRIPT]);
    child.stderr.resume(); // warnings of the compiler
    return new Peer(child);
  }

  async open(
    name: string,
    workload: NetworkWorkload | LoadingWorkload,
    clock: Clock = 'seconds',
  ): Promise<Subject & { readonly version: string }> {
    const { version } = await this.ask({ open: name, ...workload });
    return {
      name,
      version: String(version),
      run: async () => Number((await this.ask({ run: name }))[clock]),
    };
  }

  async close(name: string): Promise<void> {
    await this.ask({ close: name });
  }

  /** Peak resident bytes of the process so far. */
  async peakBytes(): Promise<number> {
    return Number((await this.ask({ memory: true }))['peakBytes']);
  }

  end(): void {
    this.child.stdin.end();
  }

  private async ask(request: object): Promise<Reply> {
    const answer = once(this.lines, 'line') as Promise<[string]>;
    this.child.stdin.write(`${JSON.stringify(request)}\n`);
    const [line] = await Promise.race([answer, this.ended]);
    const reply = JSON.parse(line) as Reply;
    if (reply['error'] !== undefined) throw new Error(`PyTorch: ${reply['error']}`);
    return reply;
  }
}
