import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { evaluate } from '../../../test/support/evaluate.js';
import { input } from '../../graph/index.js';
import { float32, scalar, type Tensor } from '../../tensor/tensor.js';
import { sgd, type SgdSettings } from './sgd.js';

const START = [0.5, -1.25, 2, -0.75];
/** How many elements, from the front, decay. */
const DECAYED = 2;
const GRADIENTS = [
  [0.3, -0.1, 0.8, 0.05],
  [-0.2, 0.4, 0.1, -0.6],
] as const;

/**
 * PyTorch 2.15, float64:
 *
 *     for nesterov in (False, True):
 *         decayed, spared = (torch.nn.Parameter(torch.tensor(part, dtype=torch.float64)) for part in (start[:2], start[2:]))
 *         optimizer = torch.optim.SGD(
 *             [{"params": [decayed], "weight_decay": 0.1}, {"params": [spared], "weight_decay": 0}],
 *             lr=0.05, momentum=0.9, nesterov=nesterov)
 *         for step in range(8):
 *             for group in optimizer.param_groups:
 *                 group["lr"] = 0.05 / (1 + step)
 *             grad = torch.tensor(grads[step % 2], dtype=torch.float64)
 *             decayed.grad, spared.grad = grad[:2], grad[2:]
 *             optimizer.step()
 *             print([*decayed.tolist(), *spared.tolist()])
 */
const EXPECTED = {
  plain: [
    [0.4825, -1.23875, 1.96, -0.7525],
    [0.47841875, -1.240590625, 1.9395, -0.738625],
    [0.47017263541666665, -1.2379606822916667, 1.9138666666666666, -0.7311333333333333],
    [0.46651879227864584, -1.2396380201106771, 1.8953141666666666, -0.7185764583333333],
    [0.4604215064269922, -1.238606065320254, 1.8739563666666665, -0.7100355083333333],
    [0.4571315241162295, -1.2401332608396698, 1.8571046833333331, -0.6986297958333333],
    [0.4521241581021295, -1.2397112879111907, 1.8383905276190473, -0.6901882461904761],
    [0.44914827976721194, -1.241104164675069, 1.8230281299940474, -0.6797905258467262],
  ],
  nesterov: [
    [0.46675, -1.228625, 1.924, -0.75475],
    [0.4669454375, -1.2372327812500001, 1.90305, -0.7272625],
    [0.4537841644479167, -1.2311558170260417, 1.8666466666666666, -0.7213533333333334],
    [0.4524728613843641, -1.2361467579883392, 1.8486994166666666, -0.7025521458333334],
    [0.4435774648176515, -1.232999596876339, 1.8214773966666666, -0.6953652908333333],
    [0.44195959274933067, -1.2366974200824425, 1.8054775483333334, -0.6801001495833333],
    [0.43503973179099187, -1.234735722655031, 1.7829205224761906, -0.6728598977619047],
    [0.43338483387571974, -1.237732779559088, 1.7684693646136906, -0.6597519494525297],
  ],
} as const;

interface Point {
  readonly parameters: Tensor;
  readonly velocity: Tensor;
}

/** One step from a point. */
async function stepped(
  settings: SgdSettings,
  { parameters, velocity }: Point,
  gradient: readonly number[],
  { learningRate, weightDecay }: { readonly learningRate: number; readonly weightDecay: number },
): Promise<Point> {
  const optimizer = sgd(settings);
  const vector = (name: string) => input(name, 'float32', [gradient.length]);
  const updated = optimizer.update({
    parameters: vector('parameters'),
    gradient: vector('gradient'),
    slots: [vector('velocity')],
    scalars: optimizer.scalars.map((name) => input(name, 'float32', [])),
    decayRuns: [DECAYED, gradient.length - DECAYED],
  });
  const rates = optimizer.scalarsAt({ updates: 1, learningRate, weightDecay });
  const found = await evaluate(
    { nextParameters: updated.parameters, nextVelocity: updated.slots[0] },
    {
      parameters,
      velocity,
      gradient: float32([gradient.length], gradient),
      ...Object.fromEntries(optimizer.scalars.map((name, at) => [name, scalar(rates[at])])),
    },
  );
  return { parameters: found['nextParameters'], velocity: found['nextVelocity'] };
}

/** float32 rounds each of a few additions of numbers up to 2 by at most 1.2e-7. */
function assertNear(actual: Tensor, expected: readonly number[]): void {
  expected.forEach((value, at) => {
    const found = Number(actual.data[at]);
    assert.ok(Math.abs(found - value) <= 1e-6, `${found} instead of ${value}`);
  });
}

describe('stochastic gradient descent', () => {
  for (const [kind, path] of Object.entries(EXPECTED)) {
    test(`with momentum, ${kind}, goes PyTorch’s way for eight steps of falling rates`, async () => {
      const settings = { momentum: 0.9, nesterov: kind === 'nesterov' };
      let point = { parameters: float32([4], START), velocity: float32([4], [0, 0, 0, 0]) } as Point;
      for (const [step, expected] of path.entries()) {
        const rates = { learningRate: 0.05 / (1 + step), weightDecay: 0.1 };
        point = await stepped(settings, point, GRADIENTS[step % 2], rates);
        assertNear(point.parameters, expected);
      }
    });
  }

  test('without momentum goes along the gradient and nothing else', async () => {
    const number = fc.double({ min: -1, max: 1, noNaN: true });
    await fc.assert(
      fc.asyncProperty(
        fc.array(number, { minLength: 4, maxLength: 4 }),
        fc.array(number, { minLength: 4, maxLength: 4 }),
        fc.boolean(),
        fc.double({ min: 0, max: 1, noNaN: true }),
        async (start, gradient, nesterov, learningRate) => {
          const point = { parameters: float32([4], start), velocity: float32([4], [1, -1, 1, -1]) };
          const weightDecay = 0.1;
          const { parameters } = await stepped({ momentum: 0, nesterov }, point, gradient, {
            learningRate,
            weightDecay,
          });
          assertNear(
            parameters,
            start.map((value, at) => value - learningRate * (gradient[at] + (at < DECAYED ? weightDecay * value : 0))),
          );
        },
      ),
      { numRuns: 20 },
    );
  });
});
