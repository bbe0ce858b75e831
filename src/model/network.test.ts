import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { UserError } from '../errors.js';
import { swin } from '../family/swin/family.js';
import type { SwinBlock } from '../family/swin/block.js';
import { input } from '../graph/index.js';
import { evaluationPhases, fedGroup } from '../program/sources.js';
import { defineSpace } from '../space/space.js';
import { forward, groupsOf, indexOf, supernet, type Network } from './network.js';

const BACKBONE = { imageSize: 16, patchSize: 2, dim: 4, classes: 3 };
const FIRST: SwinBlock = { merge: 0, dim: 4, heads: 1, window: 4, shift: 0, ffnRatio: 2 };
const MERGED: SwinBlock = { ...FIRST, merge: 1, dim: 8 };

/** A network of two positions with these choices. */
function twoPositions(...positions: readonly (readonly SwinBlock[])[]): Network {
  return supernet(BACKBONE, defineSpace('two', swin, positions));
}

/** The names that a network's forward pass taps. */
function tapsOf(network: Network): readonly string[] {
  const [trunk, ...groups] = groupsOf(network).map(fedGroup);
  const choices = network.choices.map((each) => each.map(() => groups.shift() as (typeof groups)[number]));
  const images = input('images', 'float32', [1, 3, 16, 16]);
  const path = input('path', 'int64', [2]);
  const indices = [0, 1].map((at) => indexOf(path, at));
  return [...forward(network, { images, indices, trunk, choices, phases: evaluationPhases(network) }).taps.keys()];
}

describe('a network', () => {
  test('has the shapes that its blocks give, for one image', () => {
    assert.deepEqual(twoPositions([FIRST], [MERGED]).shapes, [
      [1, 8, 8, 4],
      [1, 8, 8, 4],
      [1, 4, 4, 8],
    ]);
  });

  test('refuses a block that does not fit the one before it, by its position', () => {
    assert.throws(() => twoPositions([FIRST], [{ ...FIRST, dim: 8 }]), {
      name: UserError.name,
      message: /^block 1, D8 .* does not fit the backbone: dim is 8, but the block is given 4 channels/,
    });
    assert.throws(() => twoPositions([MERGED], [MERGED]), /^UserError: block 0, .*: merge is 1 in the first block/);
  });

  test('refuses choices of a block that give different shapes', () => {
    assert.throws(() => twoPositions([FIRST], [FIRST, MERGED]), /the choices of block 1 give .* they must agree/);
  });

  test('shares no weights between blocks whose family does not say how', () => {
    const space = defineSpace('two', swin, [[FIRST]]);
    assert.throws(
      () => supernet(BACKBONE, space, { entangled: true }),
      /^UserError: blocks of Swin.* cannot share weights/,
    );
  });

  test('taps values of blocks with one choice, and none inside the arms of a branch', () => {
    assert.deepEqual(tapsOf(twoPositions([FIRST], [FIRST])), ['blocks.0.norm1', 'blocks.1.norm1']);
    assert.deepEqual(tapsOf(twoPositions([FIRST], [FIRST, { ...FIRST, ffnRatio: 4 }])), ['blocks.0.norm1']);
  });
});
