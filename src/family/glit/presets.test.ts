import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { UserError } from '../../errors.js';
import { describeBlock } from './block.js';
import { costOf } from '../../measure/cost.js';
import { deit, type GlitArchitecture } from './architecture.js';
import { nearestDeit } from '../../measure/scaled.js';
import { preset, presetNames } from '../families.js';

describe('presets', () => {
  test('have the published parameters and multiply-adds', () => {
    const costs = Object.fromEntries(presetNames.map((name) => [name, costOf(preset(name))]));
    assert.deepEqual(Object.fromEntries(Object.entries(costs).map(([name, { parameters }]) => [name, parameters])), {
      'deit-tiny': 5_717_416,
      'deit-small': 22_050_664,
      'deit-base': 86_567_656,
      'glit-tiny': 7_264_456,
      'glit-small': 27_897_256,
      'glit-base': 109_270_888,
      'vit-small': 22_050_664,
      'vit-base': 86_567_656,
    });
    assert.equal(costs['deit-tiny'].macs, 1_253_683_200);
    assert.equal(costs['deit-small'].macs, 4_598_882_304);
    assert.equal(costs['deit-base'].macs, 17_563_828_224);
    assert.equal(costs['glit-tiny'].macs, 1_472_873_280);
  });

  test('the released GLiT-Tiny is decoded as in its code', () => {
    assert.deepEqual((preset('glit-tiny') as GlitArchitecture).blocks.map(describeBlock), [
      'G3 d0.5 f4',
      'L3 k31 e2 f4',
      'G1L2 k31 e4 d1 f6',
      'G3 d1 f4',
      'L3 k45 e4 f4',
      'G1L2 k31 e4 d1 f6',
      'G3 d1 f2',
      'G1L2 k31 e4 d1 f2',
      'L3 k45 e4 f4',
      'G3 d1 f4',
      'L3 k31 e4 f4',
      'G3 d2 f6',
    ]);
    assert.equal(describeBlock((preset('glit-base') as GlitArchitecture).blocks[2]), 'G4L8 k31 e4 d1 f6');
  });

  test('take another image size, patch size and number of classes', () => {
    const { backbone, name } = preset('glit-tiny', { imageSize: 32, patchSize: 4, classes: 10 });
    assert.deepEqual(backbone, { imageSize: 32, patchSize: 4, dim: 192, heads: 3, classes: 10 });
    assert.equal(name, 'glit-tiny');
  });

  test('an unknown name is answered with the nearest one', () => {
    assert.throws(
      () => preset('glit-tyny'),
      (error) => error instanceof UserError && /glit-tiny\?/.test(error.message),
    );
  });
});

describe('the nearest DeiT', () => {
  test('is the narrowest that takes at least the given multiply-adds', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 200_000_000 }),
        fc.constantFrom(1, 3, 6),
        fc.integer({ min: 1, max: 6 }),
        (macs, heads, depth) => {
          const size = { imageSize: 32, patchSize: 4, classes: 10, heads, depth };
          const found = nearestDeit({ macs, ...size });
          const dim = Number(found.backbone['dim']);
          assert.equal(dim % heads, 0);
          assert.equal(found.blocks.length, depth);
          assert.ok(costOf(found).macs >= macs);
          if (dim > heads) assert.ok(costOf(deit({ dim: dim - heads, ...size })).macs < macs);
        },
      ),
      { numRuns: 20 },
    );
  });

  test('of a DeiT is that DeiT', () => {
    const { macs } = costOf(preset('deit-tiny'));
    const size = { imageSize: 224, patchSize: 16, heads: 3, depth: 12, classes: 1000 };
    assert.equal(nearestDeit({ macs, ...size }).backbone.dim, 192);
    assert.equal(nearestDeit({ macs: macs + 1, ...size }).backbone.dim, 195);
    assert.throws(() => nearestDeit({ macs: Infinity, ...size }), UserError);
  });
});
