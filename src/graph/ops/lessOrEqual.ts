import { defineOperator, noGradient } from '../operator.js';
import type { Value } from '../value.js';
import { inferBroadcast } from './broadcast.js';

export const comparison = defineOperator<object>({
  name: 'lessOrEqual',
  infer: (inputs) => inferBroadcast(inputs).map(({ shape }) => ({ dtype: 'bool', shape })),
  gradient: noGradient,
  lower: (emit, { inputs }) => emit.node('LessOrEqual', inputs),
});

/** a ≤ b, elementwise with broadcasting: a `bool` tensor. */
export function lessOrEqual(a: Value, b: Value): Value {
  return comparison([a, b], {})[0];
}
