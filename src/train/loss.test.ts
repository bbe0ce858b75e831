import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { float32 } from '../tensor/tensor.js';
import { dominantLabels, mixedTargets, smoothTargets, summedLoss } from './loss.js';

const LABELS = BigInt64Array.of(0n, 2n, 1n);

describe('the summed loss', () => {
  test('is that of the labels, whatever rows follow, and does not overflow', () => {
    const logits = float32([4, 2], [0, 0, Math.log(3), 0, 1000, 0, 7, 7]);
    const nearly = (actual: number, expected: number): void =>
      assert.ok(Math.abs(actual - expected) < 1e-6, `${actual}`);
    nearly(summedLoss(logits, BigInt64Array.of(0n, 0n)), Math.log(2) + Math.log(4 / 3));
    nearly(summedLoss(logits, BigInt64Array.of(1n, 1n, 1n)), Math.log(2) + Math.log(4) + 1000);
  });
});

describe('targets', () => {
  test('are smoothed over all classes', () => {
    const targets = smoothTargets(LABELS, 4, 0.2);
    const on = Math.fround(0.85);
    const off = Math.fround(0.05);
    assert.deepEqual([...targets], [on, off, off, off, off, off, on, off, off, on, off, off]);
  });

  test('of mixed images are those of the labels for λ 1 and those of the partners for λ 0', () => {
    const own = smoothTargets(LABELS, 4, 0.1);
    assert.deepEqual(mixedTargets(LABELS, 4, 0.1, 1), own);
    assert.deepEqual(mixedTargets(LABELS, 4, 0.1, 0), smoothTargets(LABELS.toReversed(), 4, 0.1));
  });

  test('sum to one', () => {
    const labels = fc.array(fc.integer({ min: 0, max: 6 }), { minLength: 1, maxLength: 9 });
    const share = fc.double({ min: 0, max: 1, noNaN: true });
    fc.assert(
      fc.property(labels, share, share, (given, smoothing, lambda) => {
        const targets = mixedTargets(given, 7, smoothing, lambda);
        for (let row = 0; row < given.length; row++) {
          const sum = targets.subarray(row * 7, row * 7 + 7).reduce((total, value) => total + value, 0);
          assert.ok(Math.abs(sum - 1) < 1e-6, `${sum}`);
        }
      }),
    );
  });
});

test('most of an image belongs to its own label or to its partner’s', () => {
  for (const lambda of [undefined, 1, 0.5]) assert.deepEqual(dominantLabels(LABELS, lambda), LABELS);
  assert.deepEqual(dominantLabels(LABELS, 0.49), BigInt64Array.of(1n, 2n, 0n));
});

test('the loss of logits is found for more classes than a call can have arguments', () => {
  const classes = 200_000;
  const logits = float32([1, classes], new Float32Array(classes));
  assert.ok(Math.abs(summedLoss(logits, BigInt64Array.of(7n)) - Math.log(classes)) < 1e-9);
});
