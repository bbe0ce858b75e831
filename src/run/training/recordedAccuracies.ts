import type { Evaluation } from '../../telemetry/events.js';
import { stageName, type Stage } from '../../telemetry/stage.js';

/** Whose accuracy it is, and on which images. */
export type EvaluationSubject = Pick<Evaluation, 'stage' | 'weights' | 'split' | 'half'>;

/**
 * The accuracies on held-out images that earlier processes of a run measured. They decided which networks went on, and the
 * files of later trainings are named by that; measured again, on another machine, they could differ in an image.
 */
export class RecordedAccuracies {
  private readonly accuracies = new Map<string, Map<string, number>>();

  constructor(evaluations: Iterable<Evaluation> = []) {
    for (const evaluation of evaluations) {
      if (evaluation.split !== 'searchVal') continue;
      const stage = stageName(evaluation.stage);
      const known = this.accuracies.get(stage) ?? new Map<string, number>();
      this.accuracies.set(stage, known.set(keyOf(evaluation), evaluation.accuracy));
    }
  }

  of(subject: EvaluationSubject): number | undefined {
    return this.accuracies.get(stageName(subject.stage))?.get(keyOf(subject));
  }

  /** Forgets those of a stage, whose network is trained again. */
  forget(stage: Stage): void {
    this.accuracies.delete(stageName(stage));
  }
}

function keyOf({ weights, split, half }: EvaluationSubject): string {
  return `${weights} ${split} ${half ?? 'whole'}`;
}
