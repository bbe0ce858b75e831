import { formatShape, sameShape, withExtent } from '../../tensor/shape.js';
import { int64, zeros } from '../../tensor/tensor.js';
import { GraphError } from '../error.js';
import { defineOperator } from '../operator.js';
import { constant, type Emitter, type Value } from '../value.js';
import { axisOf } from './axis.js';

// Concat and split are each other's gradient, so they share a file.

export const concatenation = defineOperator<{ readonly axis: number }>({
  name: 'concat',
  infer: (parts, { axis }) => {
    const [first, ...others] = parts;
    for (const other of others) {
      if (other.dtype !== first.dtype) throw new GraphError(`dtypes ${first.dtype} and ${other.dtype} differ`);
      if (!sameShape(withExtent(other.shape, axis, 0), withExtent(first.shape, axis, 0))) {
        throw new GraphError(`${formatShape(first.shape)} and ${formatShape(other.shape)} differ outside axis ${axis}`);
      }
    }
    const extent = parts.reduce((total, part) => total + part.shape[axis], 0);
    return [{ dtype: first.dtype, shape: withExtent(first.shape, axis, extent) }];
  },
  gradient: ({ inputs, attributes: { axis }, grads: [g] }) =>
    g === undefined
      ? inputs.map(() => undefined)
      : split(
          g,
          axis,
          inputs.map((part) => part.shape[axis]),
        ),
  lower: (emit, { inputs, attributes: { axis } }) =>
    emit.node('Concat', inputs, { attributes: { axis: { int: axis } } }),
});

/** Concatenates the parts along `axis`. */
export function concat(parts: readonly Value[], axis: number): Value {
  if (parts.length === 0) throw new GraphError('concat: there are no parts');
  return parts.length === 1 ? parts[0] : concatenation(parts, { axis: axisOf('concat', parts[0], axis) })[0];
}

export const splitting = defineOperator<{ readonly axis: number; readonly extents: readonly number[] }>({
  name: 'split',
  infer: ([{ dtype, shape }], { axis, extents }) => {
    if (extents.some((extent) => extent < 0) || extents.reduce((total, extent) => total + extent, 0) !== shape[axis]) {
      throw new GraphError(`parts of ${extents.join(' + ')} do not fill axis ${axis} of ${formatShape(shape)}`);
    }
    return extents.map((extent) => ({ dtype, shape: withExtent(shape, axis, extent) }));
  },
  // parts that nothing used get zeros
  gradient: ({ outputs, attributes: { axis }, grads }) => [
    concat(
      outputs.map((part, index) => grads[index] ?? constant(zeros(part.dtype, part.shape))),
      axis,
    ),
  ],
  lower: (emit, { inputs: [x], attributes: { axis, extents } }) => cut(emit, x, axis, extents),
});

/**
 * A WebGPU shader is guaranteed 8 storage buffers: one to read and these to write. ONNX Runtime's Concat respects that
 * limit, its Split does not.
 */
const MOST_PARTS = 7;

/**
 * A Split or, with too many outputs for WebGPU, a Split into the first parts and the rest, which is split again. A
 * group's large parameters come first, so they are copied only once.
 */
function cut(emit: Emitter, x: string, axis: number, extents: readonly number[]): readonly string[] {
  const into = (whole: string, parts: readonly number[]): readonly string[] =>
    emit.node('Split', [whole, emit.constant(int64([parts.length], parts))], {
      attributes: { axis: { int: axis } },
      outputs: parts.length,
    });
  if (extents.length <= MOST_PARTS) return into(x, extents);
  const later = extents.slice(MOST_PARTS - 1);
  const parts = into(x, [...extents.slice(0, MOST_PARTS - 1), later.reduce((total, extent) => total + extent, 0)]);
  return [...parts.slice(0, -1), ...cut(emit, parts[MOST_PARTS - 1], axis, later)];
}

/** Splits `x` along `axis` into parts of the given extents. */
export function split(x: Value, axis: number, extents: readonly number[]): readonly Value[] {
  const at = axisOf('split', x, axis);
  return extents.length === 1 && extents[0] === x.shape[at] ? [x] : splitting([x], { axis: at, extents });
}
