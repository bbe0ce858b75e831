import { GraphError } from '../error.js';
import { defineOperator } from '../operator.js';
import type { Value } from '../value.js';

export const permutation = defineOperator<{ readonly axes: readonly number[] }>({
  name: 'transpose',
  infer: ([{ dtype, shape }], { axes }) => {
    if ([...axes].sort((a, b) => a - b).join() !== [...shape.keys()].join()) {
      throw new GraphError(`axes [${axes.join(', ')}] are not a permutation of a tensor of rank ${shape.length}`);
    }
    return [{ dtype, shape: axes.map((axis) => shape[axis]) }];
  },
  // back by the inverse permutation
  gradient: ({ attributes: { axes }, grads: [g] }) => [
    g &&
      transpose(
        g,
        axes.map((_, axis) => axes.indexOf(axis)),
      ),
  ],
  lower: (emit, { inputs, attributes: { axes } }) =>
    emit.node('Transpose', inputs, { attributes: { perm: { ints: axes } } }),
});

/** Reorders the axes: axis i of the result is axis `axes[i]` of `x`. */
export function transpose(x: Value, axes: readonly number[]): Value {
  return permutation([x], { axes })[0];
}
