import { OPERATORS } from '../../src/graph/ops/index.js';
import { concat, split } from '../../src/graph/ops/concat.js';
import { expand } from '../../src/graph/ops/expand.js';
import { gather } from '../../src/graph/ops/gather.js';
import { reshape } from '../../src/graph/ops/reshape.js';
import { roll } from '../../src/graph/ops/roll.js';
import { pad, slice } from '../../src/graph/ops/slice.js';
import { transpose } from '../../src/graph/ops/transpose.js';
import { numbers, wholes, type OperatorCase } from '../support/operatorCase.js';
import { reference, Reference } from '../support/reference.js';

/** `index` with `change` applied at `axis`. */
function moved(index: readonly number[], axis: number, change: (at: number) => number): readonly number[] {
  return index.map((at, position) => (position === axis ? change(at) : at));
}

function expanding(from: readonly number[], to: readonly number[]): OperatorCase {
  return {
    name: `[${from.join()}] to [${to.join()}]`,
    inputs: [numbers(from)],
    apply: ([x]) => expand(x, to),
    reference: ([x]) => reference(to, (index) => x.at(index)),
  };
}

function reshaping(from: readonly number[], to: readonly number[]): OperatorCase {
  return {
    name: `[${from.join()}] to [${to.join()}]`,
    inputs: [numbers(from)],
    apply: ([x]) => reshape(x, to),
    reference: ([x]) => new Reference(to, x.data),
  };
}

function transposing(shape: readonly number[], axes: readonly number[]): OperatorCase {
  return {
    name: `[${shape.join()}] by [${axes.join()}]`,
    inputs: [numbers(shape)],
    apply: ([x]) => transpose(x, axes),
    reference: ([x]) =>
      reference(
        axes.map((axis) => shape[axis]),
        (index) => x.at(shape.map((_, axis) => index[axes.indexOf(axis)])),
      ),
  };
}

function slicing(shape: readonly number[], axis: number, start: number, end: number): OperatorCase {
  const at = axis < 0 ? axis + shape.length : axis;
  const result = moved(shape, at, () => end - start);
  return {
    name: `${start}..${end} of axis ${axis} of [${shape.join()}]`,
    inputs: [numbers(shape)],
    apply: ([x]) => slice(x, axis, start, end),
    reference: ([x]) => reference(result, (index) => x.at(moved(index, at, (i) => i + start))),
  };
}

function padded(shape: readonly number[], axis: number, before: number, after: number, value?: number): OperatorCase {
  const at = axis < 0 ? axis + shape.length : axis;
  const result = moved(shape, at, (extent) => extent + before + after);
  return {
    name: `axis ${axis} of [${shape.join()}] by ${before}, ${after}${value === undefined ? '' : ` with ${value}`}`,
    inputs: [numbers(shape)],
    apply: ([x]) => pad(x, axis, before, after, { value }),
    reference: ([x]) =>
      reference(result, (index) => {
        const from = index[at] - before;
        return from >= 0 && from < shape[at] ? x.at(moved(index, at, () => from)) : (value ?? 0);
      }),
  };
}

function joined(parts: readonly (readonly number[])[], axis: number): OperatorCase {
  const at = axis < 0 ? axis + parts[0].length : axis;
  return {
    name: `${parts.map((part) => `[${part.join()}]`).join(' ')} along ${axis}`,
    inputs: parts.map((part) => numbers(part)),
    apply: (inputs) => concat(inputs, axis),
    reference: (inputs) => {
      const owners = inputs.flatMap((part, owner) => Array.from({ length: part.shape[at] }, (_, i) => ({ owner, i })));
      return reference(
        moved(parts[0], at, () => owners.length),
        (index) => inputs[owners[index[at]].owner].at(moved(index, at, (i) => owners[i].i)),
      );
    },
  };
}

function cut(shape: readonly number[], axis: number, extents: readonly number[]): OperatorCase {
  const at = axis < 0 ? axis + shape.length : axis;
  return {
    name: `axis ${axis} of [${shape.join()}] into ${extents.join(' + ')}`,
    inputs: [numbers(shape)],
    apply: ([x]) => split(x, axis, extents),
    reference: ([x]) => {
      let start = 0;
      return extents.map((extent) => {
        const from = start;
        start += extent;
        return reference(
          moved(shape, at, () => extent),
          (index) => x.at(moved(index, at, (i) => i + from)),
        );
      });
    },
  };
}

