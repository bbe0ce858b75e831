import { int64 } from '../../tensor/tensor.js';
import { defineOperator } from '../operator.js';
import type { Value } from '../value.js';
import { inferSame } from './broadcast.js';
import { exp } from './exp.js';
import { mul } from './mul.js';
import { sub } from './sub.js';
import { sum } from './sum.js';

export const logarithmicSoftmax = defineOperator<object>({
  name: 'logSoftmax',
  float32Only: true,
  infer: inferSame,
  // dx = dy − softmax(x)·Σ dy
  gradient: ({ outputs: [y], grads: [g] }) => [
    g && sub(g, mul(exp(y), sum(g, [y.shape.length - 1], { keepAxes: true }))),
  ],
  // Step by step: WebGPU lacks the single node.
  lower: (emit, { inputs: [x] }) => {
    const lastAxis = emit.constant(int64([1], [-1]));
    const [largest] = emit.node('ReduceMax', [x, lastAxis]);
    const [shifted] = emit.node('Sub', [x, largest]);
    const [total] = emit.node('ReduceSum', [...emit.node('Exp', [shifted]), lastAxis]);
    return emit.node('Sub', [shifted, ...emit.node('Log', [total])]);
  },
});

/** log(softmax(x)) along the last axis. */
export function logSoftmax(x: Value): Value {
  return logarithmicSoftmax([x], {})[0];
}
