import { add, mul, sub } from '../../graph/index.js';
import { decayVector } from './decayVector.js';
import type { Optimizer } from './optimizer.js';

export interface SgdSettings {
  /** Momentum: the share of the velocity that a step keeps. */
  readonly momentum: number;
  /** Use Nesterov's momentum. */
  readonly nesterov: boolean;
}

/**
 * Stochastic gradient descent with momentum, as PyTorch defines it: with weight decay λ as part of the gradient,
 * g = ∇ + λ·θ, v ← μ·v + g, and θ ← θ − η·v, or θ − η·(g + μ·v) with Nesterov's momentum.
 */
export function sgd({ momentum, nesterov }: SgdSettings): Optimizer {
  return {
    name: 'SGD',
    slots: ['velocity'],
    scalars: ['learningRate', 'weightDecay'],
    counted: [],
    scalarsAt: ({ learningRate, weightDecay }) => [learningRate, weightDecay],
    update({ parameters, gradient, slots: [velocity], scalars: [learningRate, weightDecay], decayRuns }) {
      const decay = decayVector(weightDecay, 0, decayRuns);
      const pull = add(gradient, mul(parameters, decay));
      const next = add(mul(velocity, momentum), pull);
      const along = nesterov ? add(pull, mul(next, momentum)) : next;
      return { parameters: sub(parameters, mul(along, learningRate)), slots: [next] };
    },
  };
}