function gathered(shape: readonly number[], indices: readonly number[], axis = 0): OperatorCase {
  const at = axis < 0 ? axis + shape.length : axis;
  return {
    name: `${indices.join()} of axis ${axis} of [${shape.join()}]`,
    inputs: [numbers(shape)],
    apply: ([x]) => gather(x, indices, { axis }),
    reference: ([x]) =>
      reference(
        moved(shape, at, () => indices.length),
        (index) => x.at(moved(index, at, (i) => indices[i])),
      ),
  };
}

function rolled(shape: readonly number[], shifts: readonly number[], axes: readonly number[]): OperatorCase {
  return {
    name: `as a roll of [${shape.join()}] by ${shifts.join()} along ${axes.join()}`,
    inputs: [numbers(shape)],
    apply: ([x]) => roll(x, shifts, axes),
    reference: ([x]) => {
      const rank = shape.length;
      return reference(shape, (index) => {
        const from = axes.reduce((place, axis, k) => {
          const at = (axis + rank) % rank;
          return moved(place, at, (i) => (((i - shifts[k]) % shape[at]) + shape[at]) % shape[at]);
        }, index);
        return x.at(from);
      });
    },
  };
}

export const layout = {
  gather: [
    gathered([4, 2], [0, 3, 3, 1, 3]),
    gathered([3], [2, 1, 0]),
    gathered([2, 2, 3], [1]),
    gathered([1, 2], [0, 0]),
    gathered([2, 4, 3], [3, 0, 2, 1], 1),
    gathered([2, 3, 2], [1, 1, 0, 1], -2),
    gathered([2, 3], [2, 0], 1),
  ],
  expand: [expanding([], [2, 3]), expanding([3], [2, 3]), expanding([2, 1, 3], [2, 4, 3]), expanding([1], [1, 1, 2])],
  reshape: [reshaping([2, 6], [3, 4]), reshaping([], [1, 1]), reshaping([4, 1], [4]), reshaping([2, 3, 2], [2, 6])],
  transpose: [
    transposing([2, 3], [1, 0]),
    transposing([2, 3, 4], [1, 2, 0]),
    transposing([2, 3, 4], [2, 0, 1]),
    transposing([2, 2, 3, 2], [0, 2, 1, 3]),
    transposing([3], [0]),
  ],
  slice: [slicing([5], 0, 1, 3), slicing([2, 4, 3], 1, 0, 2), slicing([2, 4], -1, 3, 4), slicing([3, 2], 0, 1, 3)],
  pad: [
    padded([3], 0, 1, 2),
    padded([2, 2, 3], 1, 2, 0),
    padded([2, 3], -1, 0, 1),
    padded([1, 2], 0, 1, 1),
    padded([2, 3], 1, 2, 1, -1.5),
  ],
  concat: [
    joined(
      [
        [2, 3],
        [1, 3],
      ],
      0,
    ),
    joined(
      [
        [2, 1, 3],
        [2, 4, 3],
        [2, 2, 3],
      ],
      1,
    ),
    joined(
      [
        [2, 3],
        [2, 1],
      ],
      -1,
    ),
    rolled([2, 5, 4], [-2, 1], [1, 2]),
    rolled([3, 2], [7], [0]),
    rolled([2, 3], [3, 1], [-1, 0]),
    {
      name: 'one value twice',
      inputs: [numbers([2, 2])],
      apply: ([x]) => concat([x, x], 1),
      reference: ([x]) => reference([2, 4], ([row, column]) => x.at([row, column % 2])),
    },
    {
      name: 'int64',
      inputs: [wholes('int64', [2]), wholes('int64', [3])],
      apply: (parts) => concat(parts, 0),
      reference: ([a, b]) => reference([5], ([i]) => (i < 2 ? a.at([i]) : b.at([i - 2]))),
      constant: true,
    },
  ],
  split: [
    cut([5], 0, [2, 3]),
    cut([2, 6, 2], 1, [1, 2, 3]),
    cut([2, 4], -1, [2, 2]),
    cut([2, 16], 1, [1, 2, 3, 4, 1, 2, 1, 2]),
    cut(
      [60],
      0,
      Array.from({ length: 55 }, (_, at) => (at < 50 ? 1 : 2)),
    ),
    {
      name: 'a part that nothing reads',
      inputs: [numbers([2, 6])],
      apply: ([x]) => OPERATORS.split([x], { axis: 1, extents: [1, 2, 3] })[1],
      reference: ([x]) => reference([2, 2], ([row, column]) => x.at([row, column + 1])),
    },
  ],
} satisfies Record<string, readonly OperatorCase[]>;
