import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { TINY_RESNET } from '../../../test/support/tinyResnet.js';
import { UserError } from '../../errors.js';
import { architecture } from '../architecture.js';
import { formatArchitecture, parseArchitecture } from '../codec.js';
import { preset } from '../families.js';
import { resnet } from './family.js';
import { RESNET_PRESETS } from './presets.js';

const count = (max: number): fc.Arbitrary<number> => fc.integer({ min: 1, max });

const architectures = fc
  .record({
    name: fc.option(fc.string(), { nil: undefined }),
    backbone: fc.record({
      imageSize: count(300),
      stemWidth: count(64),
      stemKernel: fc.constantFrom(3, 7),
      stemStride: count(2),
      poolStride: count(2),
      classes: count(1000),
    }),
    blocks: fc.array(
      fc
        .record({ groups: count(32), groupWidth: count(16), channels: count(256), stride: count(2) })
        .map(({ groupWidth, ...block }) => ({ ...block, width: block.groups * groupWidth })),
      { minLength: 1, maxLength: 20 },
    ),
  })
  .map((description) => architecture(resnet, description));

describe('the architecture file of a ResNet', () => {
  test('has the stem’s fields and one block a line', () => {
    const blocks = TINY_RESNET.blocks.slice(0, 2);
    assert.equal(
      formatArchitecture(architecture(resnet, { ...TINY_RESNET, blocks })),
      `{
  "format": "glit-architecture/1",
  "name": "tiny",
  "family": "resnet",
  "imageSize": 32,
  "stemWidth": 8,
  "stemKernel": 7,
  "stemStride": 2,
  "poolStride": 2,
  "classes": 10,
  "blocks": [
    { "width": 4, "channels": 16, "stride": 1, "groups": 1 },
    { "width": 4, "channels": 16, "stride": 1, "groups": 1 }
  ]
}
`,
    );
  });

  test('reads back as what was written', () => {
    for (const { name } of RESNET_PRESETS) {
      assert.deepEqual(parseArchitecture(formatArchitecture(preset(name)), 'written'), preset(name));
    }
    fc.assert(
      fc.property(architectures, (each) => {
        assert.deepEqual(parseArchitecture(formatArchitecture(each), 'written'), each);
      }),
    );
  });

  const text = formatArchitecture(TINY_RESNET);
  const faults: readonly (readonly [string, string, string, string])[] = [
    ['a stem of another size', '"stemKernel": 7', '"stemKernel": 5', 'stemKernel is 5; use 7 or 3'],
    ['a stem of stride 3', '"stemStride": 2', '"stemStride": 3', 'stemStride is 3; use 1 or 2'],
    ['pooling of stride 3', '"poolStride": 2', '"poolStride": 3', 'poolStride is 3; use 2, or 1 for no pooling'],
    ['half a channel', '"width": 4', '"width": 4.5', 'blocks[0].width is 4.5; use a whole number of at least 1'],
    ['no channels', '"channels": 24', '"channels": 0', 'blocks[2].channels is 0; use a whole number of at least 1'],
    ['a stride of 4', '"stride": 2, "groups": 2', '"stride": 4, "groups": 2', 'blocks[2].stride is 4; use 1 or 2'],
    ['groups that do not divide', '"groups": 2', '"groups": 3', 'groups is 3, which does not divide a width of 8'],
    ['a patch size', '"poolStride": 2', '"poolStride": 2, "patchSize": 4', 'patchSize is not a known field'],
    ['a missing stride', '"stride": 2, "groups": 4', '"groups": 4', 'blocks[4].stride is missing'],
  ];
  for (const [title, part, replacement, message] of faults) {
    test(`refuses ${title} in one line that names the file`, () => {
      const changed = text.replace(part, replacement);
      assert.notEqual(changed, text);
      assert.throws(
        () => parseArchitecture(changed, 'tiny.json'),
        (error) => {
          assert.ok(error instanceof UserError);
          assert.ok(error.message.startsWith('tiny.json: '), error.message);
          assert.ok(error.message.includes(message), error.message);
          assert.ok(!error.message.includes('\n'));
          return true;
        },
      );
    });
  }
});
