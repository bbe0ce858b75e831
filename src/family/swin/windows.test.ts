import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { attentionMask, inverse, relativePositions, windowOrder, windowsOf } from './windows.js';

describe('windows', () => {
  test('fill a grid up, and a window over all of it is not moved', () => {
    assert.deepEqual(windowsOf(56, { window: 7, shift: 3 }), { side: 56, window: 7, shift: 3 });
    assert.deepEqual(windowsOf(12, { window: 7, shift: 3 }), { side: 14, window: 7, shift: 3 });
    assert.deepEqual(windowsOf(7, { window: 7, shift: 3 }), { side: 7, window: 7, shift: 0 });
    assert.deepEqual(windowsOf(2, { window: 7, shift: 3 }), { side: 7, window: 7, shift: 0 });
  });

  test('take tokens row by row from the rolled grid, head by head', () => {
    // Rolled by one, the first row of a grid of 4 × 4 is 5 6 7 4, the second one 9 10 11 8.
    assert.deepEqual(windowOrder({ side: 4, window: 2, shift: 1 }, 1).slice(0, 8), [5, 6, 9, 10, 7, 4, 11, 8]);
    assert.deepEqual(windowOrder({ side: 2, window: 2, shift: 0 }, 2), [0, 2, 4, 6, 1, 3, 5, 7]);
  });

  test('move every token to one place, and back', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 9 }),
        fc.integer({ min: 1, max: 4 }),
        fc.nat(),
        fc.integer({ min: 1, max: 3 }),
        (rows, window, shift, heads) => {
          const order = windowOrder(windowsOf(rows, { window, shift: shift % window }), heads);
          assert.deepEqual(inverse(inverse(order)), order);
          assert.deepEqual(
            inverse(order).map((at) => order[at]),
            [...order.keys()],
          );
        },
      ),
    );
  });
});

describe('the attention mask', () => {
  test('is there where windows are moved only', () => {
    assert.equal(attentionMask({ side: 14, window: 7, shift: 0 }), undefined);
  });

  test('keeps apart what was not side by side before the roll', () => {
    fc.assert(
      fc.property(fc.integer({ min: 2, max: 4 }), fc.integer({ min: 2, max: 3 }), fc.nat(), (window, count, moved) => {
        const side = window * count;
        const shift = 1 + (moved % (window - 1));
        const mask = attentionMask({ side, window, shift });
        const tokens = window * window;
        assert.deepEqual(mask?.shape, [count * count, 1, tokens, tokens]);
        const order = windowOrder({ side, window, shift }, 1);
        mask.data.forEach((added, at) => {
          const first = Math.floor(at / tokens / tokens) * tokens;
          const [one, other] = [order[first + (Math.floor(at / tokens) % tokens)], order[first + (at % tokens)]];
          // In one window, two tokens of the image are less than a window apart, and those from opposite edges are not.
          const near = (a: number, b: number): boolean => Math.abs(a - b) < window;
          const together = near(one % side, other % side) && near(Math.floor(one / side), Math.floor(other / side));
          assert.equal(added, together ? 0 : -100);
        });
      }),
    );
  });
});

test('relative positions are one number for each distance', () => {
  assert.deepEqual(relativePositions(2), [4, 3, 1, 0, 5, 4, 2, 1, 7, 6, 4, 3, 8, 7, 5, 4]);
  assert.equal(new Set(relativePositions(7)).size, 13 * 13);
});
