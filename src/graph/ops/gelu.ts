import { scalar } from '../../tensor/tensor.js';
import { defineOperator } from '../operator.js';
import type { Value } from '../value.js';
import { add } from './add.js';
import { div } from './div.js';
import { exp } from './exp.js';
import { mul } from './mul.js';

export const gaussianErrorLinearUnit = defineOperator<object>({
  name: 'gelu',
  float32Only: true,
  saved: 2,
  infer: ([x]) => [x, x, x],
  // y = x·Φ(x);  dy = (Φ(x) + x·φ(x))·dx  with x·φ(x) = x·e^(−x²/2)/√(2π) = u/e^(u²)/√π  for u = x/√2
  gradient: ({ outputs: [, cdf, u], grads: [g] }) => {
    const density = mul(div(u, exp(mul(u, u))), 1 / Math.sqrt(Math.PI));
    return [g && mul(g, add(cdf, density))];
  },
  lower: (emit, { inputs: [x], used: [, ...saved] }) => {
    // The single-node form is faster, but keeps Φ(x) to itself; the gradient would have to compute the erf again.
    if (!saved.includes(true)) return [...emit.node('Gelu', [x]), '', ''];
    const [u] = emit.node('Mul', [x, emit.constant(scalar(Math.SQRT1_2))]);
    const [erf] = emit.node('Erf', [u]);
    // (1 + erf)/2 in one pass: a hard sigmoid is a line, cut to 0..1, where this lies anyway.
    const [cdf] = emit.node('HardSigmoid', [erf], { attributes: { alpha: { float: 0.5 }, beta: { float: 0.5 } } });
    return [...emit.node('Mul', [x, cdf]), cdf, u];
  },
});

/** x·Φ(x), elementwise, Φ the normal distribution function (the exact, erf form). */
export function gelu(x: Value): Value {
  return gaussianErrorLinearUnit([x], {})[0];
}
