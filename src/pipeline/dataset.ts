import type { Dataset } from '../data/dataset.js';
import { openImageFolder } from '../data/folder.js';
import { intoMemory } from '../data/memory.js';
import { texturePairs } from '../data/texturePairs.js';
import type { Rng } from '../random/rng.js';
import type { Listener } from '../telemetry/events.js';
import type { Config } from './config.js';

/** The built-in set's name as a data source. */
export const BUILT_IN = 'texture-pairs';

/**
 * Opens what the configuration names and decodes it into memory where it fits. Throws a UserError for a folder that is
 * missing or is no data set.
 */
export async function openDataset(
  { data, model }: Config,
  rng: Rng,
  emit: Listener,
  signal?: AbortSignal,
): Promise<Dataset> {
  if (data.source === BUILT_IN) return texturePairs(rng);
  const dataset = await openImageFolder(data.source, { rng });
  for (const message of dataset.notices) emit({ type: 'warning', message });
  // Random crops need the originals: such a set stays on the disk.
  if (data.augmentation.randomResizedCrop !== undefined) return dataset;
  const options = {
    imageSize: model.imageSize,
    workers: data.workers,
    signal,
    onUnreadable: ({ file, reason }: { readonly file: string; readonly reason: string }) =>
      emit({ type: 'warning', message: `${file} cannot be read and is skipped: ${reason}` }),
  };
  const train = await intoMemory(dataset.train, options);
  return { ...dataset, train, test: await intoMemory(dataset.test, options) };
}
