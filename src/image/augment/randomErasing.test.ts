import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { seeded } from '../../random/rng.js';
import { drawErased, randomErasing } from './randomErasing.js';

const NOISE = { mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225] };

describe('randomErasing', () => {
  test('replaces the drawn rectangle in every channel and nothing else', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 40 }), fc.nat(), (size, seed) => {
        const pixels = new Float32Array(3 * size * size).fill(-1000);
        randomErasing(pixels, size, { probability: 1 }, NOISE, seeded(seed));
        const erased = drawErased(size, { probability: 1 }, seeded(seed));
        pixels.forEach((value, at) => {
          const [y, x] = [Math.floor(at / size) % size, at % size];
          const inside =
            erased !== undefined &&
            y >= erased.top &&
            y < erased.top + erased.height &&
            x >= erased.left &&
            x < erased.left + erased.width;
          assert.equal(value !== -1000, inside);
        });
      }),
    );
  });

  test('adds noise that is standard normal after normalisation', () => {
    const size = 128;
    const plane = size * size;
    const values: [number[], number[], number[]] = [[], [], []];
    for (let seed = 0; seed < 20; seed++) {
      const pixels = new Float32Array(3 * plane).fill(NaN);
      randomErasing(pixels, size, { probability: 1 }, NOISE, seeded(seed));
      pixels.forEach((value, at) => {
        const channel = Math.floor(at / plane);
        if (!Number.isNaN(value)) values[channel].push((value / 255 - NOISE.mean[channel]) / NOISE.std[channel]);
      });
    }
    for (const channel of values) {
      const mean = channel.reduce((sum, value) => sum + value, 0) / channel.length;
      const variance = channel.reduce((sum, value) => sum + (value - mean) ** 2, 0) / channel.length;
      assert.ok(channel.length > 10_000);
      assert.ok(Math.abs(mean) < 5 / Math.sqrt(channel.length), `mean ${mean}`);
      assert.ok(Math.abs(variance - 1) < 7 / Math.sqrt(channel.length), `variance ${variance}`);
      assert.ok(
        channel.some((value) => value > 3),
        'nothing is cut off',
      );
    }
  });

  test('leaves the image alone with probability 0 and if no rectangle fits', () => {
    for (const parameters of [{ probability: 0 }, { probability: 1, area: [1, 1] as const }]) {
      const pixels = new Float32Array(3 * 16).fill(7);
      randomErasing(pixels, 4, parameters, NOISE, seeded(1));
      assert.ok(pixels.every((value) => value === 7));
    }
  });

  test('gives the same pixels for the same seed', () => {
    const draw = (): Float32Array => {
      const pixels = new Float32Array(3 * 24 * 24);
      randomErasing(pixels, 24, { probability: 0.9, area: [0.1, 0.4], ratio: [0.5, 2] }, NOISE, seeded('same'));
      return pixels;
    };
    assert.deepEqual(draw(), draw());
  });
});
