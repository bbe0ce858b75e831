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
  // h = x·W₁ᵀ + b₁, y = GELU(h)·W₂ᵀ + b₂, a = √2·GELU(h), d = 2·GELU′(h):
  // dW₂ = dyᵀ·a/√2,  dh = (dy·W₂/2)∘d,  dW₁ = dhᵀ·x,  dx = dh·W₁
  gradient: ({ inputs: [x, up, , down], outputs: [, scaled, derivative], grads: [g] }) => {
    if (g === undefined) return [];
    const dHidden = mul(gemm(g, mul(down, 0.5)), derivative);
    const dDown = mul(productOfTall(g, scaled), Math.SQRT1_2);
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
    // The products apply the factors 1/√2 of u = h/√2, and of GELU(h) = u·(1 + erf u)/√2, at no cost.
    const factor = emit.constant(scalar(Math.SQRT1_2));
    const [scaledBias] = emit.node('Mul', [upBias, factor]);
    const [u] = withBias(emit.node('Gemm', [x, up], SCALED), scaledBias);
    const [scaled, derivative] = geluWithDerivative(emit, u);
    return [...withBias(emit.node('Gemm', [scaled, down], SCALED), downBias), scaled, derivative];
  },
});

const TRANSPOSED = { attributes: { transB: { int: 1 } } };

const SCALED = { attributes: { transB: { int: 1 }, alpha: { float: Math.SQRT1_2 } } };

/**
 * For u = h/√2: √2·GELU(h) = u·(1 + erf u), and 2·GELU′(h) = 1 + erf u + 2·u/e^(u²)/√π. The gradient then reads one
 * tensor instead of two.
 */
function geluWithDerivative(emit: Emitter, u: string): readonly [string, string] {
  // 2·Φ(h)
  const [cdf] = emit.node('Add', [...emit.node('Erf', [u]), emit.constant(scalar(1))]);
  const [growth] = emit.node('Exp', emit.node('Mul', [u, u]));
  const [density] = emit.node('Mul', [...emit.node('Div', [u, growth]), emit.constant(scalar(2 / Math.sqrt(Math.PI)))]);
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
