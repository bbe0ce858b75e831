/** A learning rate that warms up linearly and then falls along a cosine (timm's CosineLRScheduler, in steps). */
export interface Schedule {
  /** The rate at the peak of the cosine. */
  readonly learningRate: number;
  /** The rate of the first step. */
  readonly warmupLearningRate: number;
  /** The rate at the end of the cosine. */
  readonly minLearningRate: number;
  readonly warmupSteps: number;
  readonly steps: number;
  /**
   * Reproduces DeiT's training script instead of the smooth schedule: it updates the rate once per epoch, and one epoch
   * late, because it passes the schedule the number of the epoch that just ended. Epochs 0 and 1 both run at the
   * warm-up rate, and the last epoch never reaches the floor or the configured cool-down epochs.
   */
  readonly official?: { readonly stepsPerEpoch: number } | undefined;
}

/**
 * The learning rate of optimizer step `step`, counted from 0. It rises linearly during warm-up, then it is min + (peak
 * − min)/2 · (1 + cos(π · step/steps)); as in timm, the warm-up is not subtracted from the cosine's length. `decay` is an
 * exponent on the cosine's fall from 1 to 0: below 1 the rate falls later, above 1 earlier.
 */
export function learningRateAt(schedule: Schedule, step: number, decay = 1): number {
  const { learningRate, warmupLearningRate, minLearningRate, warmupSteps, steps, official } = schedule;
  const time = official === undefined ? step : laggingTime(step, official.stepsPerEpoch);
  if (time < warmupSteps) return warmupLearningRate + ((learningRate - warmupLearningRate) * time) / warmupSteps;
  if (time >= steps) return minLearningRate;
  const cosine = 1 + Math.cos((Math.PI * time) / steps);
  if (decay === 1) return minLearningRate + 0.5 * (learningRate - minLearningRate) * cosine;
  return minLearningRate + (learningRate - minLearningRate) * (cosine / 2) ** decay;
}

/** The first step of the epoch before that of `step`. `stepsPerEpoch` need not be an integer. */
function laggingTime(step: number, stepsPerEpoch: number): number {
  return Math.max(0, Math.floor(step / stepsPerEpoch) - 1) * stepsPerEpoch;
}

/**
 * Scales a learning rate meant for `reference` images per optimizer step linearly to `images` (Goyal et al., 2017).
 * DeiT's is 5e-4 for 512; it scales neither the warm-up rate nor the floor.
 */
export function scaledLearningRate(rate: number, images: number, reference: number): number {
  return (rate * images) / reference;
}
