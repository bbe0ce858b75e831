import { defineOperator } from '../operator.js';
import { constant, type Value } from '../value.js';
import { inferBroadcast } from './broadcast.js';

export const multiplication = defineOperator<object>({
  name: 'mul',
  elementwise: true,
  infer: inferBroadcast,
  // d(a·b) = b·da + a·db
  gradient: ({ inputs: [a, b], grads: [g], wanted }) => [
    g && wanted[0] ? mul(g, b) : undefined,
    g && wanted[1] ? mul(g, a) : undefined,
  ],
  lower: (emit, { inputs }) => emit.node('Mul', inputs),
});

/** a · b, elementwise with broadcasting. */
export function mul(a: Value | number, b: Value | number): Value {
  return multiplication([typeof a === 'number' ? constant(a) : a, typeof b === 'number' ? constant(b) : b], {})[0];
}
