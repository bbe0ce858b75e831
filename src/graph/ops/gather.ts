import { formatShape } from '../../tensor/shape.js';
import { tensor } from '../../tensor/tensor.js';
import { GraphError } from '../error.js';
import { defineOperator } from '../operator.js';
import type { Value } from '../value.js';
import { reshape } from './reshape.js';
import { pad } from './slice.js';
import { sum } from './sum.js';

export const gathering = defineOperator<{ readonly indices: readonly number[] }>({
  name: 'gather',
  infer: ([{ dtype, shape }], { indices }) => {
    const [rows, ...row] = shape;
    const strange = indices.find((index) => !Number.isInteger(index) || index < 0 || index >= rows);
    if (shape.length === 0 || strange !== undefined) {
      throw new GraphError(`there is no row ${strange ?? 0} in ${formatShape(shape)}`);
    }
    return [{ dtype, shape: [indices.length, ...row] }];
  },
  // A row gets the sum of what its copies get. The copies of each are gathered, as many as the most used row has: where
  // there are fewer, row n, which is all zeros, fills up. Adding to places (Scatter) is neither fast nor, with threads,
  // repeatable.
  gradient: ({ inputs: [table], attributes: { indices }, grads: [g] }) => {
    if (g === undefined) return [];
    const [rows, ...row] = table.shape;
    const copies = Array.from({ length: rows }, (): number[] => []);
    indices.forEach((index, at) => copies[index].push(at));
    const most = copies.reduce((longest, { length }) => Math.max(longest, length), 1);
    const filled = copies.flatMap((own) => Array.from({ length: most }, (_, at) => own[at] ?? indices.length));
    return [sum(reshape(gather(pad(g, 0, 0, 1), filled), [rows, most, ...row]), [1])];
  },
  lower: (emit, { inputs: [table], attributes: { indices } }) =>
    emit.node('Gather', [table, emit.constant(tensor('int32', [indices.length], Int32Array.from(indices)))], {
      attributes: { axis: { int: 0 } },
    }),
});

/** Rows of a table [R, ...] by constant indices, each as often as it is named: [indices.length, ...]. */
export function gather(table: Value, indices: readonly number[]): Value {
  return gathering([table], { indices })[0];
}
