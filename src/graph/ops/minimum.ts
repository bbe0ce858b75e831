import { defineOperator } from '../operator.js';
import { constant, type Value } from '../value.js';
import { inferBroadcast } from './broadcast.js';
import { cast } from './cast.js';
import { lessOrEqual } from './lessOrEqual.js';
import { mul } from './mul.js';
import { sub } from './sub.js';

export const elementwiseMinimum = defineOperator<object>({
  name: 'minimum',
  elementwise: true,
  infer: inferBroadcast,
  // the gradient goes to the smaller one; to a where they are equal
  gradient: ({ inputs: [a, b], grads: [g] }) => {
    const first = cast(lessOrEqual(a, b), 'float32');
    return g ? [mul(g, first), mul(g, sub(1, first))] : [];
  },
  lower: (emit, { inputs }) => emit.node('Min', inputs),
});

/** The smaller of a and b, elementwise with broadcasting. */
export function minimum(a: Value | number, b: Value | number): Value {
  return elementwiseMinimum([typeof a === 'number' ? constant(a) : a, typeof b === 'number' ? constant(b) : b], {})[0];
}
