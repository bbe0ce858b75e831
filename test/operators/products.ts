import { OPERATORS } from '../../src/graph/ops/index.js';
import { attention } from '../../src/graph/ops/attention.js';
import { depthwiseConv1d } from '../../src/graph/ops/depthwiseConv1d.js';
import { feedForward } from '../../src/graph/ops/feedForward.js';
import { gemm } from '../../src/graph/ops/gemm.js';
import { matmul } from '../../src/graph/ops/matmul.js';
import { numbers, type OperatorCase } from '../support/operatorCase.js';
import { reference, total, type Contraction, type Reference } from '../support/reference.js';

type Sides = readonly [transposeA: boolean, transposeB: boolean];

const SIDES: readonly Sides[] = [
  [false, false],
  [true, false],
  [false, true],
  [true, true],
];

function name([transposeA, transposeB]: Sides): string {
  return `A${transposeA ? 'ᵀ' : ''}·B${transposeB ? 'ᵀ' : ''}`;
}

/** A·B + bias in the last two axes of [...batch, M, K] and [...batch, K, N]; either operand may be stored transposed. */
function product(
  [transposeA, transposeB]: Sides,
  [a, b, bias]: readonly Reference[],
  shape: readonly number[],
  inner: number,
  products: Contraction,
): Reference {
  return reference(shape, (index) => {
    const batch = index.slice(0, -2);
    const [row, column] = index.slice(-2);
    const dot = products.sum(
      inner,
      (k) => a.at(transposeA ? [...batch, k, row] : [...batch, row, k]),
      (k) => b.at(transposeB ? [...batch, column, k] : [...batch, k, column]),
    );
    return bias === undefined ? dot : dot + bias.at([row, column]);
  });
}

function gemms(rows: number, inner: number, columns: number): readonly OperatorCase[] {
  return SIDES.flatMap((sides): readonly OperatorCase[] => {
    const [transposeA, transposeB] = sides;
    const a = numbers(transposeA ? [inner, rows] : [rows, inner]);
    const b = numbers(transposeB ? [columns, inner] : [inner, columns]);
    return [
      {
        name: name(sides),
        inputs: [a, b],
        apply: (inputs) => gemm(inputs[0], inputs[1], { transposeA, transposeB }),
        reference: (inputs, products) => product(sides, inputs, [rows, columns], inner, products),
      },
      {
        name: `${name(sides)} + bias`,
        inputs: [a, b, numbers([columns])],
        apply: (inputs) => gemm(inputs[0], inputs[1], { bias: inputs[2], transposeA, transposeB }),
        reference: (inputs, products) => product(sides, inputs, [rows, columns], inner, products),
      },
      {
        name: `${name(sides)} + a bias for every row`,
        inputs: [a, b, numbers([rows, 1])],
        apply: (inputs) => gemm(inputs[0], inputs[1], { bias: inputs[2], transposeA, transposeB }),
        reference: (inputs, products) => product(sides, inputs, [rows, columns], inner, products),
      },
    ];
  });
}

function matmuls(batch: readonly number[], rows: number, inner: number, columns: number): readonly OperatorCase[] {
  return SIDES.map((sides): OperatorCase => {
    const [transposeA, transposeB] = sides;
    return {
      name: `${name(sides)} of batch [${batch.join()}]`,
      inputs: [
        numbers(transposeA ? [...batch, inner, rows] : [...batch, rows, inner]),
        numbers(transposeB ? [...batch, columns, inner] : [...batch, inner, columns]),
      ],
      apply: ([a, b]) => matmul(a, b, { transposeA, transposeB }),
      reference: (inputs, products) => product(sides, inputs, [...batch, rows, columns], inner, products),
    };
  });
}

function depthwise(channels: number, batch: number, length: number, kernel: number): OperatorCase {
  return {
    name: `as a depthwise convolution of [${channels}, ${batch}, ${length}], K = ${kernel}`,
    inputs: [numbers([channels, batch, length]), numbers([channels, kernel])],
    apply: ([x, weight]) => depthwiseConv1d(x, weight),
    reference: ([x, weight], products) =>
      reference([channels, batch, length], ([channel, item, position]) => {
        const read = (at: number) => (at < 0 || at >= length ? 0 : x.at([channel, item, at]));
        return products.sum(
          kernel,
          (tap) => read(position + tap - (kernel - 1) / 2),
          (tap) => weight.at([channel, tap]),
        );
      }),
  };
}

