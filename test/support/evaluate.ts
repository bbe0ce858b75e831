/** Runs a graph for a test: lowers its outputs, compiles them for the CPU and feeds them once. */
import { after } from 'node:test';
import { lower, type LowerOptions } from '../../src/graph/lower.js';
import type { Value } from '../../src/graph/value.js';
import { openDevice, type Device } from '../../src/runtime/device.js';
import type { Tensor } from '../../src/tensor/tensor.js';

let opened: Promise<Device> | undefined;

after(async () => (await opened)?.close());

/** A graph, compiled once and fed many times. Feeds that it does not read are dropped. */
export async function compile(
  outputs: Readonly<Record<string, Value>>,
  options?: LowerOptions,
): Promise<(feeds: Readonly<Record<string, Tensor>>) => Promise<Readonly<Record<string, Tensor>>>> {
  opened ??= openDevice({ kind: 'cpu', threads: 1 });
  const program = await (await opened).compile(lower(outputs, options));
  const read = program.signature.inputs.map(({ name }) => name);
  return (feeds) => program.run(Object.fromEntries(read.map((name) => [name, feeds[name]])));
}

/** The values of `outputs` for these inputs. */
export async function evaluate(
  outputs: Readonly<Record<string, Value>>,
  feeds: Readonly<Record<string, Tensor>>,
  options?: LowerOptions,
): Promise<Readonly<Record<string, Tensor>>> {
  return (await compile(outputs, options))(feeds);
}
