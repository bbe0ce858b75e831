import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { gradients, input } from '../../src/graph/index.js';
import { float32, tensor, type Tensor } from '../../src/tensor/tensor.js';
import { dropPathRates, keepFactor } from '../../src/train/dropPath.js';
import { crossEntropy, smoothTargets } from '../../src/train/loss.js';
import { learningRateAt } from '../../src/train/schedule.js';
import { evaluate } from '../support/evaluate.js';
import { Comparison } from './comparison.js';
import { goldenJson, GoldenTensors } from './data.js';

describe('losses', () => {
  test('cross entropy, label smoothing and soft targets, with their gradients', async (t) => {
    const golden = await GoldenTensors.read('recipe/losses.safetensors');
    const comparison = new Comparison();
    const { shape } = golden.get('logits');
    const labels = golden.get('labels').data;
    const smoothed = (smoothing: number): Tensor => tensor('float32', shape, smoothTargets(labels, shape[1], smoothing));
    const logits = input('logits', 'float32', shape);
    const loss = crossEntropy(logits, input('targets', 'float32', shape));
    const [gradient] = gradients(loss, [logits]);
    for (const [name, targets] of [
      ['cross_entropy', smoothed(0)],
      ['label_smoothing_0.1', smoothed(0.1)],
      ['label_smoothing_0.3', smoothed(0.3)],
      ['soft_target', golden.get('soft_targets')],
      ['soft_target_mixup', golden.get('mixup_targets_lambda0_37_smoothing0_1')],
    ] as const) {
      const actual = await evaluate({ loss, gradient }, { logits: golden.get('logits'), targets });
      comparison.number('loss', name, Number(actual['loss'].data[0]), golden.number(`${name}/loss`), 1e-5);
      comparison.ofLargest('gradient', name, actual['gradient'], golden.get(`${name}/grad`), 1e-5);
    }
    t.diagnostic(comparison.report());
  });
});

describe('drop path', () => {
  interface DropPath {
    readonly linspace: readonly { readonly rate: number; readonly depth: number; readonly rates: readonly number[] }[];
    readonly cases: readonly { readonly index: number; readonly drop_prob: number; readonly kept: readonly boolean[] }[];
  }

  test('rates are those of the reference, to the last bit of float32', async () => {
    const { linspace } = await goldenJson<DropPath>('recipe/drop_path.json');
    for (const { rate, depth, rates } of linspace) assert.deepEqual(dropPathRates(depth, rate), rates);
  });

  test('the same uniform numbers drop the same samples and scale the others alike', async (t) => {
    const { cases } = await goldenJson<DropPath>('recipe/drop_path.json');
    const golden = await GoldenTensors.read('recipe/drop_path.safetensors');
    const comparison = new Comparison();
    const x = golden.get('x');
    const size = x.data.length / x.shape[0];
    for (const { index, drop_prob, kept } of cases) {
      const uniforms = Array.from(golden.get(`u_${index}`).data, Number);
      const factors = uniforms.map((uniform) => keepFactor(drop_prob, uniform));
      assert.deepEqual(
        factors.map((factor) => factor > 0),
        kept,
      );
      const scaled = Array.from(x.data, Number).map((value, at) => value * factors[Math.floor(at / size)]);
      comparison.absolute('outputs', `case ${index}`, float32(x.shape, scaled), golden.get(`out_${index}`), 1e-6);
    }
    t.diagnostic(comparison.report());
  });
});

test("the learning rate is that of timm's cosine schedule, and that of DeiT's script", async () => {
  interface Schedules {
    readonly schedules: readonly (Record<'epochs' | 'base_lr' | 'warmup_epochs' | 'warmup_lr' | 'min_lr', number> & {
      readonly lr_at_t: readonly number[];
      readonly lr_used_in_epoch: readonly number[];
    })[];
  }
  const { schedules } = await goldenJson<Schedules>('recipe/lr_schedule.json');
  assert.ok(schedules.length > 1);
  for (const { epochs, base_lr, warmup_epochs, warmup_lr, min_lr, lr_at_t, lr_used_in_epoch } of schedules) {
    const schedule = {
      learningRate: base_lr,
      warmupLearningRate: warmup_lr,
      minLearningRate: min_lr,
      warmupSteps: warmup_epochs,
      steps: epochs,
    };
    lr_at_t.forEach((expected, at) => {
      const found = learningRateAt(schedule, at);
      assert.ok(Math.abs(found - expected) <= 1e-9 * expected, `time ${at}: ${found} instead of ${expected}`);
    });
    // The same in steps, 7 an epoch.
    const official = {
      ...schedule,
      warmupSteps: 7 * warmup_epochs,
      steps: 7 * epochs,
      official: { stepsPerEpoch: 7 },
    };
    assert.equal(lr_used_in_epoch.length, epochs);
    for (let step = 0; step < 7 * epochs; step++) {
      const [found, expected] = [learningRateAt(official, step), lr_used_in_epoch[Math.floor(step / 7)]];
      assert.ok(Math.abs(found - expected) <= 1e-9 * expected, `step ${step}: ${found} instead of ${expected}`);
    }
  }
});
