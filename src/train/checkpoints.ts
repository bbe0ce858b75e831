import type { Tensor } from '../tensor/tensor.js';

/** Everything that a training run needs to resume. */
export interface TrainingSnapshot {
  /** The number of steps done. */
  readonly step: number;
  /** How often the training had gone back. */
  readonly rollbacks: number;
  /** The state's vectors by name. */
  readonly vectors: ReadonlyMap<string, Tensor>;
}

/** Keeps a snapshot, until there is a newer one. */
export interface SnapshotStore {
  load(): Promise<TrainingSnapshot | undefined>;
  save(snapshot: TrainingSnapshot): Promise<void>;
}

/** Where a training run keeps its snapshots. */
export interface Checkpoints extends SnapshotStore {
  /** Where the states are that a diverged training goes back to. Default: in memory. */
  readonly points?: SnapshotStore | undefined;
  /** Seconds between snapshots. An interruption also saves one. */
  readonly everySeconds: number;
}
