/** What a device's worker thread runs: an engine, which compiles programs and runs them on the device's tensors. */
import type { DeviceKind, Precision } from './deviceKinds.js';
import type { CallName, Calls, Timings } from './protocol.js';

export interface EngineSettings {
  readonly kind: DeviceKind;
  readonly threads: number;
  readonly precision: Precision;
}

/** One method per call; calls to an engine must not overlap. */
export type Engine = { readonly [K in CallName]: (request: Calls[K]['request']) => Promise<Calls[K]['reply']> };

/** Times runs on the engine's own thread, without the way to it. */
export async function timed(runs: number, run: () => Promise<unknown>): Promise<Timings> {
  const milliseconds: number[] = [];
  for (let at = 0; at < runs; at++) {
    const began = performance.now();
    await run();
    milliseconds.push(performance.now() - began);
  }
  return { milliseconds };
}
