/** A program's inputs and outputs, and the check that values fit. */
import type { DType, Shape } from '../tensor/tensor.js';

/** One input or output. A dimension is a number, or a name (possibly empty) if it is free. */
export interface ValueInfo {
  readonly name: string;
  readonly dtype: DType;
  readonly shape: readonly (number | string)[];
}

export interface Signature {
  readonly inputs: readonly ValueInfo[];
  readonly outputs: readonly ValueInfo[];
}

export function formatType(dtype: string, shape: readonly (number | string)[]): string {
  return `${dtype} [${shape.map((extent) => (extent === '' ? '?' : extent)).join(', ')}]`;
}

export function sameShape(a: Shape, b: Shape): boolean {
  return a.length === b.length && a.every((extent, axis) => extent === b[axis]);
}

/**
 * Throws when a value of this dtype and shape does not fit the input `info`. `open` collects the extents of named
 * dimensions over the inputs of one run; equal names must have equal extents.
 */
export function checkInput(info: ValueInfo, dtype: DType, shape: Shape, open: Map<string, number>): void {
  const fits = (expected: number | string | undefined, extent: number): boolean => {
    if (typeof expected === 'number') return expected === extent;
    if (expected === undefined || expected === '') return true;
    const seen = open.get(expected) ?? extent;
    open.set(expected, seen);
    return seen === extent;
  };
  // ONNX Runtime reports a scalar and an input of unknown rank alike; it checks scalars itself.
  const ranksFit = info.shape.length === 0 || info.shape.length === shape.length;
  if (dtype === info.dtype && ranksFit && shape.every((extent, axis) => fits(info.shape[axis], extent))) return;
  const named = info.shape.filter((extent) => typeof extent === 'string' && open.has(extent));
  const known = named.map((extent) => ` with ${extent} = ${open.get(String(extent))}`).join(',');
  throw new Error(
    `input '${info.name}' is ${formatType(dtype, shape)}, expected ${formatType(info.dtype, info.shape)}${known}`,
  );
}
