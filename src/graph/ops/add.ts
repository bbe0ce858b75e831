import { defineOperator } from '../operator.js';
import { constant, type Value } from '../value.js';
import { inferBroadcast } from './broadcast.js';

export const addition = defineOperator<object>({
  name: 'add',
  elementwise: true,
  infer: inferBroadcast,
  // d(a + b) = da + db
  gradient: ({ grads: [g] }) => [g, g],
  lower: (emit, { inputs }) => emit.node('Add', inputs),
});

/** a + b, elementwise with broadcasting. */
export function add(a: Value | number, b: Value | number): Value {
  return addition([typeof a === 'number' ? constant(a) : a, typeof b === 'number' ? constant(b) : b], {})[0];
}
