import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { UserError } from '../errors.js';
import { seeded } from '../random/rng.js';
import { block } from '../family/glit/block.js';
import { glit } from '../family/glit/family.js';
import { supernet } from '../model/network.js';
import { highLevelSpace } from './highLevel.js';
import { blocksOf, defineSpace, log10SizeOf, pathKey, pathOf, samplePath, sizeOf } from './space.js';

const GLOBAL = block({ globalHeads: 3, localHeads: 0 });
const LOCAL = block({ globalHeads: 0, localHeads: 3 });
const SPACE = highLevelSpace({ depth: 12, heads: 3 });

function refused(run: () => unknown, message: RegExp): void {
  assert.throws(run, (error) => error instanceof UserError && message.test(error.message));
}

describe('a space', () => {
  test('turns every path into blocks and back', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(3), { minLength: 12, maxLength: 12 }), (path) => {
        assert.deepEqual(pathOf(SPACE, blocksOf(SPACE, path)), path);
      }),
    );
  });

  test('counts its paths', () => {
    assert.equal(sizeOf(SPACE), 4n ** 12n);
    assert.ok(Math.abs(log10SizeOf(SPACE) - 12 * Math.log10(4)) < 1e-12);
  });

  test('is sampled uniformly', () => {
    const counts = [0, 0, 0, 0];
    const rng = seeded('sample');
    for (let draw = 0; draw < 1000; draw++)
      for (const gene of samplePath(SPACE, rng)) counts[gene] = (counts[gene] ?? 0) + 1;
    for (const count of counts) assert.ok(Math.abs(count - 3000) < 200, `${count}`);
  });

  test('refuses paths and blocks that it does not hold', () => {
    refused(() => blocksOf(SPACE, [0, 1]), /path 0-1 has 2 genes, but the space "high" has 12/);
    for (const gene of [4, -1, 0.5, Number.NaN]) {
      refused(() => blocksOf(SPACE, [...Array<number>(11).fill(0), gene]), /gene 11 is .* choices 0 to 3/);
    }
    refused(() => pathOf(SPACE, [GLOBAL]), /1 blocks are not a path/);
    const foreign = block({ globalHeads: 3, localHeads: 0, dkRatio: 2 });
    refused(() => pathOf(SPACE, [...Array<typeof GLOBAL>(11).fill(GLOBAL), foreign]), /block 11 \(G3 d2 f4\)/);
  });

  test('has distinct keys for distinct paths', () => {
    assert.equal(pathKey([1, 12]), '1-12');
    assert.notEqual(pathKey([1, 12]), pathKey([11, 2]));
  });

  test('cannot be changed', () => {
    assert.ok(Object.isFrozen(SPACE) && Object.isFrozen(SPACE.positions) && Object.isFrozen(SPACE.positions[0]));
  });

  test('refuses positions that are empty, ambiguous or of other heads', () => {
    refused(() => defineSpace('none', glit, []), /has no choices/);
    refused(() => defineSpace('holes', glit, [[GLOBAL], []]), /position 1 of the space "holes" has no choices/);
    refused(() => defineSpace('twins', glit, [[GLOBAL, LOCAL, GLOBAL]]), /G3 d1 f4 twice/);
    const mixture = defineSpace('mixture', glit, [[GLOBAL, block({ globalHeads: 6, localHeads: 0 })]]);
    const backbone = { imageSize: 8, patchSize: 4, dim: 12, heads: 3, classes: 2 };
    refused(() => supernet(backbone, mixture), /G6 d1 f4.* add up to 3/);
    refused(() => defineSpace('even', glit, [[{ ...LOCAL, kernel: 30 }]]), /kernel is 30/);
  });
});
