import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { seeded } from '../../random/rng.js';
import { cropRegion, INCEPTION_CROP } from './randomResizedCrop.js';
import type { Region } from './randomResizedCrop.js';

/** Mean and standard deviation. */
type Moments = readonly [number, number];

interface Recorded {
  readonly width: number;
  readonly height: number;
  /** Share of the image's area. */
  readonly area: Moments;
  /** Width ÷ height. */
  readonly aspect: Moments;
  /** The region's position between its first and last possible one: 0 to 1; 0 if there is only one. */
  readonly top: Moments;
  readonly left: Moments;
}

/** 20,000 regions each of torchvision's RandomResizedCrop with its own scale and ratio. */
const RECORDED_DRAWS = 20_000;
const RECORDED: readonly Recorded[] = [
  {
    width: 500,
    height: 375,
    area: [0.431485, 0.216238],
    aspect: [1.044367, 0.167876],
    top: [0.497927, 0.300608],
    left: [0.500521, 0.29107],
  },
  {
    width: 97,
    height: 61,
    area: [0.374523, 0.180922],
    aspect: [1.045516, 0.167671],
    top: [0.479887, 0.333141],
    left: [0.503027, 0.294526],
  },
  {
    width: 224,
    height: 224,
    area: [0.479614, 0.233886],
    aspect: [1.013067, 0.160718],
    top: [0.494481, 0.298836],
    left: [0.495754, 0.297672],
  },
  {
    width: 32,
    height: 32,
    area: [0.49033, 0.239501],
    aspect: [1.01392, 0.162581],
    top: [0.483357, 0.337486],
    left: [0.485369, 0.339465],
  },
  {
    width: 640,
    height: 120,
    area: [0.169545, 0.059182],
    aspect: [1.133828, 0.186482],
    top: [0.353587, 0.351349],
    left: [0.49772, 0.248027],
  },
];

const DRAWS = 5000;

function moments(values: readonly number[]): Moments {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  return [mean, Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length)];
}

const ranges = (least: number, most: number): fc.Arbitrary<readonly [number, number]> =>
  fc
    .tuple(fc.double({ min: least, max: most, noNaN: true }), fc.double({ min: least, max: most, noNaN: true }))
    .map(([a, b]) => [Math.min(a, b), Math.max(a, b)]);

describe('cropRegion', () => {
  test('lies inside the image and holds a pixel, whatever the image and the ranges', () => {
    const side = fc.integer({ min: 1, max: 500 });
    fc.assert(
      fc.property(side, side, ranges(0.001, 1), ranges(0.05, 20), fc.integer(), (width, height, scale, ratio, seed) => {
        const region = cropRegion(width, height, { scale, ratio }, seeded(seed));
        for (const value of Object.values(region)) assert.ok(Number.isInteger(value));
        assert.ok(region.left >= 0 && region.width >= 1 && region.left + region.width <= width);
        assert.ok(region.top >= 0 && region.height >= 1 && region.top + region.height <= height);
      }),
    );
  });

  test('is the largest central one of a permitted ratio where none fits', () => {
    const whole = { ...INCEPTION_CROP, scale: [1, 1] as const };
    const region = (width: number, height: number): Region => cropRegion(width, height, whole, seeded(1));
    assert.deepEqual(region(900, 90), { left: 390, top: 0, width: 120, height: 90 });
    assert.deepEqual(region(90, 900), { left: 0, top: 390, width: 90, height: 120 });
    const square = { scale: [1, 1], ratio: [1, 1] } as const;
    assert.deepEqual(cropRegion(64, 64, square, seeded(1)), { left: 0, top: 0, width: 64, height: 64 });
  });

  for (const { width, height, ...recorded } of RECORDED) {
    test(`is spread as torchvision's over ${width} × ${height}`, () => {
      const rng = seeded('regions');
      const regions = Array.from({ length: DRAWS }, (_, draw) =>
        cropRegion(width, height, INCEPTION_CROP, rng.fork(draw)),
      );
      const measured = {
        area: regions.map((region) => (region.width * region.height) / (width * height)),
        aspect: regions.map((region) => region.width / region.height),
        top: regions.map((region) => region.top / Math.max(1, height - region.height)),
        left: regions.map((region) => region.left / Math.max(1, width - region.width)),
      };
      for (const what of ['area', 'aspect', 'top', 'left'] as const) {
        const [mean, deviation] = moments(measured[what]);
        const [expected, spread] = recorded[what];
        const limit = 4 * spread * Math.sqrt(1 / RECORDED_DRAWS + 1 / measured[what].length);
        assert.ok(Math.abs(mean - expected) < limit, `${what}: mean ${mean}, torchvision ${expected} ± ${limit}`);
        assert.ok(Math.abs(deviation / spread - 1) < 0.06, `${what}: deviation ${deviation}, torchvision ${spread}`);
      }
    });
  }
});
