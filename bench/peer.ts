import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { once } from 'node:events';
import { createInterface, type Interface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { Architecture } from '../src/space/architecture.js';
import type { Subject } from './timing.js';

/** Next to the sources; this file runs from dist/bench. */
const SCRIPT = fileURLToPath(new URL('../../bench/peer.py', import.meta.url));

type Reply = Readonly<Record<string, string | number>>;

export interface PeerWorkload {
  readonly kind: 'training' | 'inference';
  readonly compile: boolean;
  readonly architecture: Architecture;
  readonly batch: number;
  readonly threads: number;
}

/** PyTorch in a process of its own, which works only while it is asked to. */
export class Peer {
  private readonly lines: Interface;

  private constructor(private readonly child: ChildProcessWithoutNullStreams) {
    this.lines = createInterface(child.stdout);
  }

  /** Undefined where `python` does not start or has no PyTorch. */
  static async start(python: string): Promise<Peer | undefined> {
    const probe = spawn(python, ['-c', 'import torch'], { stdio: 'ignore' });
    const found = await Promise.race([
      once(probe, 'exit').then(([code]) => code === 0),
      once(probe, 'error').then(() => false),
    ]);
    if (!found) return undefined;
    const child = spawn(python, [SCRIPT]);
    child.stderr.resume(); // warnings of the compiler
    return new Peer(child);
  }

  async open(name: string, workload: PeerWorkload): Promise<Subject & { readonly version: string }> {
    const { version } = await this.ask({ open: name, ...workload });
    return {
      name,
      version: String(version),
      run: async () => Number((await this.ask({ run: name }))['seconds']),
    };
  }

  async close(name: string): Promise<void> {
    await this.ask({ close: name });
  }

  end(): void {
    this.child.stdin.end();
  }

  private async ask(request: object): Promise<Reply> {
    const answer = once(this.lines, 'line') as Promise<[string]>;
    this.child.stdin.write(`${JSON.stringify(request)}\n`);
    const reply = JSON.parse((await answer)[0]) as Reply;
    if (reply['error'] !== undefined) throw new Error(`PyTorch: ${reply['error']}`);
    return reply;
  }
}
