import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { seeded } from '../../random/rng.js';
import type { Image } from '../image.js';
import { OPERATION_NAMES, OPERATIONS } from './operations/table.js';
import { DEIT_RAND_AUGMENT, drawOperations, randAugment } from './randAugment.js';
import type { RandAugment } from './randAugment.js';

const IMAGE: Image = { size: 12, pixels: Uint8Array.from({ length: 432 }, (_, at) => (at * 29) & 255) };
const DRAWS = 30_000;
const drawn = Array.from({ length: DRAWS }, (_, seed) => drawOperations(DEIT_RAND_AUGMENT, seeded(seed)));

/** Within 4.5 standard deviations of what `trials` at `chance` give. */
function isLikely(count: number, chance: number, trials: number): void {
  const limit = 4.5 * Math.sqrt(trials * chance * (1 - chance));
  assert.ok(Math.abs(count - trials * chance) < limit, `${count} of ${trials} at ${chance}`);
}

describe('drawOperations', () => {
  test('draws every operation equally often, also twice for an image', () => {
    const flat = drawn.flat();
    for (const name of OPERATION_NAMES) {
      isLikely(flat.filter((each) => each.name === name).length, 0.5 / 15, 2 * DRAWS);
    }
    const pairs = drawn.filter(({ length }) => length === 2);
    isLikely(pairs.filter(([first, second]) => first.name === second.name).length, 1 / 15, pairs.length);
  });

  test('applies none, one or two with the chances of two coins', () => {
    for (const [count, chance] of [0.25, 0.5, 0.25].entries()) {
      isLikely(drawn.filter(({ length }) => length === count).length, chance, DRAWS);
    }
  });

  test('has normal magnitudes, cut at 10, and both signs equally often', () => {
    const degrees = drawn
      .flat()
      .filter(({ name }) => name === 'rotate')
      .map(({ argument }) => argument);
    isLikely(degrees.filter((value) => value > 0).length, 0.5, degrees.length);
    const magnitudes = degrees.map((value) => Math.abs(value) / 3);
    assert.ok(magnitudes.every((value) => value <= 10));
    // Beyond two deviations above the mean lies 2.28 % of a normal.
    isLikely(magnitudes.filter((value) => value === 10).length, 0.02275, magnitudes.length);
    isLikely(magnitudes.filter((value) => value < 9).length, 0.5, magnitudes.length);
    isLikely(magnitudes.filter((value) => value < 8.5).length, 0.15866, magnitudes.length);
  });

  test('does all or nothing with the probabilities 1 and 0, and has no noise with deviation 0', () => {
    const always: RandAugment = { ...DEIT_RAND_AUGMENT, operations: 5, probability: 1, magnitudeStd: 0 };
    for (let seed = 0; seed < 200; seed++) {
      const operations = drawOperations(always, seeded(seed));
      assert.equal(operations.length, 5);
      for (const { name, argument } of operations) {
        const { argument: argumentOf } = OPERATIONS[name];
        assert.ok([argumentOf(0.9, 1), argumentOf(0.9, -1)].includes(argument), name);
      }
      assert.equal(drawOperations({ ...always, probability: 0 }, seeded(seed)).length, 0);
    }
  });
});

describe('randAugment', () => {
  test('applies what is drawn, in its order', () => {
    for (let seed = 0; seed < 100; seed++) {
      const expected = drawn[seed].reduce(
        (image, { name, argument }) => OPERATIONS[name].apply(image, argument),
        IMAGE,
      );
      assert.deepEqual(randAugment(IMAGE, DEIT_RAND_AUGMENT, seeded(seed)), expected);
    }
  });

  test('with any legal parameters gives the same image for the same seed, and does not write its input', () => {
    const parameters = fc.record({
      step: fc.constant('randAugment' as const),
      operations: fc.integer({ min: 1, max: 6 }),
      magnitude: fc.double({ min: 0, max: 10, noNaN: true }),
      magnitudeStd: fc.double({ min: 0, max: 1e6, noNaN: true }),
      probability: fc.double({ min: 0, max: 1, noNaN: true }),
    });
    const before = IMAGE.pixels.slice();
    fc.assert(
      fc.property(parameters, fc.nat(), (each, seed) => {
        const result = randAugment(IMAGE, each, seeded(seed));
        assert.equal(result.size, IMAGE.size);
        assert.equal(result.pixels.length, before.length);
        assert.deepEqual(randAugment(IMAGE, each, seeded(seed)), result);
        assert.deepEqual(IMAGE.pixels, before);
      }),
    );
  });
});
