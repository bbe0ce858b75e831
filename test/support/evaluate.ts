/** Runs a graph for a test: lowers its outputs, compiles them for a device (default: the CPU) and feeds them once. */
import { after } from 'node:test';
import { lower, type LowerOptions } from '../../src/graph/lower.js';
import type { Value } from '../../src/graph/value.js';
import { openDevice, type Device, type DeviceKind } from '../../src/runtime/device.js';
import type { Tensor } from '../../src/tensor/tensor.js';

const opened = new Map<DeviceKind, Promise<Device>>();

after(async () => {
  for (const device of opened.values()) await (await device).close();
});

export interface EvaluateOptions extends LowerOptions {
  readonly kind?: DeviceKind;
}

/** A graph, compiled once and fed many times. Feeds that it does not read are dropped. */
export async function compile(
  outputs: Readonly<Record<string, Value>>,
  { kind = 'cpu', ...options }: EvaluateOptions = {},
): Promise<(feeds: Readonly<Record<string, Tensor>>) => Promise<Readonly<Record<string, Tensor>>>> {
  const device = opened.get(kind) ?? openDevice({ kind, threads: 1 });
  opened.set(kind, device);
  const program = await (await device).compile(lower(outputs, options));
  const read = program.signature.inputs.map(({ name }) => name);
  return (feeds) => program.run(Object.fromEntries(read.map((name) => [name, feeds[name]])));
}

/** The values of `outputs` for these inputs. */
export async function evaluate(
  outputs: Readonly<Record<string, Value>>,
  feeds: Readonly<Record<string, Tensor>>,
  options?: EvaluateOptions,
): Promise<Readonly<Record<string, Tensor>>> {
  return (await compile(outputs, options))(feeds);
}
