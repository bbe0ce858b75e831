import { add, div, mul, sqrt, sub } from '../../graph/index.js';
import { decayVector } from './decayVector.js';
import type { Optimizer } from './optimizer.js';

export interface AdamWSettings {
  readonly beta1: number;
  readonly beta2: number;
  readonly epsilon: number;
}

/** PyTorch's and DeiT's settings. */
const DEFAULTS: AdamWSettings = { beta1: 0.9, beta2: 0.999, epsilon: 1e-8 };

/**
 * AdamW (Loshchilov and Hutter, 2019): decoupled weight decay, then the bias-corrected step.
 *
 * The moments are stored as decaying sums, m/(1 − β₁) and v/(1 − β₂); the factors that make them averages and correct
 * their bias are part of the step size and epsilon. As in PyTorch, a vector's own updates count, not the steps.
 */
export function adamw({ beta1, beta2, epsilon }: AdamWSettings = DEFAULTS): Optimizer {
  return {
    name: 'AdamW',
    slots: ['first', 'second'],
    scalars: ['stepSize', 'epsilon', 'decayFactor'],
    counted: ['stepSize', 'epsilon'],
    scalarsAt({ updates, learningRate, weightDecay }) {
      const first = (1 - beta1) / (1 - beta1 ** updates);
      // Epsilon has the scale of the root of the stored second moment.
      const second = Math.sqrt((1 - beta2) / (1 - beta2 ** updates));
      return [(learningRate * first) / second, epsilon / second, 1 - learningRate * weightDecay];
    },
    update({ parameters, gradient, slots: [first, second], scalars: [stepSize, smallest, decayFactor], decayRuns }) {
      const m = add(mul(first, beta1), gradient);
      const v = add(mul(second, beta2), mul(gradient, gradient));
      const move = mul(div(m, add(sqrt(v), smallest)), stepSize);
      const shrunk = mul(parameters, decayVector(decayFactor, 1, decayRuns));
      return { parameters: sub(shrunk, move), slots: [m, v] };
    },
  };
}
