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
  /**
   * The rate as DeiT's training script really sets it, instead of the smooth one: once an epoch, and one epoch late,
   * because the schedule is told the number of the epoch that has just ended. Epochs 0 and 1 both run at the warm-up
   * rate, and the last epoch never reaches the floor, nor the cool-down epochs that are configured after it.
   */
  readonly official?: { readonly stepsPerEpoch: number } | undefined;
}

/**
 * The learning rate of optimizer step `step`, counted from 0. During the warm-up it rises linearly towards the top; afterwards
 * it is min + (top − min)/2 · (1 + cos(π · step/steps)): as in timm, the warm-up is not subtracted from the cosine's length.
 */
export function learningRateAt(schedule: Schedule, step: number): number {
  const { learningRate, warmupLearningRate, minLearningRate, warmupSteps, steps, official } = schedule;
  const time = official === undefined ? step : laggingTime(step, official.stepsPerEpoch);
  if (time < warmupSteps) return warmupLearningRate + ((learningRate - warmupLearningRate) * time) / warmupSteps;
  if (time >= steps) return minLearningRate;
  return minLearningRate + 0.5 * (learningRate - minLearningRate) * (1 + Math.cos((Math.PI * time) / steps));
}

/** The step at which the epoch before the one of `step` began. `stepsPerEpoch` need not be a whole number. */
function laggingTime(step: number, stepsPerEpoch: number): number {
  return Math.max(0, Math.floor(step / stepsPerEpoch) - 1) * stepsPerEpoch;
}

/**
 * A learning rate meant for `reference` images per optimizer step, for a step of `images`: linearly scaled (Goyal et al.,
 * 2017). DeiT's is 5e-4 for 512; it scales neither the warm-up rate nor the floor.
 */
export function scaledLearningRate(rate: number, images: number, reference: number): number {
  return (rate * images) / reference;
}
