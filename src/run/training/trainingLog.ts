import { Progress } from '../../telemetry/progress.js';
import type { Listener, TrainingSummary } from '../../telemetry/events.js';
import type { SupernetStage, TrainStage, TrustStage } from '../../telemetry/stage.js';
import type { Recipe, StepReport } from '../../train/loop.js';

/** Reports the steps of a training as events and, at the end, how much each part of the recipe did. */
export class TrainingLog {
  private readonly began = performance.now();
  private progress: Progress | undefined;
  private readonly count = { steps: 0, batches: 0, mixup: 0, cutmix: 0, clipped: 0 };
  private waiting = 0;

  constructor(
    private readonly stage: SupernetStage | TrainStage | TrustStage,
    private readonly recipe: Recipe,
    /** Optimizer steps per epoch; need not be an integer. */
    private readonly stepsPerEpoch: number,
    private readonly emit: Listener,
  ) {}

  readonly step = (report: StepReport): void => {
    const { stage, recipe, count } = this;
    // Measure the rate from the first step seen: time before it went to compilation or another process.
    if (this.progress === undefined) this.progress = new Progress(recipe.steps, { done: report.step });
    else this.progress.advance();
    const { rate = 0, remainingSeconds } = this.progress;

    count.steps++;
    if (recipe.clipNorm > 0 && report.gradientNorm > recipe.clipNorm) count.clipped++;
    count.batches += report.batches;
    count.mixup += report.mixup;
    count.cutmix += report.cutmix;
    this.waiting = report.waiting;
    this.emit({
      type: 'trainStep',
      stage,
      step: report.step,
      steps: recipe.steps,
      epoch: report.step / this.stepsPerEpoch,
      loss: report.loss,
      accuracy: report.correct / report.images,
      learningRate: report.learningRate,
      gradientNorm: report.gradientNorm,
      imagesPerSecond: rate * report.images,
      ...(remainingSeconds !== undefined && { remainingSeconds }),
      waitingShare: report.waiting,
    });
  };

  /** Call when steps that were reported will be taken again. */
  goBack(): void {
    this.progress = undefined;
  }

  /** Call after the last step. */
  finish(): void {
    const { steps, batches, mixup, cutmix, clipped } = this.count;
    const summary: TrainingSummary = {
      steps: this.recipe.steps,
      waitingShare: this.waiting,
      ...(clipped > 0 && { clippedShare: clipped / steps }),
      ...(mixup > 0 && { mixupShare: mixup / batches }),
      ...(cutmix > 0 && { cutmixShare: cutmix / batches }),
    };
    const durationSeconds = (performance.now() - this.began) / 1000;
    this.emit({ type: 'stageFinished', stage: this.stage, durationSeconds, result: summary });
  }
}
