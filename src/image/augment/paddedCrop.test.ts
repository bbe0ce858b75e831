import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { seeded } from '../../random/rng.js';
import type { Image } from '../image.js';
import { paddedCrop } from './paddedCrop.js';

/** An image whose pixels encode their position, never 0, which is the black fill. */
function map(size: number): Image {
  const pixels = Uint8Array.from({ length: 3 * size * size }, (_, at) => 1 + (at % 255));
  return { size, pixels };
}

/** The expected image, by the definition: each position looks up a value in the old image. */
function shifted({ size, pixels }: Image, left: number, top: number, fill: 'black' | 'reflect'): Uint8Array {
  const mirror = (position: number): number => {
    if (position < 0) return -position;
    return position >= size ? 2 * size - 2 - position : position;
  };
  return Uint8Array.from(pixels, (_, at) => {
    const x = (at % size) + left;
    const y = (Math.floor(at / size) % size) + top;
    const channel = Math.floor(at / (size * size));
    const outside = x < 0 || y < 0 || x >= size || y >= size;
    if (outside && fill === 'black') return 0;
    return pixels[(channel * size + mirror(y)) * size + mirror(x)];
  });
}

const fills = fc.constantFrom('black', 'reflect');
const extents = fc.integer({ min: 1, max: 9 }).chain((size) => fc.tuple(fc.constant(size), fc.nat(size - 1)));

describe('paddedCrop', () => {
  test('is a shift by at most the padding, filled as asked, of all channels alike', () => {
    fc.assert(
      fc.property(extents, fills, fc.integer(), ([size, padding], fill, seed) => {
        const image = map(size);
        const { pixels } = paddedCrop(image, { step: 'paddedCrop', padding, fill }, seeded(seed));
        const offsets = Array.from({ length: 2 * padding + 1 }, (_, index) => index - padding);
        const matches = offsets.flatMap((top) => offsets.map((left) => Buffer.from(shifted(image, left, top, fill))));
        assert.ok(matches.some((expected) => expected.equals(pixels)));
      }),
    );
  });

  test('mirrors at the edge without doubling it', () => {
    const image: Image = {
      size: 3,
      pixels: Uint8Array.of(1, 2, 3, 1, 2, 3, 1, 2, 3, ...new Array<number>(18).fill(0)),
    };
    const rows = new Set<string>();
    for (let seed = 0; seed < 200; seed++) {
      const { pixels } = paddedCrop(image, { step: 'paddedCrop', padding: 2, fill: 'reflect' }, seeded(seed));
      rows.add(pixels.slice(0, 3).join(''));
    }
    assert.deepEqual([...rows].sort(), ['123', '212', '232', '321']);
  });

  test('draws each of the offsets equally often', () => {
    const size = 5;
    const image = map(size);
    const names = new Map<string, string>();
    for (let top = -2; top <= 2; top++) {
      for (let left = -2; left <= 2; left++) {
        names.set(Buffer.from(shifted(image, left, top, 'black')).toString('hex'), `${left} ${top}`);
      }
    }
    const counts = new Map<string, number>();
    for (let seed = 0; seed < 2500; seed++) {
      const { pixels } = paddedCrop(image, { step: 'paddedCrop', padding: 2, fill: 'black' }, seeded(seed));
      const name = names.get(Buffer.from(pixels).toString('hex'));
      assert.ok(name !== undefined);
      counts.set(name, (counts.get(name) ?? 0) + 1);
    }
    assert.equal(counts.size, 25);
    // 2500 draws of 25: 100 ± 9.8 each; five deviations either way.
    for (const [offset, count] of counts) assert.ok(Math.abs(count - 100) < 49, `${offset} came ${count} times`);
  });

  test('leaves the image that it is given as it is', () => {
    const image = map(6);
    for (let seed = 0; seed < 20; seed++)
      paddedCrop(image, { step: 'paddedCrop', padding: 3, fill: 'black' }, seeded(seed));
    assert.deepEqual(image, map(6));
  });

  test('does nothing without padding', () => {
    const image = map(6);
    assert.deepEqual(paddedCrop(image, { step: 'paddedCrop', padding: 0, fill: 'black' }, seeded(1)), image);
  });
});
