import { defineOperator } from '../operator.js';
import type { Value } from '../value.js';
import { inferSame } from './broadcast.js';
import { mul } from './mul.js';

export const exponential = defineOperator<object>({
  name: 'exp',
  elementwise: true,
  float32Only: true,
  infer: inferSame,
  // d exp(x) = exp(x)·dx
  gradient: ({ outputs: [y], grads: [g] }) => [g && mul(g, y)],
  lower: (emit, { inputs }) => emit.node('Exp', inputs),
});

/** eˣ, elementwise. */
export function exp(x: Value): Value {
  return exponential([x], {})[0];
}
