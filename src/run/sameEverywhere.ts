import { createHash } from 'node:crypto';
import { basename } from 'node:path';
import type { Communicator } from '../comm/communicator.js';
import { agreed } from '../comm/exchange.js';
import type { Config } from '../config/config.js';
import { formatConfig } from '../config/layers.js';
import type { Dataset } from '../dataset/dataset.js';
import { isStored, type ImageSource } from '../dataset/source.js';
import { UserError } from '../errors.js';
import { bytesOf } from '../image/image.js';
import { version } from './version.js';

/**
 * Checks that this rank has rank 0's version of glit, its configuration and its images. Ranks that differ in any of these
 * would train different networks without a sign of it. Throws a UserError that names what differs.
 */
export async function checkSameEverywhere(ranks: Communicator, config: Config, dataset: Dataset): Promise<void> {
  if (ranks.size === 1) return;
  const own = {
    'version of glit': version,
    configuration: formatConfig({ ...config, device: { kind: config.device.kind } }),
    'data set': `${dataset.classes.length} classes, ${dataset.train.labels.length} + ${dataset.test.labels.length} images`,
    'training images': fingerprint(dataset.train),
    'test images': fingerprint(dataset.test),
  };
  const first = await agreed(ranks, () => own);
  for (const [what, value] of Object.entries(own)) {
    if (value === first[what as keyof typeof own]) continue;
    const short = what === 'data set' || what.startsWith('version');
    const difference = short ? ` (${value} here, ${first[what as keyof typeof own]} there)` : '';
    throw new UserError(
      `the ${what} of rank ${ranks.rank} is not that of rank 0${difference}; give all machines the same files and the same command`,
    );
  }
}

/** A hash of labels and of pixels or, for images still encoded, of their files' names and places. */
function fingerprint(source: ImageSource): string {
  const hash = createHash('sha256');
  hash.update(source.labels);
  if (isStored(source)) {
    const { store, rows } = source;
    const size = bytesOf(store.size);
    for (const row of rows) hash.update(store.pixels.subarray(row * size, (row + 1) * size));
  } else {
    for (let index = 0; index < source.labels.length; index++) {
      const { file, part } = source.encoded(index);
      hash.update(`${basename(file)} ${part?.start ?? ''} ${part?.length ?? ''} ${part?.name ?? ''}\n`);
    }
  }
  return hash.digest('hex');
}
