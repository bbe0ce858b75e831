import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { seeded } from '../../random/rng.js';
import type { Image } from '../image.js';
import { horizontalFlip } from './horizontalFlip.js';

const IMAGE: Image = { size: 3, pixels: Uint8Array.from({ length: 27 }, (_, at) => at) };
const MIRRORED = Uint8Array.from({ length: 27 }, (_, at) => 3 * Math.floor(at / 3) + 2 - (at % 3));

function flipped(probability: number, seed: number): boolean {
  const { size, pixels } = horizontalFlip(IMAGE, { step: 'horizontalFlip', probability }, seeded(seed));
  assert.equal(size, 3);
  const isMirrored = pixels[0] === 2;
  assert.deepEqual(pixels, isMirrored ? MIRRORED : IMAGE.pixels);
  return isMirrored;
}

const share = (probability: number, draws: number): number =>
  Array.from({ length: draws }, (_, seed) => flipped(probability, seed)).filter(Boolean).length / draws;

describe('horizontalFlip', () => {
  test('never mirrors with probability 0 and always with 1', () => {
    assert.equal(share(0, 200), 0);
    assert.equal(share(1, 200), 1);
  });

  test('mirrors rows of every length', () => {
    for (let size = 1; size <= 50; size++) {
      const pixels = Uint8Array.from({ length: 3 * size * size }, (_, at) => (at * 31) % 251);
      const expected = pixels.map((_, at) => pixels[at - (at % size) + size - 1 - (at % size)]);
      assert.deepEqual(horizontalFlip({ size, pixels }, { step: 'horizontalFlip', probability: 1 }, seeded(1)), {
        size,
        pixels: expected,
      });
    }
  });

  test('mirrors as often as the probability says', () => {
    // Five deviations of a share of 2000 draws.
    for (const probability of [0.1, 0.5]) {
      const deviation = Math.sqrt((probability * (1 - probability)) / 2000);
      assert.ok(Math.abs(share(probability, 2000) - probability) < 5 * deviation);
    }
  });

  test('leaves the image that it is given as it is', () => {
    horizontalFlip(IMAGE, { step: 'horizontalFlip', probability: 1 }, seeded(1));
    assert.deepEqual([...IMAGE.pixels], [...Array(27).keys()]);
  });
});
