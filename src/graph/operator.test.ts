import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { DType } from '../tensor/tensor.js';
import { add } from './ops/add.js';
import { attention } from './ops/attention.js';
import { batchNorm } from './ops/batchNorm.js';
import { batchNorm2d } from './ops/batchNorm2d.js';
import { concat, split } from './ops/concat.js';
import { conv2d, convTranspose2d } from './ops/conv2d.js';
import { depthwiseConv1d } from './ops/depthwiseConv1d.js';
import { div } from './ops/div.js';
import { exp } from './ops/exp.js';
import { expand } from './ops/expand.js';
import { gather } from './ops/gather.js';
import { gemm } from './ops/gemm.js';
import { layerNorm } from './ops/layerNorm.js';
import { matmul } from './ops/matmul.js';
import { maxPool2d } from './ops/maxPool2d.js';
import { reshape } from './ops/reshape.js';
import { roll } from './ops/roll.js';
import { pad, slice } from './ops/slice.js';
import { mean, sum } from './ops/sum.js';
import { transpose } from './ops/transpose.js';
import { input, type Value } from './value.js';

function of(...shape: readonly number[]): Value {
  return input('x', 'float32', shape);
}

function typed(dtype: DType): Value {
  return input('y', dtype, [2, 3]);
}

/** Invalid calls and their errors. */
const MISFITS: readonly (readonly [call: () => unknown, message: string])[] = [
  [() => add(of(2, 3), of(4)), 'add: shapes [2, 3] and [4] do not broadcast'],
  [() => add(of(2, 3), typed('int64')), 'add: dtypes float32 and int64 differ'],
  [() => div(typed('int64'), typed('int64')), 'div: takes float32, not int64[2, 3]'],
  [() => gemm(of(4, 2), typed('int32')), 'gemm: takes float32, not int32[2, 3]'],
  [() => exp(typed('uint8')), 'exp: takes float32, not uint8[2, 3]'],
  [() => gemm(of(2, 3), of(2, 3)), 'gemm: cannot multiply [2, 3] by [2, 3]'],
  [() => gemm(of(2, 3), of(3, 4), { transposeA: true }), 'gemm: cannot multiply [2, 3]ᵀ by [3, 4]'],
  [() => gemm(of(1, 2, 3), of(3, 4)), 'gemm: cannot multiply [1, 2, 3] by [3, 4]'],
  [() => gemm(of(2, 3), of(3, 4), { bias: of(3) }), 'gemm: a bias of shape [3] fits neither 2 rows nor 4 columns'],
  [
    () => gemm(of(2, 3), of(3, 4), { bias: of(3, 1) }),
    'gemm: a bias of shape [3, 1] fits neither 2 rows nor 4 columns',
  ],
  [() => depthwiseConv1d(of(3, 1, 5), of(4, 3)), 'depthwiseConv1d: weights [4, 3] do not fit [3, 1, 5]'],
  [() => depthwiseConv1d(of(3, 5), of(3, 3)), 'depthwiseConv1d: weights [3, 3] do not fit [3, 5]'],
  [() => depthwiseConv1d(of(3, 1, 5), of(3, 4)), 'depthwiseConv1d: a kernel of 4 has no middle'],
  [() => matmul(of(2, 3), of(3, 4)), 'matmul: cannot multiply [2, 3] by [3, 4]'],
  [() => matmul(of(2, 2, 3), of(2, 4, 5), { transposeB: true }), 'matmul: cannot multiply [2, 2, 3] by [2, 4, 5]ᵀ'],
  [() => matmul(of(2, 2, 3), of(1, 3, 4)), 'matmul: cannot multiply [2, 2, 3] by [1, 3, 4]'],
  [
    () => attention(of(2, 3, 4), of(2, 3, 4), of(2, 3, 5), 1),
    'attention: queries [2, 3, 4], keys [2, 3, 4] and values [2, 3, 5] differ',
  ],
  [() => layerNorm(of(2, 3), of(2), of(3)), 'layerNorm: scale [2] and shift [3] do not fit [2, 3]'],
  [() => layerNorm(of(2, 3), of(3), of(3, 1)), 'layerNorm: scale [3] and shift [3, 1] do not fit [2, 3]'],
  [() => batchNorm(of(2, 3), of(2), of(3)).result, 'batchNorm: scale [2] and shift [3] do not fit [2, 3]'],
  [
    () => batchNorm2d(of(2, 3, 4, 4), of(2), of(3)).result,
    'batchNorm2d: scale [2] and shift [3] do not fit [2, 3, 4, 4]',
  ],
  [() => conv2d(of(1, 3, 4, 4), of(2, 4, 1, 1)), 'conv2d: weights [2, 4, 1, 1] do not fit [1, 3, 4, 4]'],
  [
    () => conv2d(of(1, 4, 4, 4), of(3, 2, 1, 1), { groups: 2 }),
    'conv2d: weights [3, 2, 1, 1] do not fit [1, 4, 4, 4] in 2 groups',
  ],
  [
    () => conv2d(of(1, 3, 4, 4), of(2, 3, 1, 1), { bias: of(3) }),
    'conv2d: a bias of shape [3] does not fit 2 channels',
  ],
  [
    () => conv2d(of(1, 3, 2, 2), of(2, 3, 5, 3), { padding: 1 }),
    'conv2d: a kernel of 5×3 is larger than [1, 3, 2, 2], padded by 1',
  ],
  [
    () => convTranspose2d(of(1, 2, 3, 3), of(2, 3, 1, 1), { stride: 1, padding: 0, groups: 1, extents: [4, 4] }),
    'convTranspose2d: [1, 2, 3, 3] is no convolution of 4×4 pixels with weights [2, 3, 1, 1]',
  ],
  [
    () => maxPool2d(of(1, 2, 2, 2), { kernel: 3, stride: 2 }),
    'maxPool2d: a window of 3×3 is larger than [1, 2, 2, 2], padded by 0',
  ],
  [
    () => maxPool2d(of(1, 2, 2, 2), { kernel: 2, stride: 2, padding: 2 }),
    'maxPool2d: a padding of 2 hides windows of 2×2 completely',
  ],
  [() => gather(of(2, 3), [0, 2]), 'gather: there is no place 2 on axis 0 of [2, 3]'],
  [() => roll(of(2, 3), [1], [0, 1]), 'roll: 1 shifts do not fit 2 axes'],
  [() => roll(of(2, 3), [1], [2]), 'roll: axis 2 does not exist in a tensor of rank 2'],
  [() => reshape(of(2, 3), [4, 2]), 'reshape: [2, 3] has 6 elements, [4, 2] has 8'],
  [() => reshape(of(2, 3), [-2, -3]), 'reshape: [-2, -3] is not a shape'],
  [() => expand(of(2, 3), [2, 4]), 'expand: [2, 3] does not broadcast to [2, 4]'],
  [() => expand(of(2, 3), [3]), 'expand: [2, 3] does not broadcast to [3]'],
  [() => transpose(of(2, 3), [0, 0]), 'transpose: axes [0, 0] are not a permutation of a tensor of rank 2'],
  [() => transpose(of(2, 3), [0]), 'transpose: axes [0] are not a permutation of a tensor of rank 2'],
  [() => concat([], 0), 'concat: there are no parts'],
  [() => concat([of(2, 3), of(2, 4)], 0), 'concat: [2, 3] and [2, 4] differ outside axis 0'],
  [() => concat([of(2, 3), of(2)], 0), 'concat: [2, 3] and [2] differ outside axis 0'],
  [() => concat([of(2, 3), typed('int64')], 0), 'concat: dtypes float32 and int64 differ'],
  [() => concat([of(2, 3), of(2, 3)], 2), 'concat: axis 2 does not exist in a tensor of rank 2'],
  [() => split(of(2, 3), 1, [1, 1]), 'split: parts of 1 + 1 do not fill axis 1 of [2, 3]'],
  [() => split(of(2, 3), 1, [4, -1]), 'split: parts of 4 + -1 do not fill axis 1 of [2, 3]'],
  [() => split(of(2, 3), 1, [2]), 'split: parts of 2 do not fill axis 1 of [2, 3]'],
  [() => split(of(2, 3), -3, [1, 1]), 'split: axis -3 does not exist in a tensor of rank 2'],
  [() => slice(of(2, 3), 1, 2, 4), 'slice: 2..4 is not a part of axis 1 of [2, 3]'],
  [() => slice(of(2, 3), 1, 1, 1), 'slice: 1..1 is not a part of axis 1 of [2, 3]'],
  [() => slice(of(2, 3), 1, -1, 2), 'slice: -1..2 is not a part of axis 1 of [2, 3]'],
  [() => slice(of(2, 3), 2, 0, 1), 'slice: axis 2 does not exist in a tensor of rank 2'],
  [() => pad(of(2, 3), 0, -1, 0), 'pad: cannot pad by a negative number (-1, 0)'],
  [() => pad(of(2, 3), 5, 1, 0), 'pad: axis 5 does not exist in a tensor of rank 2'],
  [() => sum(of(2, 3), [2]), 'sum: axis 2 does not exist in a tensor of rank 2'],
  [() => mean(of(), [0]), 'sum: axis 0 does not exist in a tensor of rank 0'],
];

describe('an operator says what does not fit:', () => {
  for (const [call, message] of MISFITS) {
    test(message, () => assert.throws(call, { name: 'GraphError', message }));
  }
});
