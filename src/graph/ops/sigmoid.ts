import { defineOperator } from '../operator.js';
import type { Value } from '../value.js';
import { inferSame } from './broadcast.js';
import { mul } from './mul.js';
import { sub } from './sub.js';

export const logistic = defineOperator<object>({
  name: 'sigmoid',
  elementwise: true,
  float32Only: true,
  infer: inferSame,
  // dσ(x) = σ(x)·(1 − σ(x))·dx
  gradient: ({ outputs: [y], grads: [g] }) => [g && mul(mul(g, y), sub(1, y))],
  lower: (emit, { inputs }) => emit.node('Sigmoid', inputs),
});

/** 1 / (1 + e⁻ˣ), elementwise. */
export function sigmoid(x: Value): Value {
  return logistic([x], {})[0];
}
