import { formatShape, sameShape } from '../../tensor/shape.js';
import { scalar, sizeOf } from '../../tensor/tensor.js';
import { GraphError } from '../error.js';
import { defineOperator } from '../operator.js';
import type { Emitter, Value } from '../value.js';
import { gemm, productOfTall } from './gemm.js';
import { mul } from './mul.js';

export const feedForwardNetwork = defineOperator<object>({
  name: 'feedForward',
  float32Only: true,
  saved: 2,
  infer: ([x, up, upBias, down, downBias]) => {
    const [hidden] = up.shape;
    const [width] = down.shape;
    const fits =
      x.shape.length === 2 &&
      sameShape(up.shape, [hidden, x.shape[1]]) &&
      sameShape(upBias.shape, [hidden]) &&
      sameShape(down.shape, [width, hidden]) &&
      sameShape(downBias.shape, [width]);
    if (!fits) {
      const layers = [up, upBias, down, downBias].map(({ shape }) => formatShape(shape));
      throw new GraphError(`layers ${layers.join(', ')} do not fit ${formatShape(x.shape)}`);
    }
    const activation = { dtype: x.dtype, shape: [x.shape[0], hidden] };
    return [{ dtype: x.dtype, shape: [x.shape[0], width] }, activation, activation];
  },
  // h = x·W₁ᵀ + b₁, y = GELU(h)·W₂ᵀ + b₂, a = GELU(h)/√2:  dW₂ = √2·dyᵀ·a,  dh = (dy·W₂)∘GELU′(h),  dW₁ = dhᵀ·x,  dx = dh·W₁
  gradient: ({ inputs: [x, up, , down], outputs: [, halved, derivative], grads: [g] }) => {
    if (g === undefined) return [];
    const dHidden = mul(gemm(g, down), derivative);
    const dDown = mul(productOfTall(g, halved), Math.SQRT2);
    return [gemm(dHidden, up), productOfTall(dHidden, x), dHidden, dDown, g];
  },
  macs: ([x, , , down], [y, hidden]) => sizeOf(hidden.shape) * x.shape[1] + sizeOf(y.shape) * down.shape[1],
  lower: (emit, { inputs: [x, up, upBias, down, downBias], used: [, ...saved] }) => {
    // Separate nodes add the biases, as in `gemm`.
    const withBias = (product: readonly string[], bias: string): readonly string[] =>
      emit.node('Add', [...product, bias]);
    if (!saved.includes(true)) {
      const hidden = withBias(emit.node('Gemm', [x, up], TRANSPOSED), upBias);
      return [...withBias(emit.node('Gemm', [...emit.node('Gelu', hidden), down], TRANSPOSED), downBias), '', ''];
    }
    // The products apply the factors 1/√2 and √2 of GELU(h) = √2·u·Φ(h), u = h/√2, at no cost.
    const half = emit.constant(scalar(Math.SQRT1_2));
    const [halfBias] = emit.node('Mul', [upBias, half]);
    const [u] = withBias(emit.node('Gemm', [x, up], scaled(Math.SQRT1_2)), halfBias);
    const [halved, derivative] = geluWithDerivative(emit, u);
    return [...withBias(emit.node('Gemm', [halved, down], scaled(Math.SQRT2)), downBias), halved, derivative];
  },
});

const TRANSPOSED = { attributes: { transB: { int: 1 } } };

function scaled(factor: number) {
  return { attributes: { transB: { int: 1 }, alpha: { float: factor } } };
}

/**
 * For u = h/√2: u·Φ(h), and GELU′(h) = Φ(h) + h·φ(h) with h·φ(h) = u/e^(u²)/√π. The gradient then reads one tensor
 * instead of two.
 */
function geluWithDerivative(emit: Emitter, u: string): readonly [string, string] {
  const [erf] = emit.node('Erf', [u]);
  // (1 + erf)/2 in one pass: a hard sigmoid is a line clipped to 0..1, the range of this value anyway.
  const [cdf] = emit.node('HardSigmoid', [erf], { attributes: { alpha: { float: 0.5 }, beta: { float: 0.5 } } });
  const [growth] = emit.node('Exp', emit.node('Mul', [u, u]));
  const [density] = emit.node('Mul', [...emit.node('Div', [u, growth]), emit.constant(scalar(1 / Math.sqrt(Math.PI)))]);
  return [emit.node('Mul', [u, cdf])[0], emit.node('Add', [cdf, density])[0]];
}

/** A linear layer of x [M, D] with its weights [out, in] and bias [out]. */
export interface Layer {
  readonly weight: Value;
  readonly bias: Value;
}

/** Two linear layers with the GELU x·Φ(x) (the exact, erf form) between them: x [M, D] → [M, out of the second]. */
export function feedForward(x: Value, up: Layer, down: Layer): Value {
  return feedForwardNetwork([x, up.weight, up.bias, down.weight, down.bias], {})[0];
}
