import { OPERATORS } from '../../src/graph/ops/index.js';
import { batchNorm2d } from '../../src/graph/ops/batchNorm2d.js';
import { layerNorm } from '../../src/graph/ops/layerNorm.js';
import { logSoftmax } from '../../src/graph/ops/logSoftmax.js';
import { mean, sum } from '../../src/graph/ops/sum.js';
import { numbers, wholes, type OperatorCase } from '../support/operatorCase.js';
import { Reference, reference, total } from '../support/reference.js';

/** Σ over `axes`, element by element. */
function summed(x: Reference, axes: readonly number[], keepAxes: boolean): Reference {
  const rank = x.shape.length;
  const over = axes.map((axis) => (axis < 0 ? axis + rank : axis));
  const kept = x.shape.map((extent, axis) => (over.includes(axis) ? 1 : extent));
  const sums = reference(kept, () => 0);
  reference(x.shape, (index) => {
    let offset = 0;
    kept.forEach((extent, axis) => (offset = offset * extent + (over.includes(axis) ? 0 : index[axis])));
    sums.data[offset] += x.at(index);
    return 0;
  });
  const shape = keepAxes ? kept : x.shape.filter((_, axis) => !over.includes(axis));
  return new Reference(shape, sums.data);
}

function sumOver(shape: readonly number[], axes: readonly number[] | undefined, keepAxes: boolean): OperatorCase {
  return {
    name: `[${shape.join()}] over ${axes === undefined ? 'everything' : `[${axes.join()}]`}${keepAxes ? ', axes kept' : ''}`,
    inputs: [numbers(shape)],
    apply: ([x]) => sum(x, axes, { keepAxes }),
    reference: ([x]) => summed(x, axes ?? [...shape.keys()], keepAxes),
  };
}

function meanOver(shape: readonly number[], axes: readonly number[] | undefined, keepAxes: boolean): OperatorCase {
  const count = (axes ?? [...shape.keys()]).reduce((product, axis) => product * (shape.at(axis) ?? 1), 1);
  return {
    ...sumOver(shape, axes, keepAxes),
    name: `mean of ${sumOver(shape, axes, keepAxes).name}`,
    apply: ([x]) => mean(x, axes, { keepAxes }),
    reference: ([x]) => {
      const sums = summed(x, axes ?? [...shape.keys()], keepAxes);
      return new Reference(
        sums.shape,
        sums.data.map((value) => value / count),
      );
    },
  };
}

function rowMean(x: Reference, row: readonly number[], of: (value: number) => number): number {
  const width = x.shape[x.shape.length - 1];
  return total(width, (at) => of(x.at([...row, at]))) / width;
}

function normalized(shape: readonly number[], epsilon: number): OperatorCase {
  const width = shape[shape.length - 1];
  return {
    name: `[${shape.join()}], epsilon ${epsilon}`,
    inputs: [numbers(shape, -2, 3), numbers([width], 0.5, 2), numbers([width])],
    apply: (inputs) => OPERATORS.layerNorm(inputs, { epsilon }),
    reference: ([x, scale, shift]) => {
      const statistics = [...shape.slice(0, -1), 1];
      const centers = reference(statistics, (index) => rowMean(x, index.slice(0, -1), (value) => value));
      const inverses = reference(statistics, (index) => {
        const center = centers.at(index);
        return 1 / Math.sqrt(rowMean(x, index.slice(0, -1), (value) => (value - center) ** 2) + epsilon);
      });
      const output = reference(
        shape,
        (index) => (x.at(index) - centers.at(index)) * inverses.at(index) * scale.at(index) + shift.at(index),
      );
      return [output, centers, inverses];
    },
    saved: 2,
    once: true,
  };
}

function batchNormalized(channels: number, count: number, epsilon: number): OperatorCase {
  return {
    name: `[${channels}, ${count}], epsilon ${epsilon}`,
    inputs: [numbers([channels, count], -2, 3), numbers([channels], 0.5, 2), numbers([channels])],
    apply: (inputs) => OPERATORS.batchNorm(inputs, { epsilon }),
    reference: ([x, scale, shift]) => {
      const centers = reference([channels], (channel) => rowMean(x, channel, (value) => value));
      const variances = reference([channels], (channel) =>
        rowMean(x, channel, (value) => (value - centers.at(channel)) ** 2),
      );
      const centered = reference(x.shape, ([channel, at]) => x.at([channel, at]) - centers.at([channel]));
      const output = reference(x.shape, ([channel, at]) => {
        const normal = centered.at([channel, at]) / Math.sqrt(variances.at([channel]) + epsilon);
        return normal * scale.at([channel]) + shift.at([channel]);
      });
      return [output, centers, variances, centered];
    },
    saved: 3,
    once: true,
  };
}

