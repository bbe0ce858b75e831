import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { OPERATION_NAMES, OPERATIONS, type OperationName } from '../../src/image/augment/operations/table.js';
import { readImage } from '../../src/loader/decode.js';
import { goldenPath } from '../golden.js';
import { goldenJson } from './data.js';

interface Recorded {
  readonly operations: readonly string[];
  readonly cases: readonly { readonly file: string; readonly op: string; readonly args: readonly number[] }[];
  readonly level_to_args_positive_negative: Readonly<
    Record<string, Readonly<Record<string, readonly [readonly number[], readonly number[]]>>>
  >;
}

/** timm's names. */
const NAMES: { readonly [N in OperationName]: string } = {
  autoContrast: 'AutoContrast',
  equalize: 'Equalize',
  invert: 'Invert',
  rotate: 'Rotate',
  posterize: 'PosterizeIncreasing',
  solarize: 'SolarizeIncreasing',
  solarizeAdd: 'SolarizeAdd',
  colour: 'ColorIncreasing',
  contrast: 'ContrastIncreasing',
  brightness: 'BrightnessIncreasing',
  sharpness: 'SharpnessIncreasing',
  shearX: 'ShearX',
  shearY: 'ShearY',
  translateX: 'TranslateXRel',
  translateY: 'TranslateYRel',
};

describe('RandAugment against timm and Pillow', async () => {
  const recorded = await goldenJson<Recorded>('recipe/randaugment.json');
  const image = await readImage(goldenPath('recipe/image_64x64.png'), 64);

  test('has the same operations', () => {
    assert.deepEqual(
      OPERATION_NAMES.map((name) => NAMES[name]),
      recorded.operations,
    );
  });

  for (const name of OPERATION_NAMES) {
    const { argument, apply } = OPERATIONS[name];

    test(`${name} takes the same arguments at every magnitude`, () => {
      const levels = Object.entries(recorded.level_to_args_positive_negative[NAMES[name]]);
      assert.ok(levels.length > 10);
      for (const [level, [positive, negative]] of levels) {
        const found = [argument(Number(level) / 10, 1), argument(Number(level) / 10, -1)];
        // -0 is as good as 0; an operation without an argument gets 0.
        const expected = [positive[0] ?? 0, negative[0] ?? 0];
        found.forEach((value, at) => assert.ok(value === expected[at], `magnitude ${level}: ${value}, ${expected[at]}`));
      }
    });

    for (const { file, args } of recorded.cases.filter(({ op }) => op === NAMES[name])) {
      test(`${name} gives every pixel of ${file}`, async () => {
        const expected = await readImage(goldenPath(`recipe/${file}`), 64);
        assert.deepEqual(apply(image, args[0] ?? 0), expected);
      });
    }
  }
});
