import { formatShape, sameShape } from '../../tensor/shape.js';
import { GraphError } from '../error.js';
import { defineOperator } from '../operator.js';
import type { Value } from '../value.js';
import { sum } from './sum.js';

export interface Transposes {
  readonly transposeA: boolean;
  readonly transposeB: boolean;
}

export const matrixProduct = defineOperator<Transposes>({
  name: 'gemm',
  float32Only: true,
  infer: ([a, b, bias], { transposeA, transposeB }) => {
    const [rows, innerA] = transposeA ? [a.shape[1], a.shape[0]] : a.shape;
    const [innerB, columns] = transposeB ? [b.shape[1], b.shape[0]] : b.shape;
    if (a.shape.length !== 2 || b.shape.length !== 2 || innerA !== innerB) {
      const marks = [transposeA ? 'ᵀ' : '', transposeB ? 'ᵀ' : ''];
      throw new GraphError(`cannot multiply ${formatShape(a.shape)}${marks[0]} by ${formatShape(b.shape)}${marks[1]}`);
    }
    if (bias !== undefined && !sameShape(bias.shape, [columns])) {
      throw new GraphError(`a bias of shape ${formatShape(bias.shape)} does not fit ${columns} columns`);
    }
    return [{ dtype: a.dtype, shape: [rows, columns] }];
  },
  // C = A·B + c:  dA = dC·Bᵀ,  dB = Aᵀ·dC,  dc = Σ rows dC; transposed operands swap the factors
  gradient: ({ inputs: [a, b, bias], attributes: { transposeA, transposeB }, grads: [g], wanted }) => {
    if (g === undefined) return [];
    const da = transposeA
      ? () => gemm(b, g, { transposeA: transposeB, transposeB: true })
      : () => gemm(g, b, { transposeB: !transposeB });
    const db = transposeB
      ? () => gemm(g, a, { transposeA: true, transposeB: transposeA })
      : () => gemm(a, g, { transposeA: !transposeA });
    return [wanted[0] ? da() : undefined, wanted[1] ? db() : undefined, bias && wanted[2] ? sum(g, [0]) : undefined];
  },
  macs: ([a], [product], { transposeA }) => a.shape[transposeA ? 0 : 1] * product.shape[0] * product.shape[1],
  lower: (emit, { inputs, attributes: { transposeA, transposeB } }) =>
    emit.node('Gemm', inputs, {
      attributes: { ...(transposeA && { transA: { int: 1 } }), ...(transposeB && { transB: { int: 1 } }) },
    }),
});

/** The matrix product of two matrices, either transposed, plus a bias row [columns]: [M, K] · [K, N] → [M, N]. */
export function gemm(
  a: Value,
  b: Value,
  { bias, transposeA = false, transposeB = false }: Partial<Transposes> & { readonly bias?: Value } = {},
): Value {
  return matrixProduct(bias === undefined ? [a, b] : [a, b, bias], { transposeA, transposeB })[0];
}
