import { formatShape, withExtent } from '../../tensor/shape.js';
import { int64, scalar } from '../../tensor/tensor.js';
import { GraphError } from '../error.js';
import { defineOperator } from '../operator.js';
import type { Value } from '../value.js';
import { axisOf } from './axis.js';

// Slice and pad are each other's gradient, so they share a file.

export const slicing = defineOperator<{ readonly axis: number; readonly start: number; readonly end: number }>({
  name: 'slice',
  infer: ([{ dtype, shape }], { axis, start, end }) => {
    if (!(0 <= start && start < end && end <= shape[axis])) {
      throw new GraphError(`${start}..${end} is not a part of axis ${axis} of ${formatShape(shape)}`);
    }
    return [{ dtype, shape: withExtent(shape, axis, end - start) }];
  },
  // elements outside the slice get zeros
  gradient: ({ inputs: [x], attributes: { axis, start, end }, grads: [g] }) => [
    g && pad(g, axis, start, x.shape[axis] - end),
  ],
  lower: (emit, { inputs: [x], attributes: { axis, start, end } }) =>
    emit.node('Slice', [x, ...[start, end, axis].map((bound) => emit.constant(int64([1], [bound])))]),
});

/** Elements `start` (inclusive) to `end` (exclusive) along `axis`. */
export function slice(x: Value, axis: number, start: number, end: number): Value {
  const at = axisOf('slice', x, axis);
  return start === 0 && end === x.shape[at] ? x : slicing([x], { axis: at, start, end })[0];
}

export interface Margins {
  readonly axis: number;
  readonly before: number;
  readonly after: number;
  readonly value: number;
}

export const padding = defineOperator<Margins>({
  name: 'pad',
  infer: ([{ dtype, shape }], { axis, before, after }) => {
    if (before < 0 || after < 0) throw new GraphError(`cannot pad by a negative number (${before}, ${after})`);
    return [{ dtype, shape: withExtent(shape, axis, shape[axis] + before + after) }];
  },
  gradient: ({ inputs: [x], attributes: { axis, before }, grads: [g] }) => [
    g && slice(g, axis, before, before + x.shape[axis]),
  ],
  lower: (emit, { inputs: [x], inputTypes: [{ shape }], attributes: { axis, before, after, value } }) => {
    const pads = [before, after].flatMap((amount) => shape.map((_, at) => (at === axis ? amount : 0)));
    const filling = value === 0 ? [] : [emit.constant(scalar(value))];
    return emit.node('Pad', [x, emit.constant(int64([pads.length], pads)), ...filling]);
  },
});

/** Pads the two ends of `axis` with `before` and `after` elements of `value`, zero by default. */
export function pad(x: Value, axis: number, before: number, after: number, { value = 0 } = {}): Value {
  return before === 0 && after === 0 ? x : padding([x], { axis: axisOf('pad', x, axis), before, after, value })[0];
}
