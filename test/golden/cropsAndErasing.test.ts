import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { drawErased } from '../../src/image/augment/randomErasing.js';
import { cropRegion } from '../../src/image/augment/randomResizedCrop.js';
import { seeded } from '../../src/random/rng.js';
import { goldenJson } from './data.js';

interface Distribution {
  readonly mean: number;
  readonly std: number;
  readonly percentiles: Readonly<Record<string, number>>;
}

interface Recorded {
  readonly random_resized_crop: readonly {
    readonly source: string;
    readonly width: number;
    readonly height: number;
    readonly draws: number;
    readonly scale: [number, number];
    readonly ratio: [number, number];
    readonly area_ratio: Distribution;
    readonly aspect_ratio: Distribution;
    readonly top_position_fraction: Distribution;
    readonly left_position_fraction: Distribution;
    readonly fraction_whole_image: number;
  }[];
  readonly random_erasing: readonly {
    readonly width: number;
    readonly calls: number;
    readonly probability: number;
    readonly area_range: [number, number];
    readonly aspect_range: [number, number];
    readonly fraction_erased: number;
    readonly area_ratio: Distribution;
    readonly log_aspect: Distribution;
  }[];
}

const DRAWS = 20_000;

/** The tolerance from the reference's README, for means and for the shares of draws below percentiles. */
function agree(what: string, values: readonly number[], recorded: Distribution, recordedDraws: number): void {
  const noise = 4 * Math.sqrt(1 / recordedDraws + 1 / values.length);
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const off = Math.abs(mean - recorded.mean);
  assert.ok(off <= recorded.std * noise, `${what}: mean ${mean} instead of ${recorded.mean}`);
  const std = Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length);
  assert.ok(Math.abs(std / recorded.std - 1) < 0.04, `${what}: deviation ${std} instead of ${recorded.std}`);
  for (const [percent, limit] of Object.entries(recorded.percentiles)) {
    const share = Number(percent) / 100;
    const slack = noise * Math.sqrt(share * (1 - share));
    // Positions are whole pixels: many draws can equal the percentile.
    const below = values.filter((value) => value < limit - 1e-9).length / values.length;
    const upTo = values.filter((value) => value <= limit + 1e-9).length / values.length;
    assert.ok(below <= share + slack && upTo >= share - slack, `${what}: ${below} to ${upTo} at percentile ${percent}`);
  }
}

describe('random numbers against the samplers of torchvision and timm', async () => {
  const recorded = await goldenJson<Recorded>('recipe/random_crop_erase_stats.json');

  for (const { source, width, height, draws, scale, ratio, ...expected } of recorded.random_resized_crop) {
    test(`crops of ${width} × ${height} as in ${source}`, () => {
      const rng = seeded(`crops ${width}`);
      const regions = Array.from({ length: DRAWS }, (_, at) => cropRegion(width, height, { scale, ratio }, rng.fork(at)));
      const of = (value: (region: (typeof regions)[number]) => number): number[] => regions.map(value);
      agree('area', of((r) => (r.width * r.height) / (width * height)), expected.area_ratio, draws);
      agree('aspect', of((r) => r.width / r.height), expected.aspect_ratio, draws);
      agree('top', of((r) => r.top / Math.max(1, height - r.height)), expected.top_position_fraction, draws);
      agree('left', of((r) => r.left / Math.max(1, width - r.width)), expected.left_position_fraction, draws);
      const whole = regions.filter((r) => r.width === width && r.height === height).length / DRAWS;
      const limit = 4 * Math.sqrt(0.003 * (1 / draws + 1 / DRAWS));
      assert.ok(Math.abs(whole - expected.fraction_whole_image) <= limit, `${whole} are the whole image`);
    });
  }

  for (const { width: size, calls, probability, area_range, aspect_range, ...expected } of recorded.random_erasing) {
    test(`erased rectangles of ${size} × ${size} as in timm`, () => {
      const rng = seeded(`erasing ${size}`);
      const parameters = { probability, area: area_range, ratio: aspect_range };
      const erased = Array.from({ length: DRAWS }, (_, at) => drawErased(size, parameters, rng.fork(at))).filter(
        (each) => each !== undefined,
      );
      const share = erased.length / DRAWS;
      const limit = 4 * Math.sqrt(probability * (1 - probability) * (1 / calls + 1 / DRAWS));
      assert.ok(Math.abs(share - expected.fraction_erased) <= limit, `${share} are erased in`);
      const recordedDraws = calls * expected.fraction_erased;
      agree('area', erased.map((e) => (e.height * e.width) / size ** 2), expected.area_ratio, recordedDraws);
      agree('log aspect', erased.map((e) => Math.log(e.height / e.width)), expected.log_aspect, recordedDraws);
    });
  }
});