/** `biases`: the number of heads that a bias has; it repeats over the others. Absent: no bias. */
function attentionOf(shape: readonly [number, number, number], scale: number, biases = 0): OperatorCase {
  const [heads, tokens, width] = shape;
  const bias = biases === 0 ? [] : [numbers([biases, tokens, tokens])];
  return {
    name: `[${shape.join()}] scaled by ${scale}${biases === 0 ? '' : ` with ${biases} biases`}`,
    inputs: [numbers(shape), numbers(shape), numbers(shape), ...bias],
    apply: (inputs) => OPERATORS.attention(inputs, { scale }),
    reference: ([q, k, v, added], products) => {
      const exponentials = reference([heads, tokens, tokens], ([h, row, column]) => {
        const score = products.sum(
          width,
          (i) => q.at([h, row, i]),
          (i) => k.at([h, column, i]),
        );
        return Math.exp(scale * score + (biases === 0 ? 0 : added.at([h % biases, row, column])));
      });
      const weights = reference(
        exponentials.shape,
        ([h, row, column]) =>
          exponentials.at([h, row, column]) / total(tokens, (other) => exponentials.at([h, row, other])),
      );
      const output = reference(shape, ([h, row, i]) =>
        products.sum(
          tokens,
          (other) => weights.at([h, row, other]),
          (other) => v.at([h, other, i]),
        ),
      );
      return [output, weights];
    },
    saved: 1,
    once: true,
  };
}

const attentions = [attentionOf([4, 3, 4], 0.5), attentionOf([1, 4, 2], 1.25), attentionOf([2, 1, 3], 2)];
const biased = attentionOf([6, 3, 2], 0.5, 2);

/** The error function by its series 2/√π Σ (−1)ⁿ x²ⁿ⁺¹ / (n!·(2n+1)). */
function erf(x: number): number {
  let power = x;
  const series = total(40, (n) => {
    if (n > 0) power *= (-x * x) / n;
    return power / (2 * n + 1);
  });
  return (2 / Math.sqrt(Math.PI)) * series;
}

const normalDistribution = (x: number) => 0.5 * (1 + erf(x / Math.sqrt(2)));

/** A feed-forward network from `width` to `hidden` to `out` channels, with the outputs for its gradient. */
function feedForwardOf(rows: number, width: number, hidden: number, out: number): OperatorCase {
  return {
    name: `of [${rows}, ${width}] to ${hidden} and ${out}`,
    inputs: [
      numbers([rows, width]),
      numbers([hidden, width]),
      numbers([hidden]),
      numbers([out, hidden], -0.5, 0.5),
      numbers([out]),
    ],
    apply: (inputs) => OPERATORS.feedForward(inputs, {}),
    reference: ([x, up, upBias, down, downBias], products) => {
      const layer = (rowsOf: Reference, weight: Reference, bias: Reference): Reference =>
        reference([rows, weight.shape[0]], ([row, column]) => {
          const dot = products.sum(
            weight.shape[1],
            (k) => rowsOf.at([row, k]),
            (k) => weight.at([column, k]),
          );
          return dot + bias.at([column]);
        });
      const entries = layer(x, up, upBias);
      const of = (activation: (h: number) => number): Reference =>
        reference(entries.shape, (index) => activation(entries.at(index)));
      const activated = of((h) => h * normalDistribution(h));
      return [
        layer(activated, down, downBias),
        of((h) => Math.SQRT2 * h * normalDistribution(h)),
        of((h) => 2 * normalDistribution(h) + h * Math.exp(-(h ** 2) / 2) * Math.sqrt(2 / Math.PI)),
      ];
    },
    saved: 2,
    once: true,
  };
}

const feedForwards = [feedForwardOf(3, 2, 5, 2), feedForwardOf(2, 3, 2, 4), feedForwardOf(1, 1, 1, 1)];

export const products = {
  feedForward: [
    ...feedForwards,
    {
      ...feedForwards[0],
      saved: 0,
      name: 'its result alone, as a model calls it',
      apply: ([x, up, upBias, down, downBias]) =>
        feedForward(x, { weight: up, bias: upBias }, { weight: down, bias: downBias }),
      reference: (inputs, count) => (feedForwards[0].reference(inputs, count) as readonly Reference[])[0],
    },
  ],
  // the last two have factors as wide as the result, with even and odd numbers of rows
  gemm: [...gemms(2, 3, 4), ...gemms(1, 4, 1), ...gemms(4, 3, 3), ...gemms(3, 2, 2)],
  matmul: [
    ...matmuls([2], 2, 3, 4),
    ...matmuls([2, 3], 1, 2, 3),
    depthwise(3, 2, 5, 3),
    depthwise(2, 1, 4, 1),
    // a kernel that reaches beyond both ends from every position
    depthwise(1, 2, 3, 9),
    // long enough for several parts, with a kernel shorter than a part, of a part's length, and of one position
    depthwise(1, 1, 97, 5),
    depthwise(1, 1, 100, 35),
    depthwise(1, 1, 97, 1),
  ],
  attention: [
    ...attentions,
    biased,
    attentionOf([2, 3, 2], 0.5, 2),
    {
      ...biased,
      saved: 0,
      name: 'its result alone, with biases',
      apply: ([q, k, v, bias]) => attention(q, k, v, 0.5, { bias }),
      reference: (inputs, count) => (biased.reference(inputs, count) as readonly Reference[])[0],
    },
    {
      ...attentions[0],
      saved: 0,
      name: 'its result alone, as a model calls it',
      apply: ([q, k, v]) => attention(q, k, v, 0.5),
      reference: (inputs, count) => (attentions[0].reference(inputs, count) as readonly Reference[])[0],
    },
  ],
} satisfies Record<string, readonly OperatorCase[]>;
