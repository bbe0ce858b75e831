import { scalar } from '../../tensor/tensor.js';
import { defineOperator } from '../operator.js';
import type { Emitter, Value } from '../value.js';
import { mul } from './mul.js';

export const gaussianErrorLinearUnit = defineOperator<object>({
  name: 'gelu',
  float32Only: true,
  saved: 1,
  // The derivative is computed along with the value, from intermediates that are in the cache then, and stands in for
  // both of them until the gradient is taken.
  infer: ([x]) => [x, x],
  gradient: ({ outputs: [, derivative], grads: [g] }) => [g && mul(g, derivative)],
  lower: (emit, { inputs: [x], used: [, saved] }) =>
    // The single-node form is faster, but keeps Φ(x) to itself; the derivative would have to compute the erf again.
    saved ? withDerivative(emit, x) : [...emit.node('Gelu', [x]), ''],
});

/** x·Φ(x) and its derivative Φ(x) + x·φ(x), where x·φ(x) = x·e^(−x²/2)/√(2π) = u/e^(u²)/√π for u = x/√2. */
function withDerivative(emit: Emitter, x: string): readonly string[] {
  const [u] = emit.node('Mul', [x, emit.constant(scalar(Math.SQRT1_2))]);
  const [erf] = emit.node('Erf', [u]);
  // (1 + erf)/2 in one pass: a hard sigmoid is a line, cut to 0..1, where this lies anyway.
  const [cdf] = emit.node('HardSigmoid', [erf], { attributes: { alpha: { float: 0.5 }, beta: { float: 0.5 } } });
  const [growth] = emit.node('Exp', emit.node('Mul', [u, u]));
  const [slope] = emit.node('Div', [u, growth]);
  const [density] = emit.node('Mul', [slope, emit.constant(scalar(1 / Math.sqrt(Math.PI)))]);
  return [...emit.node('Mul', [x, cdf]), ...emit.node('Add', [cdf, density])];
}

/** x·Φ(x), elementwise, Φ the normal distribution function (the exact, erf form). */
export function gelu(x: Value): Value {
  return gaussianErrorLinearUnit([x], {})[0];
}
