import { UserError } from '../errors.js';
import type { SnapshotStore, TrainingSnapshot } from './checkpoints.js';

/** A training's loss, or its gradient, is no longer finite. */
export class Diverged extends Error {
  override readonly name = 'Diverged';

  /** `step` counts from 1. */
  constructor(
    readonly step: number,
    readonly loss: number,
  ) {
    super(
      Number.isFinite(loss) ? `the gradient is not finite at step ${step}` : `the loss became ${loss} at step ${step}`,
    );
  }

  /** What the user can do, when going back has not helped `times` times. */
  asUserError(times: number): UserError {
    const helpless = times === 0 ? '' : `, also after going back ${times === 1 ? 'once' : `${times} times`}`;
    return new UserError(`${this.message}${helpless}; lower the learning rate or set clipNorm`);
  }
}

/** What a training does after it has diverged, for whoever watches it. */
export interface WentBack {
  readonly fault: Diverged;
  /** The number of steps that it goes on from. */
  readonly step: number;
  /** How often it has gone back so far. */
  readonly times: number;
}

/** The learning rate's factor after going back so many times. */
export function rateAfter(times: number): number {
  return 0.5 ** times;
}

/** Steps between two points: a twentieth of the training, within bounds. */
const SHARE = 20;
const FEWEST = 100;
const MOST = 2000;

/** The number of steps between two points that a training can go back to. */
export function intervalOf(steps: number): number {
  return Math.min(MOST, Math.max(FEWEST, Math.ceil(steps / SHARE)));
}

/**
 * The points that a training can go back to. They are at fixed numbers of steps, so where a training goes back to does
 * not depend on time or interruptions. A state becomes a point when the next step, which computes with it, has a finite
 * loss.
 */
export class RollbackPoints {
  private unproven: TrainingSnapshot | undefined;

  constructor(
    private readonly interval: number,
    private readonly store: SnapshotStore = new InMemory(),
  ) {}

  /** Whether the state after so many steps may become a point. */
  isAt(step: number): boolean {
    return step % this.interval === 0;
  }

  offer(state: TrainingSnapshot): void {
    this.unproven = state;
  }

  /** Says that the step after the first `step` ones had a finite loss. */
  async prove(step: number): Promise<void> {
    const point = this.unproven;
    if (point?.step !== step) return;
    this.unproven = undefined;
    await this.store.save(point);
  }

  /** The last point; undefined: the start of the training. */
  async last(): Promise<TrainingSnapshot | undefined> {
    this.unproven = undefined;
    return this.store.load();
  }
}

class InMemory implements SnapshotStore {
  private snapshot: TrainingSnapshot | undefined;

  load(): Promise<TrainingSnapshot | undefined> {
    return Promise.resolve(this.snapshot);
  }

  save(snapshot: TrainingSnapshot): Promise<void> {
    this.snapshot = snapshot;
    return Promise.resolve();
  }
}
