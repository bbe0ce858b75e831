/** What a device's worker thread runs: an engine, which compiles programs and runs them on the device's tensors. */
import type { DeviceKind, Precision } from './deviceKinds.js';
import type { CallName, Calls } from './protocol.js';

export interface EngineSettings {
  readonly kind: DeviceKind;
  readonly threads: number;
  readonly precision: Precision;
}

/** One method per call, but for timings, which are runs; calls to an engine must not overlap. */
export type Engine = {
  readonly [K in Exclude<CallName, 'time'>]: (request: Calls[K]['request']) => Promise<Calls[K]['reply']>;
};
