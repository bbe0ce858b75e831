import type { Communicator } from '../comm/communicator.js';
import type { Dataset } from '../dataset/dataset.js';
import type { LatencyTable } from '../measure/latencyTable.js';
import type { Rng } from '../random/rng.js';
import type { Device } from '../runtime/device.js';
import type { Listener } from '../telemetry/events.js';
import type { Config } from '../config/config.js';
import type { RunFolder } from './folder/runFolder.js';
import type { RecordedAccuracies } from './training/recordedAccuracies.js';
import type { UnreadableImages } from '../loader/unreadable.js';

/** The context of the stages of a run that must not see test images: it has no data set, and nothing leads to one. */
export interface SearchContext {
  readonly config: Config;
  /** Where loaders report unreadable images. */
  readonly unreadable: UnreadableImages;
  readonly device: Device;
  /** The processes that do this run together; all are at the same place of it. */
  readonly ranks: Communicator;
  readonly rng: Rng;
  readonly folder: RunFolder;
  /** What earlier processes of the run measured of trained networks. */
  readonly accuracies: RecordedAccuracies;
  /** If latency is bounded or an objective. */
  readonly latencyTable?: LatencyTable | undefined;
  readonly emit: Listener;
  readonly signal?: AbortSignal | undefined;
}

/** The context of a run. */
export interface RunContext extends SearchContext {
  /** The data set, opened before the run started. Only the end of a run uses its test images. */
  readonly dataset: Dataset;
  /** Whether its images must be resized and cropped for the network. */
  readonly needsFraming: boolean;
}
