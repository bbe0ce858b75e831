import { defineOperator } from '../operator.js';
import type { Value } from '../value.js';
import { add } from './add.js';
import { inferSame } from './broadcast.js';
import { mul } from './mul.js';
import { sub } from './sub.js';

export const sigmoidLinearUnit = defineOperator<object>({
  name: 'swish',
  elementwise: true,
  float32Only: true,
  saved: 1,
  infer: ([x]) => [...inferSame([x]), x],
  // y = x·σ(x);  dy = (y + σ(x)·(1 − y))·dx: two passes fewer than the gradients of product and sigmoid
  gradient: ({ outputs: [y, gate], grads: [g] }) => [g && mul(g, add(y, mul(gate, sub(1, y))))],
  lower: (emit, { inputs: [x] }) => {
    const [gate] = emit.node('Sigmoid', [x]);
    return [...emit.node('Mul', [x, gate]), gate];
  },
});

/** x·σ(x), elementwise: Swish, also called SiLU. */
export function swish(x: Value): Value {
  return sigmoidLinearUnit([x], {})[0];
}
