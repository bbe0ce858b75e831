import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { UserError } from '../../src/errors.js';
import { preset } from '../../src/family/families.js';
import { sizesOf } from '../../src/family/glit/recognize.js';
import { recognizeArchitecture } from '../../src/family/families.js';
import type { Shapes } from '../../src/family/family.js';
import { goldenJson } from './data.js';

interface ShapeList {
  readonly state_dict: readonly { readonly name: string; readonly shape: readonly number[] }[];
}

const published = await goldenJson<Record<string, ShapeList>>('deit/state_dict_shapes.json');

/** The shapes of a published network's state. */
function stateOf(name: string, change: (shapes: Map<string, readonly number[]>) => void = () => undefined): Shapes {
  const shapes = new Map(published[name].state_dict.map((entry) => [entry.name, entry.shape]));
  change(shapes);
  return shapes;
}

describe('an architecture is recognized from the names and shapes of', () => {
  for (const [name, expected] of [
    ['deit_tiny_patch16_224', 'deit-tiny'],
    ['deit_small_patch16_224', 'deit-small'],
    ['deit_base_patch16_224', 'deit-base'],
    ['glit_tiny_patch16_224', 'glit-tiny'],
  ] as const) {
    test(name, () => assert.deepEqual(recognizeArchitecture(stateOf(name), 'file').architecture, preset(expected)));
  }

  test('two published networks: as the first of them, and the other is named', () => {
    for (const size of ['tiny', 'small', 'base']) {
      const { architecture, alternatives } = recognizeArchitecture(stateOf(`deit_${size}_patch16_224`), 'file');
      assert.equal(architecture.name, `deit-${size}`);
      assert.deepEqual(alternatives, [`vit-${size}`]);
      assert.notDeepEqual(preset(`vit-${size}`).preprocessing, architecture.preprocessing);
    }
    assert.deepEqual(recognizeArchitecture(stateOf('glit_tiny_patch16_224'), 'file').alternatives, []);
  });

  test('one for other images and classes', () => {
    const sizes = { imageSize: 384, patchSize: 8, classes: 7 };
    const state = stateOf('glit_tiny_patch16_224', (shapes) =>
      shapes
        .set('pos_embed', [1, 1 + 48 * 48, 192])
        .set('patch_embed.proj.weight', [192, 3, 8, 8])
        .set('head.weight', [7, 192]),
    );
    assert.deepEqual(sizesOf(state, 'file'), sizes);
    assert.deepEqual(recognizeArchitecture(state, 'file').architecture, preset('glit-tiny', sizes));
  });

  test('one of other blocks, which then has no name', () => {
    const state = stateOf('deit_tiny_patch16_224', (shapes) =>
      shapes
        .set('blocks.3.mlp.fc1.weight', [384, 192])
        .set('blocks.5.attn.qkv.weight', [288, 192])
        .set('blocks.5.attn.proj.weight', [192, 96]),
    );
    const { name, blocks } = recognizeArchitecture(state, 'file').architecture;
    assert.equal(name, undefined);
    assert.equal(blocks[3].ffnRatio, 2);
    assert.equal(blocks[5].dkRatio, 0.5);
  });
});

describe('what is not recognized is refused in one line:', () => {
  const cases: readonly (readonly [
    what: string,
    change: (shapes: Map<string, readonly number[]>) => void,
    line: RegExp,
  ])[] = [
    ['no network', (shapes) => shapes.clear(), /^file has no tensors of a known network; glit reads/],
    ['no head', (shapes) => shapes.delete('head.weight'), /^file has no head\.weight/],
    ['a distilled DeiT', (shapes) => shapes.set('dist_token', [1, 1, 192]), /is of a distilled DeiT.*use the plain DeiT/],
    ['a supernet', (shapes) => shapes.set('blocks.0.choices.1.norm1.weight', [192]), /is of a supernet/],
    ['tokens without a square', (shapes) => shapes.set('pos_embed', [1, 199, 192]), /positions for 199 tokens/],
    ['grey images', (shapes) => shapes.set('patch_embed.proj.weight', [192, 1, 16, 16]), /images of 1 channels/],
    ['a missing block', (shapes) => shapes.forEach((_, key) => key.startsWith('blocks.4.') && shapes.delete(key)), /blocks/],
    ['an unknown width', (shapes) => shapes.set('patch_embed.proj.weight', [100, 3, 16, 16]), /width of 100; .*--arch FILE/],
    ['another rank', (shapes) => shapes.set('head.weight', [1000]), /head\.weight of 1 axes instead of 2/],
    ['heads that are no whole number', (shapes) => shapes.set('blocks.0.attn.qkv.weight', [300, 100]), /^file: by its shapes, blocks\[0\]/],
  ];
  for (const [what, change, line] of cases) {
    test(what, () => {
      assert.throws(
        () => recognizeArchitecture(stateOf('deit_tiny_patch16_224', change), 'file'),
        (error) => error instanceof UserError && line.test(error.message) && !error.message.includes('\n'),
      );
    });
  }
});
