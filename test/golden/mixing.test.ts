import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { cutMix, drawMix, fillMixed, type Mix } from '../../src/image/augment/mixing.js';
import { seeded } from '../../src/random/rng.js';
import { mixedTargets } from '../../src/train/loss.js';
import { goldenJson, GoldenTensors } from './data.js';

interface Bounds {
  readonly y0: number;
  readonly y1: number;
  readonly x0: number;
  readonly x1: number;
}

interface Recorded {
  readonly height: number;
  readonly width: number;
  readonly classes: number;
  readonly batch: number;
  readonly cases: readonly {
    readonly key: string;
    readonly lambda_: number;
    readonly lambda_used: number;
    readonly smoothing: number;
    readonly bbox?: Bounds;
    readonly center_y?: number;
    readonly center_x?: number;
  }[];
  readonly bbox_table: readonly {
    readonly height: number;
    readonly width: number;
    readonly lambda_: number;
    readonly center_y: number;
    readonly center_x: number;
    readonly bbox: readonly number[];
    readonly lambda_used: number;
  }[];
  readonly lambda_distribution: {
    readonly mixup_alpha: number;
    readonly draws: number;
    readonly mixup_beta_percentiles: Readonly<Record<string, number>>;
    readonly mixup_beta_mean: number;
    readonly mixup_beta_std: number;
  };
}

const recorded = await goldenJson<Recorded>('recipe/mixup_cutmix.json');
const golden = await GoldenTensors.read('recipe/mixup_cutmix.safetensors');

describe("mixup and CutMix are timm's", () => {
  for (const { key, lambda_, lambda_used, smoothing, bbox, center_y, center_x } of recorded.cases) {
    test(`${key}: images and targets equal to the last bit`, () => {
      const { height, width, batch, classes } = recorded;
      let mix: Mix = { lambda: lambda_ };
      if (bbox !== undefined) {
        const cut = cutMix({ height, width }, lambda_, { row: Number(center_y), column: Number(center_x) });
        assert.deepEqual(cut.box, { top: bbox.y0, bottom: bbox.y1, left: bbox.x0, right: bbox.x1 });
        mix = cut;
      }
      assert.equal(mix.lambda, lambda_used);
      const images = Float32Array.from(golden.get('images').data, Number);
      const length = images.length / batch;
      const mixed = new Float32Array(images.length);
      fillMixed(mixed, { height, width }, mix, (place, { values }) => {
        values.set(images.subarray(place * length, (place + 1) * length));
      });
      assert.deepEqual(mixed, golden.get(`${key}/images`).data);
      const targets = mixedTargets(golden.get('labels').data, classes, smoothing, mix.lambda);
      assert.deepEqual(targets, golden.get(`${key}/targets`).data);
    });
  }

  test('every box of the table', () => {
    assert.equal(recorded.bbox_table.length, 60);
    for (const { height, width, lambda_, center_y, center_x, bbox, lambda_used } of recorded.bbox_table) {
      const { lambda, box } = cutMix({ height, width }, lambda_, { row: center_y, column: center_x });
      assert.deepEqual([box.top, box.bottom, box.left, box.right], bbox);
      assert.equal(lambda, lambda_used);
    }
  });

  test('the mixed targets of the losses', async () => {
    const losses = await GoldenTensors.read('recipe/losses.safetensors');
    const targets = mixedTargets(losses.get('labels').data, 10, 0.1, 0.37);
    assert.deepEqual(targets, losses.get('mixup_targets_lambda0_37_smoothing0_1').data);
  });

  test('λ is distributed alike', () => {
    const { mixup_alpha, draws, ...distribution } = recorded.lambda_distribution;
    const mixing = { mixup: mixup_alpha, cutmix: 0, probability: 1, switchProbability: 0.5 };
    const rng = seeded('lambda');
    const count = 20_000;
    const lambdas = Float64Array.from({ length: count }, () => drawMix(mixing, 32, rng)?.lambda ?? 1).sort();
    const spread = Math.sqrt(1 / draws + 1 / count);
    const mean = lambdas.reduce((sum, lambda) => sum + lambda, 0) / count;
    const deviation = distribution.mixup_beta_std;
    // Both sides are samples: four standard deviations of their difference.
    assert.ok(Math.abs(mean - distribution.mixup_beta_mean) <= 4 * deviation * spread, `mean ${mean}`);
    for (const [percent, expected] of Object.entries(distribution.mixup_beta_percentiles)) {
      // The share of our draws below the reference's percentile, rather than the percentile, has a known deviation.
      const share = lambdas.filter((lambda) => lambda < expected).length / count;
      const wanted = Number(percent) / 100;
      const tolerance = 4 * Math.sqrt(wanted * (1 - wanted)) * spread;
      assert.ok(Math.abs(share - wanted) <= tolerance, `${percent} %: ${share}`);
    }
  });
});
