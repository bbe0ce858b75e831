import type { Dataset } from '../dataset/dataset.js';
import type { Rng } from '../random/rng.js';
import type { Device } from '../runtime/device.js';
import type { Listener } from '../telemetry/events.js';
import type { Config } from '../config/config.js';
import type { RunFolder } from './runFolder.js';
import type { UnreadableImages } from '../loader/unreadable.js';

/** What every stage of a run works with. */
export interface RunContext {
  readonly config: Config;
  /** As it was opened before the run began. Only the end of a run looks at its test images. */
  readonly dataset: Dataset;
  /** Where loaders tell of images that they cannot read. */
  readonly unreadable: UnreadableImages;
  readonly device: Device;
  readonly rng: Rng;
  readonly folder: RunFolder;
  readonly emit: Listener;
  readonly signal?: AbortSignal | undefined;
}
