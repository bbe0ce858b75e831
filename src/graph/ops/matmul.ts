import { formatShape, sameShape } from '../../tensor/shape.js';
import { sizeOf } from '../../tensor/tensor.js';
import { GraphError } from '../error.js';
import { defineOperator } from '../operator.js';
import type { Emitter, TensorType, Value } from '../value.js';

export interface Transposes {
  readonly transposeA: boolean;
  readonly transposeB: boolean;
}

export interface MatmulOptions extends Transposes {
  /** The multiply-accumulates to count, if an operand has structural zeros. */
  readonly macs?: number;
}

export const batchedMatrixProduct = defineOperator<MatmulOptions>({
  name: 'matmul',
  float32Only: true,
  infer: ([a, b], { transposeA, transposeB }) => {
    const [rows, innerA] = matrix(a, transposeA);
    const [innerB, columns] = matrix(b, transposeB);
    const batch = a.shape.slice(0, -2);
    if (a.shape.length < 3 || innerA !== innerB || !sameShape(batch, b.shape.slice(0, -2))) {
      const marks = [transposeA ? 'ᵀ' : '', transposeB ? 'ᵀ' : ''];
      throw new GraphError(`cannot multiply ${formatShape(a.shape)}${marks[0]} by ${formatShape(b.shape)}${marks[1]}`);
    }
    return [{ dtype: a.dtype, shape: [...batch, rows, columns] }];
  },
  // C = A·B:  dA = dC·Bᵀ,  dB = Aᵀ·dC; transposed operands swap the factors
  gradient: ({ inputs: [a, b], attributes: { transposeA, transposeB }, grads: [g], wanted }) => {
    if (g === undefined) return [];
    const da = transposeA
      ? () => matmul(b, g, { transposeA: transposeB, transposeB: true })
      : () => matmul(g, b, { transposeB: !transposeB });
    const db = transposeB
      ? () => matmul(g, a, { transposeA: true, transposeB: transposeA })
      : () => matmul(a, g, { transposeA: !transposeA });
    return [wanted[0] ? da() : undefined, wanted[1] ? db() : undefined];
  },
  macs: ([a], [product], { transposeA, macs }) => macs ?? matrix(a, transposeA)[1] * sizeOf(product.shape),
  // Transpose + MatMul rather than one fused node: ONNX Runtime fuses them itself on the CPU, and the fused node
  // does not exist on WebGPU.
  lower: (emit, { inputs: [a, b], inputTypes, attributes: { transposeA, transposeB } }) =>
    emit.node('MatMul', [
      transposeA ? transposed(emit, a, inputTypes[0]) : a,
      transposeB ? transposed(emit, b, inputTypes[1]) : b,
    ]),
});

function matrix({ shape }: TensorType, swap: boolean): readonly number[] {
  const last = shape.slice(-2);
  return swap ? last.reverse() : last;
}

function transposed(emit: Emitter, name: string, { shape }: TensorType): string {
  const axes = [...shape.keys()];
  const swapped = [...axes.slice(0, -2), axes[axes.length - 1], axes[axes.length - 2]];
  return emit.node('Transpose', [name], { attributes: { perm: { ints: swapped } } })[0];
}

/** Batched matrix product, either side optionally transposed: [..., M, K] · [..., K, N] → [..., M, N]. */
export function matmul(
  a: Value,
  b: Value,
  { transposeA = false, transposeB = false, ...options }: Partial<MatmulOptions> = {},
): Value {
  return batchedMatrixProduct([a, b], { transposeA, transposeB, ...options })[0];
}
