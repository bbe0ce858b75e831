import { sizeOf } from '../tensor/tensor.js';
import { nodesOf } from './traverse.js';
import { dtypeOf, type Value } from './value.js';

/** Memory that one or more values share. */
interface Storage {
  readonly bytes: number;
  /** Reads of its values that are still to come. */
  reads: number;
}

const BYTES = { float32: 4, int64: 8, int32: 4, uint8: 1, bool: 1 };

/**
 * The most bytes that the values between `inputs` and `output` take at once, both included, when the nodes run one
 * after another in the order they are lowered in and memory is freed after the last read.
 *
 * Values that do not depend on `inputs` (parameters and what is computed from them alone) do not count. A view takes no
 * memory, and an elementwise operator writes over an input of its size that nothing reads later. An operator's saved
 * outputs are the intermediates of its forward pass, so they count while it runs, even if nothing reads them.
 */
export function peakBytes(output: Value, inputs: readonly Value[]): number {
  const variable = new Set<Value>(inputs);
  const nodes = nodesOf([output]).filter(({ inputs: read, outputs }) => {
    if (!read.some((value) => variable.has(value))) return false;
    for (const value of outputs) variable.add(value);
    return true;
  });
  const readsOf = new Map<Value, number>([[output, 1]]);
  for (const node of nodes) {
    for (const value of node.inputs) readsOf.set(value, (readsOf.get(value) ?? 0) + 1);
  }

  let live = 0;
  let peak = 0;
  const storages = new Map<Value, Storage>();
  const allocate = (value: Value): void => {
    const storage = { bytes: bytesOf(value), reads: readsOf.get(value) ?? 0 };
    storages.set(value, storage);
    live += storage.bytes;
    peak = Math.max(peak, live);
  };
  const release = (storage: Storage, reads: number): void => {
    storage.reads -= reads;
    if (storage.reads === 0) live -= storage.bytes;
  };

  for (const value of inputs) if (readsOf.has(value)) allocate(value);
  for (const node of nodes) {
    const read = node.inputs.flatMap((value) => storages.get(value) ?? []);
    const [first] = node.outputs;
    const shared = node.isView
      ? storages.get(node.inputs[0])
      : node.isElementwise
        ? read.find((storage) => storage.bytes === bytesOf(first) && storage.reads === countOf(read, storage))
        : undefined;
    if (shared !== undefined) {
      storages.set(first, shared);
      shared.reads += readsOf.get(first) ?? 0;
    }
    const own = shared === undefined ? node.outputs : node.outputs.slice(1);
    own.forEach(allocate);
    for (const storage of read) release(storage, 1);
    for (const value of own) if (!readsOf.has(value)) live -= bytesOf(value);
  }
  return peak;
}

function bytesOf(value: Value): number {
  return sizeOf(value.shape) * BYTES[dtypeOf(value.type)];
}

function countOf<T>(list: readonly T[], one: T): number {
  return list.filter((each) => each === one).length;
}
