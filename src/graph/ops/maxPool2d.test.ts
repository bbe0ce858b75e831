import assert from 'node:assert/strict';
import { test } from 'node:test';
import { evaluate } from '../../../test/support/evaluate.js';
import { float32, sizeOf, type Shape } from '../../tensor/tensor.js';
import { vjp } from '../gradient.js';
import { input } from '../value.js';
import { maxPool2d, type MaxPool2dOptions } from './maxPool2d.js';

/** The gradient of Σ k·y_k over the windows k = 1, 2, … by the elements of an image. */
async function gradientAt(
  image: readonly number[],
  shape: Shape,
  options: MaxPool2dOptions,
): Promise<readonly number[]> {
  const x = input('x', 'float32', shape);
  const y = maxPool2d(x, options);
  const seed = input('seed', 'float32', y.shape);
  const [gradient] = vjp([y], [seed], [x]);
  assert.ok(gradient);
  const windows = Array.from({ length: sizeOf(y.shape) }, (_, at) => at + 1);
  const { result } = await evaluate(
    { result: gradient },
    { x: float32(shape, image), seed: float32(y.shape, windows) },
  );
  return Array.from(result.data, Number);
}

test('of equal elements, the first of a window gets its gradient, and no padding does', async () => {
  const zeros = Array.from({ length: 16 }, () => 0);
  // Windows 1..4 begin at (−1, −1), (−1, 1), (1, −1) and (1, 1); within the image, their first elements are these.
  const first = [1, 2, 0, 0, 3, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
  assert.deepEqual(await gradientAt(zeros, [1, 1, 4, 4], { kernel: 3, stride: 2, padding: 1 }), first);
});

test('an element that several windows choose gets what all of them give', async () => {
  const image = [0, 0, 0, 0, 5, 0, 0, 0, 0];
  const sum = [0, 0, 0, 0, 1 + 2 + 3 + 4, 0, 0, 0, 0];
  assert.deepEqual(await gradientAt(image, [1, 1, 3, 3], { kernel: 2, stride: 1 }), sum);
});

test('negative elements are larger than the padding', async () => {
  assert.deepEqual(
    await gradientAt([-3, -2, -2, -4], [1, 1, 2, 2], { kernel: 3, stride: 2, padding: 1 }),
    [0, 1, 0, 0],
  );
});
