import { formatShape, withExtent } from '../../tensor/shape.js';
import { tensor } from '../../tensor/tensor.js';
import { GraphError } from '../error.js';
import { defineOperator } from '../operator.js';
import type { Value } from '../value.js';
import { axisOf } from './axis.js';
import { reshape } from './reshape.js';
import { pad } from './slice.js';
import { sum } from './sum.js';

export const gathering = defineOperator<{ readonly indices: readonly number[]; readonly axis: number }>({
  name: 'gather',
  infer: ([{ dtype, shape }], { indices, axis }) => {
    const strange = indices.find((index) => !Number.isInteger(index) || index < 0 || index >= shape[axis]);
    if (strange !== undefined)
      throw new GraphError(`there is no place ${strange} on axis ${axis} of ${formatShape(shape)}`);
    return [{ dtype, shape: withExtent(shape, axis, indices.length) }];
  },
  // A place gets the sum of what its copies get. The copies of each are gathered, as many as the most used place has:
  // where there are fewer, place n, which is all zeros, fills up. Adding to places (Scatter) is neither fast nor, with
  // threads, repeatable.
  gradient: ({ inputs: [x], attributes: { indices, axis }, grads: [g] }) => {
    if (g === undefined) return [];
    const copies = Array.from({ length: x.shape[axis] }, (): number[] => []);
    indices.forEach((index, at) => copies[index].push(at));
    const most = copies.reduce((longest, { length }) => Math.max(longest, length), 1);
    const filled = copies.flatMap((own) => Array.from({ length: most }, (_, at) => own[at] ?? indices.length));
    const padded = filled.includes(indices.length) ? pad(g, axis, 0, 1) : g;
    const gathered = gather(padded, filled, { axis });
    if (most === 1) return [gathered];
    const { shape } = x;
    return [sum(reshape(gathered, [...shape.slice(0, axis + 1), most, ...shape.slice(axis + 1)]), [axis + 1])];
  },
  lower: (emit, { inputs: [x], attributes: { indices, axis } }) =>
    emit.node('Gather', [x, emit.constant(tensor('int32', [indices.length], Int32Array.from(indices)))], {
      attributes: { axis: { int: axis } },
    }),
});

/** The places of an axis by constant indices, each as often as it is named: for axis 0, [R, ...] → [indices.length, ...]. */
export function gather(x: Value, indices: readonly number[], { axis = 0 } = {}): Value {
  return gathering([x], { indices, axis: axisOf('gather', x, axis) })[0];
}
