import { scalar } from '../../tensor/tensor.js';
import { defineOperator } from '../operator.js';
import type { Value } from '../value.js';
import { add } from './add.js';
import { exp } from './exp.js';
import { mul } from './mul.js';

export const gaussianErrorLinearUnit = defineOperator<object>({
  name: 'gelu',
  float32Only: true,
  saved: 1,
  infer: ([x]) => [x, x],
  // y = x·Φ(x);  dy = (Φ(x) + x·φ(x))·dx  with φ(x) = e^(−x²/2)/√(2π)
  gradient: ({ inputs: [x], outputs: [, cdf], grads: [g] }) => {
    const density = mul(exp(mul(mul(x, x), -0.5)), 1 / Math.sqrt(2 * Math.PI));
    return [g && mul(g, add(cdf, mul(x, density)))];
  },
  lower: (emit, { inputs: [x], used: [, needsCdf] }) => {
    // The single-node form is faster, but keeps Φ(x) to itself; the gradient would have to compute the erf again.
    if (!needsCdf) return [...emit.node('Gelu', [x]), ''];
    const [u] = emit.node('Mul', [x, emit.constant(scalar(Math.SQRT1_2))]);
    const [erf] = emit.node('Erf', [u]);
    const [half] = emit.node('Mul', [erf, emit.constant(scalar(0.5))]);
    const [cdf] = emit.node('Add', [half, emit.constant(scalar(0.5))]);
    return [...emit.node('Mul', [x, cdf]), cdf];
  },
});

/** x·Φ(x), elementwise, Φ the normal distribution function (the exact, erf form). */
export function gelu(x: Value): Value {
  return gaussianErrorLinearUnit([x], {})[0];
}
