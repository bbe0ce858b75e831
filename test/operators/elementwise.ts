import { OPERATORS } from '../../src/graph/ops/index.js';
import { add } from '../../src/graph/ops/add.js';
import { cast } from '../../src/graph/ops/cast.js';
import { div } from '../../src/graph/ops/div.js';
import { exp } from '../../src/graph/ops/exp.js';
import { lessOrEqual } from '../../src/graph/ops/lessOrEqual.js';
import { log } from '../../src/graph/ops/log.js';
import { minimum } from '../../src/graph/ops/minimum.js';
import { mul } from '../../src/graph/ops/mul.js';
import { relu, step } from '../../src/graph/ops/relu.js';
import { sigmoid } from '../../src/graph/ops/sigmoid.js';
import { sqrt } from '../../src/graph/ops/sqrt.js';
import { sub } from '../../src/graph/ops/sub.js';
import { swish } from '../../src/graph/ops/swish.js';
import type { Value } from '../../src/graph/value.js';
import type { DType } from '../../src/tensor/tensor.js';
import { numbers, wholes, type Operand, type OperatorCase } from '../support/operatorCase.js';
import { reference, type Reference } from '../support/reference.js';

/** Pairs of shapes and what they broadcast to. */
const PAIRS: readonly (readonly [readonly number[], readonly number[], readonly number[]])[] = [
  [[], [], []],
  [
    [2, 3],
    [2, 3],
    [2, 3],
  ],
  [[2, 3], [3], [2, 3]],
  [[3], [2, 3], [2, 3]],
  [
    [2, 1, 3],
    [4, 1],
    [2, 4, 3],
  ],
  [[], [2, 2], [2, 2]],
  [[1, 1], [3], [1, 3]],
];

type Binary = (a: Value | number, b: Value | number) => Value;

/** A binary operator on every pair of shapes, and with a number on either side. */
function binary(apply: Binary, of: (a: number, b: number) => number, low = -1.5, high = 1.5): readonly OperatorCase[] {
  const pairs = PAIRS.map(([left, right, result]): OperatorCase => {
    return {
      name: `[${left.join()}] and [${right.join()}]`,
      inputs: [numbers(left, low, high), numbers(right, low, high)],
      apply: ([a, b]) => apply(a, b),
      reference: ([a, b]) => reference(result, (index) => of(a.at(index), b.at(index))),
    };
  });
  const scalars: readonly OperatorCase[] = [
    {
      name: 'a number on the right',
      inputs: [numbers([2, 2], low, high)],
      apply: ([a]) => apply(a, 0.75),
      reference: ([a]) => map(a, (x) => of(x, 0.75)),
    },
    {
      name: 'a number on the left',
      inputs: [numbers([2, 2], low, high)],
      apply: ([b]) => apply(0.75, b),
      reference: ([b]) => map(b, (x) => of(0.75, x)),
    },
    {
      name: 'both operands the same value',
      inputs: [numbers([3], low, high)],
      apply: ([a]) => apply(a, a),
      reference: ([a]) => map(a, (x) => of(x, x)),
    },
  ];
  return [...pairs, ...scalars];
}

function unary(apply: (x: Value) => Value, of: (x: number) => number, low?: number, high?: number) {
  return [[], [5], [2, 3, 2]].map((shape): OperatorCase => {
    return {
      name: `[${shape.join()}]`,
      inputs: [numbers(shape, low, high)],
      apply: ([x]) => apply(x),
      reference: ([x]) => map(x, of),
    };
  });
}

function map(x: Reference, of: (x: number) => number): Reference {
  return reference(x.shape, (index) => of(x.at(index)));
}

function conversionOf(input: Operand, to: DType, of: (x: number) => number): OperatorCase {
  return {
    name: `${input.dtype} to ${to}`,
    inputs: [input],
    apply: ([x]) => cast(x, to),
    reference: ([x]) => map(x, of),
    ...((input.dtype !== 'float32' || to !== 'float32') && { constant: true }),
  };
}

export const elementwise = {
  add: binary(add, (a, b) => a + b),
  sub: binary(sub, (a, b) => a - b),
  mul: binary(mul, (a, b) => a * b),
  div: binary(div, (a, b) => a / b, 0.5, 2),
  minimum: binary(minimum, Math.min),
  exp: unary(exp, Math.exp),
  log: unary(log, Math.log, 0.5, 3),
  sqrt: unary(sqrt, Math.sqrt, 0.5, 3),
  sigmoid: unary(sigmoid, (x) => 1 / (1 + Math.exp(-x)), -4, 4),
  relu: unary(relu, (x) => Math.max(x, 0)),
  step: unary(step, (x) => (x > 0 ? 1 : 0)).map((one) => ({ ...one, constant: true as const })),
  swish: [
    ...unary(swish, (x) => x / (1 + Math.exp(-x)), -4, 4).map((one) => ({ ...one, once: true as const })),
    {
      name: 'with the gate that its gradient reads',
      inputs: [numbers([2, 3], -4, 4)],
      apply: (inputs) => OPERATORS.swish(inputs, {}),
      reference: ([x]) => [map(x, (u) => u / (1 + Math.exp(-u))), map(x, (u) => 1 / (1 + Math.exp(-u)))],
      saved: 1,
      once: true,
    },
  ],
  lessOrEqual: PAIRS.map(([left, right, result]): OperatorCase => {
    return {
      name: `[${left.join()}] and [${right.join()}]`,
      inputs: [wholes('int64', left, -1, 2), wholes('int64', right, -1, 2)],
      apply: ([a, b]) => lessOrEqual(a, b),
      reference: ([a, b]) => reference(result, (index) => (a.at(index) <= b.at(index) ? 1 : 0)),
      constant: true,
    };
  }).concat({
    name: 'float32',
    inputs: [numbers([3, 1]), numbers([4])],
    apply: ([a, b]) => lessOrEqual(a, b),
    reference: ([a, b]) => reference([3, 4], (index) => (a.at(index) <= b.at(index) ? 1 : 0)),
    constant: true,
  }),
  cast: [
    conversionOf(numbers([2, 3], -5, 5), 'float32', (x) => x),
    conversionOf(numbers([2, 3], -5, 5), 'int64', Math.trunc),
    conversionOf(numbers([4], -5, 5), 'int32', Math.trunc),
    conversionOf(wholes('int64', [2, 2]), 'float32', (x) => x),
    conversionOf(wholes('int32', [3]), 'float32', (x) => x),
    conversionOf(wholes('uint8', [2, 3], 0, 256), 'float32', (x) => x),
    conversionOf(wholes('bool', [5], 0, 2), 'float32', (x) => x),
    conversionOf(wholes('int64', [5], -1, 2), 'bool', (x) => (x === 0 ? 0 : 1)),
    conversionOf(wholes('int64', [], -1, 2), 'int32', (x) => x),
  ],
} satisfies Record<string, readonly OperatorCase[]>;
