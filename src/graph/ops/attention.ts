import { formatShape, sameShape } from '../../tensor/shape.js';
import { int64, scalar, sizeOf, type Shape } from '../../tensor/tensor.js';
import { GraphError } from '../error.js';
import { defineOperator } from '../operator.js';
import type { Value } from '../value.js';
import { matmul } from './matmul.js';
import { mul } from './mul.js';
import { reshape } from './reshape.js';
import { sub } from './sub.js';
import { sum } from './sum.js';

export const scaledDotProductAttention = defineOperator<{ readonly scale: number }>({
  name: 'attention',
  float32Only: true,
  saved: 1,
  infer: ([q, k, v, bias]) => {
    if (q.shape.length !== 3 || !sameShape(q.shape, k.shape) || !sameShape(q.shape, v.shape)) {
      throw new GraphError(
        `queries ${formatShape(q.shape)}, keys ${formatShape(k.shape)} and values ${formatShape(v.shape)} differ`,
      );
    }
    const [heads, tokens] = q.shape;
    if (
      bias !== undefined &&
      (heads % bias.shape[0] !== 0 || !sameShape(bias.shape, [bias.shape[0], tokens, tokens]))
    ) {
      throw new GraphError(`a bias of shape ${formatShape(bias.shape)} does not fit queries ${formatShape(q.shape)}`);
    }
    return [q, { dtype: q.dtype, shape: [heads, tokens, tokens] }];
  },
  // P = softmax(s·QKᵀ + b), O = P·V:  dV = Pᵀ·dO,  dS = P∘(dO·Vᵀ − rowsum(dO∘O)),  dQ = s·dS·K,  dK = s·dSᵀ·Q,  db = dS.
  // rowsum(dO∘O) equals rowsum(dP∘P) but reads [.., N, d] instead of [.., N, N].
  gradient: ({ inputs: [q, k, v, bias], outputs: [output, weights], attributes: { scale }, grads: [g] }) => {
    if (g === undefined) return [];
    const rowSums = sum(mul(g, output), [2], { keepAxes: true });
    const dScores = mul(weights, sub(matmul(g, v, { transposeB: true }), rowSums));
    return [
      mul(matmul(dScores, k), scale),
      mul(matmul(dScores, q, { transposeA: true }), scale),
      matmul(weights, g, { transposeA: true }),
      bias && reshape(dScores, [q.shape[0] / bias.shape[0], ...bias.shape]),
    ];
  },
  macs: ([q], [, weights]) => 2 * sizeOf(weights.shape) * q.shape[2],
  lower: (emit, { inputs: [q, k, v, bias], inputTypes, outputTypes: [, { shape }], attributes: { scale } }) => {
    const [keys] = emit.node('Transpose', [k], { attributes: { perm: { ints: [0, 2, 1] } } });
    const [products] = emit.node('MatMul', [q, keys]);
    const [scores] = emit.node('Mul', [products, emit.constant(scalar(scale))]);
    const softmax = (from: string): string => emit.node('Softmax', [from], { attributes: { axis: { int: -1 } } })[0];
    const reshaped = (from: string, to: Shape): string =>
      emit.node('Reshape', [from, emit.constant(int64([to.length], to))])[0];
    // −1: the batch may be a free dimension.
    const weights =
      bias === undefined
        ? softmax(scores)
        : reshaped(softmax(emit.node('Add', [reshaped(scores, [-1, ...inputTypes[3].shape]), bias])[0]), [
            -1,
            ...shape.slice(1),
          ]);
    return [...emit.node('MatMul', [weights, v]), weights];
  },
});

/**
 * softmax(scale·Q·Kᵀ + bias)·V for every head of every image; queries, keys, values and the result are [B·heads, N, d].
 * A bias [G, N, N] repeats along the first axis every G entries: G is the number of heads, or of an image's windows
 * times heads.
 *
 * A single axis for images and heads keeps ONNX Runtime from merging the transposes here with those that move the heads
 * forward. Merged, it would copy keys and values once more, at a third of the speed; unmerged, its products transpose
 * for free.
 */
export function attention(
  q: Value,
  k: Value,
  v: Value,
  scale: number,
  { bias }: { readonly bias?: Value } = {},
): Value {
  return scaledDotProductAttention(bias === undefined ? [q, k, v] : [q, k, v, bias], { scale })[0];
}
