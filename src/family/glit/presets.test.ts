import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { UserError } from '../../errors.js';
import { describeBlock } from './block.js';
import { costOf } from '../../measure/cost.js';
import type { GlitArchitecture } from './architecture.js';
import { preset } from '../families.js';
import { IMAGENET_NORMALIZATION } from '../preprocessing.js';
import { GLIT_PRESETS } from './presets.js';

describe('presets', () => {
  test('have the published parameters and multiply-adds', () => {
    const costs = Object.fromEntries(GLIT_PRESETS.map(({ name }) => [name, costOf(preset(name))]));
    assert.deepEqual(Object.fromEntries(Object.entries(costs).map(([name, { parameters }]) => [name, parameters])), {
      'deit-tiny': 5_717_416,
      'deit-small': 22_050_664,
      'deit-base': 86_567_656,
      'glit-tiny': 7_264_456,
      'glit-small': 27_897_256,
      'glit-base': 109_270_888,
      'vit-tiny': 5_717_416,
      'vit-small': 22_050_664,
      'vit-base': 86_567_656,
    });
    assert.equal(costs['deit-tiny'].macs, 1_253_683_200);
    assert.equal(costs['deit-small'].macs, 4_598_882_304);
    assert.equal(costs['deit-base'].macs, 17_563_828_224);
    assert.equal(costs['glit-tiny'].macs, 1_472_873_280);
  });

  test('prepare images as DeiT does, but for the ViTs, which have channels from -1 to 1 and more of the image', () => {
    const half = [0.5, 0.5, 0.5];
    for (const { name } of GLIT_PRESETS) {
      const isVit = name.startsWith('vit-');
      assert.deepEqual(preset(name).preprocessing, {
        ...(isVit ? { mean: half, std: half } : IMAGENET_NORMALIZATION),
        crop: isVit ? 0.9 : 224 / 256,
        interpolation: 'bicubic',
      });
    }
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
