import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { costOf } from '../../measure/cost.js';
import { formatProfile, profileOf } from '../../measure/profile.js';
import { scaledPreset } from '../../measure/scaled.js';
import { plainNetwork } from '../../model/network.js';
import { architecture } from '../architecture.js';
import { preset } from '../families.js';
import { IMAGENET_NORMALIZATION } from '../preprocessing.js';
import { describeBlock } from './block.js';
import { swin } from './family.js';
import { patchFor, SWIN_PRESETS, windowFor } from './presets.js';

const [tiny] = SWIN_PRESETS;

describe('swin-tiny', () => {
  test('prepares images as torchvision does: the shorter side to 232, bicubic', () => {
    const { preprocessing } = preset('swin-tiny');
    assert.deepEqual(preprocessing, { ...IMAGENET_NORMALIZATION, crop: 224 / 232, interpolation: 'bicubic' });
  });

  test('has the blocks of Swin-T', () => {
    assert.deepEqual(tiny.build({}).blocks.map(describeBlock), [
      'D96 h3 w7 f4',
      'D96 h3 w7 s3 f4',
      'merge D192 h6 w7 f4',
      'D192 h6 w7 s3 f4',
      'merge D384 h12 w7 f4',
      'D384 h12 w7 s3 f4',
      'D384 h12 w7 f4',
      'D384 h12 w7 s3 f4',
      'D384 h12 w7 f4',
      'D384 h12 w7 s3 f4',
      'merge D768 h24 w7 f4',
      'D768 h24 w7 s3 f4',
    ]);
  });

  test('takes other images, patches and classes', () => {
    const { name, backbone } = preset('swin-tiny', { imageSize: 32, patchSize: 2, classes: 10 });
    assert.equal(name, 'swin-tiny');
    assert.deepEqual(backbone, { imageSize: 32, patchSize: 2, dim: 96, classes: 10 });
    const { shapes } = plainNetwork(preset('swin-tiny', { imageSize: 40, classes: 3 }));
    // Merging takes an odd grid of 5 for one of 6.
    assert.deepEqual(
      shapes.map(([, rows, columns, width]) => [rows, columns, width].join()),
      [
        '10,10,96',
        '10,10,96',
        '10,10,96',
        '5,5,192',
        '5,5,192',
        ...Array<string>(6).fill('3,3,384'),
        '2,2,768',
        '2,2,768',
      ],
    );
  });

  test('prints a profile with its columns', () => {
    const lines = formatProfile(profileOf(preset('swin-tiny'))).split('\n');
    assert.equal(lines[0], 'swin-tiny: 224 px in patches of 4, width 96 at first, 1000 classes');
    assert.match(lines[2], /^block +merge +width +heads +window +shift +FFN ratio +parameters +MACs +peak memory$/);
    assert.match(lines[4], /^1 +– +96 +3 +7 +0 +4 +112,347 +\d+\.\d+ M +13\.25 MB$/);
    assert.match(lines[6], /^3 +1 +192 +6 +7 +0 +4 /);
  });
});

describe('the scaled swin-tiny', () => {
  test('has windows that tile the grids of small images', () => {
    const { backbone, blocks } = architecture(swin, tiny.scaled(48, { imageSize: 32, classes: 10 }));
    assert.deepEqual(backbone, { imageSize: 32, patchSize: 2, dim: 48, classes: 10 });
    assert.deepEqual(
      [0, 2, 4, 10].map((at) => describeBlock(blocks[at])),
      ['D48 h3 w4 f4', 'merge D96 h6 w4 f4', 'merge D192 h12 w4 f4', 'merge D384 h24 w2 f4'],
    );
    assert.deepEqual(
      [28, 32, 48, 56, 64, 96, 224].map((size) => [patchFor(size), windowFor(size / patchFor(size), 0)]),
      [
        [2, 7],
        [2, 4],
        [2, 4],
        [4, 7],
        [4, 4],
        [4, 4],
        [4, 7],
      ],
    );
  });

  test('is the widest that the multiply-adds allow', () => {
    const sizes = { imageSize: 32, classes: 10 };
    const { macs } = costOf(architecture(swin, tiny.scaled(36, sizes)));
    assert.equal(scaledPreset('swin-tiny', { macs: { max: macs } }, sizes).backbone['dim'], 36);
    const narrower = scaledPreset('swin-tiny', { macs: { max: macs - 1 } }, sizes);
    assert.equal(narrower.backbone['dim'], 33);
    assert.equal(narrower.name, 'swin-tiny-w33');
    assert.throws(() => scaledPreset('swin-tiny', { macs: { max: 1000 } }, sizes), /swin-tiny takes at least/);
  });
});
