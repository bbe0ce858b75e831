import { defineOperator } from '../operator.js';
import type { Value } from '../value.js';
import { inferSame } from './broadcast.js';
import { div } from './div.js';

export const logarithm = defineOperator<object>({
  name: 'log',
  elementwise: true,
  float32Only: true,
  infer: inferSame,
  // d log(x) = dx/x
  gradient: ({ inputs: [x], grads: [g] }) => [g && div(g, x)],
  lower: (emit, { inputs }) => emit.node('Log', inputs),
});

/** The natural logarithm, elementwise. */
export function log(x: Value): Value {
  return logarithm([x], {})[0];
}
