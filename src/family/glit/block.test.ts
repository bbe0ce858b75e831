import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { UserError } from '../../errors.js';
import { block, describeBlock, type GlitBlock } from './block.js';

function same(first: GlitBlock, second: GlitBlock): boolean {
  return describeBlock(first) === describeBlock(second);
}

describe('block', () => {
  test('fills in the default low level and drops what the split does not use', () => {
    assert.deepEqual(block({ globalHeads: 3, localHeads: 0 }), {
      globalHeads: 3,
      localHeads: 0,
      dkRatio: 1,
      ffnRatio: 4,
    });
    assert.deepEqual(block({ globalHeads: 0, localHeads: 3, dkRatio: 2 }), {
      globalHeads: 0,
      localHeads: 3,
      kernel: 31,
      expansion: 2,
      ffnRatio: 4,
    });
    assert.deepEqual(block({ globalHeads: 1, localHeads: 2, kernel: 17 }, { kernel: 45, expansion: 4 }), {
      globalHeads: 1,
      localHeads: 2,
      kernel: 17,
      expansion: 4,
      dkRatio: 1,
      ffnRatio: 4,
    });
  });

  test('is frozen', () => {
    assert.ok(Object.isFrozen(block({ globalHeads: 3, localHeads: 0 })));
  });

  test('refuses impossible values by name', () => {
    const refused: [Parameters<typeof block>[0], RegExp][] = [
      [{ globalHeads: 0, localHeads: 3, kernel: 16 }, /kernel is 16; use an odd whole number.*17, 31 or 45/],
      [{ globalHeads: 0, localHeads: 3, kernel: -1 }, /kernel is -1/],
      [{ globalHeads: 0, localHeads: 3, expansion: 0 }, /expansion is 0/],
      [{ globalHeads: 3, localHeads: 0, dkRatio: Number.NaN }, /dkRatio is NaN/],
      [{ globalHeads: 3, localHeads: 0, ffnRatio: -4 }, /ffnRatio is -4/],
      [{ globalHeads: 1.5, localHeads: 1.5 }, /globalHeads is 1.5/],
      [{ globalHeads: 4, localHeads: -1 }, /localHeads is -1/],
      [{ globalHeads: 0, localHeads: 0 }, /both 0/],
    ];
    for (const [fields, message] of refused) {
      assert.throws(
        () => block(fields),
        (error) => error instanceof UserError && message.test(error.message),
      );
    }
  });

  test('has a short notation', () => {
    assert.equal(describeBlock(block({ globalHeads: 3, localHeads: 0, dkRatio: 0.5 })), 'G3 d0.5 f4');
    assert.equal(describeBlock(block({ globalHeads: 0, localHeads: 3 })), 'L3 k31 e2 f4');
    assert.equal(
      describeBlock(block({ globalHeads: 1, localHeads: 2, expansion: 4, ffnRatio: 6 })),
      'G1L2 k31 e4 d1 f6',
    );
  });

  test('compares by value', () => {
    assert.ok(same(block({ globalHeads: 3, localHeads: 0 }), block({ localHeads: 0, globalHeads: 3, dkRatio: 1 })));
    assert.ok(!same(block({ globalHeads: 3, localHeads: 0 }), block({ globalHeads: 3, localHeads: 0, ffnRatio: 2 })));
  });
});
