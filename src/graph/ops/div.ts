import { defineOperator } from '../operator.js';
import { constant, type Value } from '../value.js';
import { inferBroadcast } from './broadcast.js';
import { mul } from './mul.js';

export const division = defineOperator<object>({
  name: 'div',
  elementwise: true,
  float32Only: true,
  infer: inferBroadcast,
  // d(a/b) = da/b − (a/b)·db/b
  gradient: ({ inputs: [, b], outputs: [quotient], grads: [g], wanted }) => [
    g && wanted[0] ? div(g, b) : undefined,
    g && wanted[1] ? mul(mul(g, -1), div(quotient, b)) : undefined,
  ],
  lower: (emit, { inputs }) => emit.node('Div', inputs),
});

/** a / b, elementwise with broadcasting. */
export function div(a: Value | number, b: Value | number): Value {
  return division([typeof a === 'number' ? constant(a) : a, typeof b === 'number' ? constant(b) : b], {})[0];
}