function imagesNormalized(shape: readonly [number, number, number, number], epsilon: number): OperatorCase {
  const [batch, channels, height, width] = shape;
  const count = batch * height * width;
  const statistic = (x: Reference, of: (value: number, channel: number) => number): Reference =>
    reference([channels], ([channel]) => {
      const value = (at: number): number =>
        x.at([Math.floor(at / (height * width)), channel, Math.floor(at / width) % height, at % width]);
      return total(count, (at) => of(value(at), channel)) / count;
    });
  return {
    name: `[${shape.join()}], epsilon ${epsilon}`,
    inputs: [numbers(shape, -2, 3), numbers([channels], 0.5, 2), numbers([channels])],
    apply: (inputs) => OPERATORS.batchNorm2d(inputs, { epsilon }),
    reference: ([x, scale, shift]) => {
      const centers = statistic(x, (value) => value);
      const variances = statistic(x, (value, channel) => (value - centers.at([channel])) ** 2);
      const output = reference(shape, (index) => {
        const channel = [index[1]];
        const normal = (x.at(index) - centers.at(channel)) / Math.sqrt(variances.at(channel) + epsilon);
        return normal * scale.at(channel) + shift.at(channel);
      });
      return [output, centers, variances];
    },
    saved: 2,
    once: true,
  };
}

function logSoftmaxOf(shape: readonly number[], low: number, high: number): OperatorCase {
  const width = shape[shape.length - 1];
  return {
    name: `[${shape.join()}] of ${low}..${high}`,
    inputs: [numbers(shape, low, high)],
    apply: ([x]) => logSoftmax(x),
    reference: ([x]) =>
      reference(shape, (index) => {
        const row = index.slice(0, -1);
        return x.at(index) - high - Math.log(total(width, (at) => Math.exp(x.at([...row, at]) - high)));
      }),
  };
}

const normalizations = [normalized([2, 4], 1e-6), normalized([2, 3, 5], 1e-3), normalized([3], 0.5)];

export const reductions = {
  sum: [
    sumOver([2, 3, 2], undefined, false),
    sumOver([2, 3, 2], undefined, true),
    sumOver([2, 3, 2], [1], false),
    sumOver([2, 3, 2], [0, 2], true),
    sumOver([2, 3, 2], [-1, 0], false),
    sumOver([2, 3], [], false),
    sumOver([2, 1], [1], false),
    sumOver([], undefined, false),
    meanOver([2, 3], undefined, false),
    meanOver([2, 3, 4], [1, -1], false),
    meanOver([2, 3, 4], [1], true),
    {
      name: 'int64',
      inputs: [wholes('int64', [2, 3])],
      apply: ([x]) => sum(x, [1]),
      reference: ([x]) => summed(x, [1], false),
      constant: true,
    },
  ],
  batchNorm: [batchNormalized(2, 4, 1e-5), batchNormalized(3, 5, 1e-2), batchNormalized(1, 2, 0.5)],
  batchNorm2d: [
    imagesNormalized([2, 3, 2, 4], 1e-5),
    imagesNormalized([3, 1, 1, 2], 1e-2),
    imagesNormalized([1, 2, 3, 1], 0.5),
    {
      ...imagesNormalized([2, 2, 1, 2], 1e-5),
      saved: 0,
      name: 'its result alone, as a model calls it',
      apply: ([x, scale, shift]) => batchNorm2d(x, scale, shift).result,
      reference: (inputs, count) =>
        (imagesNormalized([2, 2, 1, 2], 1e-5).reference(inputs, count) as readonly Reference[])[0],
    },
  ],
  layerNorm: [
    ...normalizations,
    {
      ...normalizations[0],
      saved: 0,
      name: 'its result alone, as a model calls it',
      apply: ([x, scale, shift]) => layerNorm(x, scale, shift),
      reference: (inputs, count) => (normalizations[0].reference(inputs, count) as readonly Reference[])[0],
    },
  ],
  logSoftmax: [
    logSoftmaxOf([4], -1.5, 1.5),
    logSoftmaxOf([2, 3], -3, 3),
    logSoftmaxOf([2, 2, 3], -1, 1),
    // e^100 overflows float32: subtract the largest first
    logSoftmaxOf([1, 5], 95, 100),
  ],
} satisfies Record<string, readonly OperatorCase[]>;
