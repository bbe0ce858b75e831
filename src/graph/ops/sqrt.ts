import { defineOperator } from '../operator.js';
import type { Value } from '../value.js';
import { inferSame } from './broadcast.js';
import { div } from './div.js';
import { mul } from './mul.js';

export const squareRoot = defineOperator<object>({
  name: 'sqrt',
  elementwise: true,
  float32Only: true,
  infer: inferSame,
  // d √x = dx/(2√x)
  gradient: ({ outputs: [y], grads: [g] }) => [g && div(mul(g, 0.5), y)],
  lower: (emit, { inputs }) => emit.node('Sqrt', inputs),
});

/** The square root, elementwise. */
export function sqrt(x: Value): Value {
  return squareRoot([x], {})[0];
}
