/** A learning rate that warms up linearly and then falls along a cosine (timm's CosineLRScheduler, in steps). */
export interface Schedule {
  /** The rate at the top of the cosine. */
  readonly learningRate: number;
  /** The rate of the first step. */
  readonly warmupLearningRate: number;
  /** The rate that the cosine ends at. */
  readonly minLearningRate: number;
  readonly warmupSteps: number;
  readonly steps: number;
}

/**
 * The learning rate of step `step`, counted from 0. During the warm-up it rises linearly towards the top; afterwards it is
 * min + (top − min)/2 · (1 + cos(π · step/steps)): as in timm, the warm-up is not subtracted from the cosine's length.
 */
export function learningRateAt(schedule: Schedule, step: number): number {
  const { learningRate, warmupLearningRate, minLearningRate, warmupSteps, steps } = schedule;
  if (step < warmupSteps) return warmupLearningRate + ((learningRate - warmupLearningRate) * step) / warmupSteps;
  if (step >= steps) return minLearningRate;
  return minLearningRate + 0.5 * (learningRate - minLearningRate) * (1 + Math.cos((Math.PI * step) / steps));
}
