import { defineOperator } from '../operator.js';
import { constant, type Value } from '../value.js';
import { inferBroadcast } from './broadcast.js';
import { mul } from './mul.js';

export const subtraction = defineOperator<object>({
  name: 'sub',
  elementwise: true,
  infer: inferBroadcast,
  // d(a − b) = da − db
  gradient: ({ grads: [g] }) => [g, g && mul(g, -1)],
  lower: (emit, { inputs }) => emit.node('Sub', inputs),
});

/** a − b, elementwise with broadcasting. */
export function sub(a: Value | number, b: Value | number): Value {
  return subtraction([typeof a === 'number' ? constant(a) : a, typeof b === 'number' ? constant(b) : b], {})[0];
}
