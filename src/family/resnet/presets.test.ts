import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { UserError } from '../../errors.js';
import { costOf } from '../../measure/cost.js';
import { architecture } from '../architecture.js';
import { preset } from '../families.js';
import { IMAGENET_NORMALIZATION } from '../preprocessing.js';
import { describeBlock } from './block.js';
import { resnet } from './family.js';
import { RESNET_PRESETS } from './presets.js';

const [resnet50, , resnext50] = RESNET_PRESETS;

describe('published ResNets', () => {
  test('prepare images as torchvision does for its first ImageNet weights', () => {
    for (const { name } of RESNET_PRESETS) {
      assert.deepEqual(preset(name).preprocessing, {
        ...IMAGENET_NORMALIZATION,
        crop: 0.875,
        interpolation: 'bilinear',
      });
    }
  });

  test('take another image size and number of classes', () => {
    const { backbone, name } = preset('resnext50', { imageSize: 96, classes: 10 });
    assert.equal(name, 'resnext50');
    assert.deepEqual(backbone, {
      imageSize: 96,
      stemWidth: 64,
      stemKernel: 7,
      stemStride: 2,
      poolStride: 2,
      classes: 10,
    });
  });

  test('refuse a patch size in one line', () => {
    assert.throws(
      () => preset('resnet101', { patchSize: 16 }),
      (error) =>
        error instanceof UserError && /^resnet101 has no patches.*leave the patch size out$/.test(error.message),
    );
  });
});

describe('scaled ResNets', () => {
  test('keep depths and proportions, with a stem that suits the images', () => {
    const small = resnet50.scaled(24, { imageSize: 32, classes: 10 });
    assert.equal(small.name, 'resnet50-w24');
    assert.deepEqual(small.backbone, {
      imageSize: 32,
      stemWidth: 24,
      stemKernel: 3,
      stemStride: 1,
      poolStride: 1,
      classes: 10,
    });
    assert.equal(small.blocks.length, 16);
    assert.deepEqual(small.blocks.filter((_, at) => [0, 2, 3, 15].includes(at)).map(describeBlock), [
      'w24 c96 s1 g1',
      'w24 c96 s1 g1',
      'w48 c192 s2 g1',
      'w192 c768 s1 g1',
    ]);
    const { stemKernel, stemStride, poolStride } = resnet50.scaled(24, { imageSize: 64, classes: 10 }).backbone;
    assert.deepEqual([stemKernel, stemStride, poolStride], [7, 2, 2]);
  });

  test('of a ResNeXt have groups of four channels in the first stage, however many', () => {
    const { backbone, blocks } = resnext50.scaled(24, { imageSize: 64, classes: 10 });
    assert.equal(backbone.stemWidth, 12);
    assert.deepEqual([blocks[0], blocks[15]].map(describeBlock), ['w24 c48 s1 g6', 'w192 c384 s1 g6']);
  });

  test('at the published width are the published networks', () => {
    const sizes = { imageSize: 224, classes: 1000 };
    for (const each of RESNET_PRESETS) {
      const { backbone, blocks } = each.build({});
      const scaled = each.scaled(blocks[0].width, sizes);
      assert.deepEqual([scaled.backbone, scaled.blocks], [backbone, blocks]);
    }
  });

  test('exist at every step of the width, each wider one more costly', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...RESNET_PRESETS),
        fc.integer({ min: 1, max: 12 }),
        fc.integer({ min: 8, max: 96 }),
        (published, steps, imageSize) => {
          const [one, next] = [steps, steps + 1].map((each) =>
            costOf(architecture(resnet, published.scaled(each * published.widthStep, { imageSize, classes: 10 }))),
          );
          assert.ok(one.macs < next.macs && one.parameters < next.parameters);
        },
      ),
      { numRuns: 10 },
    );
  });
});
