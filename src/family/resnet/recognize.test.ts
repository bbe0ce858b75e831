import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { TINY_RESNET } from '../../../test/support/tinyResnet.js';
import { UserError } from '../../errors.js';
import { groupsOf, plainNetwork } from '../../model/network.js';
import { shapesOf, toOfficialStateDict } from '../../model/stateDict.js';
import { seeded } from '../../random/rng.js';
import type { Shape, Tensor } from '../../tensor/tensor.js';
import { architecture } from '../architecture.js';
import { preset, presetSizes, recognizeArchitecture } from '../families.js';
import type { Architecture } from '../family.js';
import { resnet } from './family.js';
import { RESNET_PRESETS } from './presets.js';

/** The shapes of a network's state under glit's names. */
function ownShapes(described: Architecture): Map<string, Shape> {
  const groups = groupsOf(plainNetwork(described));
  return new Map(
    groups.flatMap(({ prefix, parameters, buffers }) =>
      [...parameters, ...buffers].map(({ name, shape }) => [prefix + name, shape] as const),
    ),
  );
}

/** The same under torchvision's. */
function officialShapes(described: Architecture): Map<string, Shape> {
  const network = plainNetwork(described);
  const named = groupsOf(network).flatMap((group): [string, Tensor][] => {
    const { parameters, buffers } = group.initialize(seeded(1));
    return [...group.unpack(parameters, buffers)];
  });
  return new Map(shapesOf(toOfficialStateDict(network, new Map(named))));
}

/** The tiny network as its shapes show it: for images of 224 pixels. */
const TINY_AS_SEEN = architecture(resnet, {
  backbone: { ...TINY_RESNET.backbone, imageSize: 224 },
  blocks: TINY_RESNET.blocks,
});

describe('a ResNet is recognized from names and shapes:', () => {
  for (const { name } of RESNET_PRESETS) {
    test(`${name}, of other classes too`, () => {
      const described = preset(name, { classes: 7 });
      for (const shapes of [ownShapes(described), officialShapes(described)]) {
        assert.deepEqual(recognizeArchitecture(shapes, 'file'), { architecture: described, alternatives: [] });
        assert.deepEqual(presetSizes(name, shapes, 'file'), { classes: 7 });
      }
    });
  }

  test('one that is no preset, which then has no name', () => {
    for (const shapes of [ownShapes(TINY_RESNET), officialShapes(TINY_RESNET)]) {
      assert.deepEqual(recognizeArchitecture(shapes, 'file').architecture, TINY_AS_SEEN);
    }
  });

  test('one for small images by its stem', () => {
    const scaled = resnet.presets[0].scaled(16, { imageSize: 32, classes: 10 });
    const shapes = ownShapes(architecture(resnet, scaled));
    const { backbone, blocks } = recognizeArchitecture(shapes, 'file').architecture;
    assert.deepEqual([backbone, blocks], [scaled.backbone, scaled.blocks]);
  });

  test('what it was trained for shows in the classifier', () => {
    const { backbone } = TINY_RESNET;
    assert.deepEqual(resnet.asTrained(backbone, new Map([['fc.weight', [5, 32]]])), { ...backbone, classes: 5 });
    assert.deepEqual(resnet.asTrained(backbone, new Map()), backbone);
  });
});

describe('what is not recognized is refused in one line:', () => {
  const cases: readonly (readonly [what: string, change: (shapes: Map<string, Shape>) => void, line: RegExp])[] = [
    ['no head', (shapes) => shapes.delete('fc.weight'), /^file has no fc\.weight; of this family, glit reads/],
    ['another rank', (shapes) => shapes.set('fc.weight', [10]), /fc\.weight of 1 axes instead of 2/],
    ['grey images', (shapes) => shapes.set('conv1.weight', [8, 1, 7, 7]), /images of 1 channels/],
    ['another stem', (shapes) => shapes.set('conv1.weight', [8, 3, 5, 5]), /stem of 5×5; .* 7×7 or 3×3/],
    ['basic blocks', (shapes) => removeAll(shapes, /conv3|bn3/), /blocks of two convolutions, as ResNets of 18 and 34/],
    ['a missing block', (shapes) => removeAll(shapes, /^layer1\.0\./), /does not number its blocks from 0 on/],
    ['a missing stage', (shapes) => removeAll(shapes, /^layer3\./), /has not the 4 stages of a ResNet/],
    ['a fifth stage', (shapes) => shapes.set('layer5.0.conv1.weight', [8, 8, 1, 1]), /does not number its blocks/],
    ['a supernet', (shapes) => shapes.set('blocks.0.choices.1.conv1.weight', [8, 8, 1, 1]), /is of a supernet/],
    [
      'groups that are no whole number',
      (shapes) => shapes.set('layer2.0.conv2.weight', [8, 3, 3, 3]),
      /^file: by its shapes, blocks\[2\]\.groups is 2\.6/,
    ],
  ];
  for (const [what, change, line] of cases) {
    test(what, () => {
      const shapes = officialShapes(TINY_RESNET);
      change(shapes);
      assert.throws(
        () => recognizeArchitecture(shapes, 'file'),
        (error) => error instanceof UserError && line.test(error.message) && !error.message.includes('\n'),
      );
    });
  }
});

function removeAll(shapes: Map<string, Shape>, pattern: RegExp): void {
  for (const name of [...shapes.keys()]) if (pattern.test(name)) shapes.delete(name);
}
