import type { Communicator } from '../comm/communicator.js';
import { agreed } from '../comm/exchange.js';
import type { Config } from '../config/config.js';
import { formatConfig } from '../config/layers.js';
import type { Dataset } from '../dataset/dataset.js';
import { UserError } from '../errors.js';
import { fingerprint } from '../loader/fingerprint.js';
import { version } from './version.js';

/**
 * Checks that this rank has rank 0's version of glit, its configuration, its images and its other `inputs`, which are given by
 * name as texts. Ranks that differ in any of these would train different networks without a sign of it. Throws a UserError
 * that names what differs.
 */
export async function checkSameEverywhere(
  ranks: Communicator,
  config: Config,
  dataset: Dataset,
  inputs: () => Readonly<Record<string, string>>,
): Promise<void> {
  if (ranks.size === 1) return;
  const { kind, precision } = config.device;
  const device = { kind, ...(precision !== undefined && { precision }) };
  const own: Readonly<Record<string, string>> = {
    'version of glit': version,
    configuration: formatConfig({ ...config, device }),
    'data set': `${dataset.classes.length} classes, ${dataset.train.labels.length} + ${dataset.test.labels.length} images`,
    'training images': fingerprint(dataset.train),
    'test images': fingerprint(dataset.test),
    ...inputs(),
  };
  const first = await agreed(ranks, () => own);
  for (const what of Object.keys({ ...own, ...first })) {
    if (own[what] === first[what]) continue;
    const short = what === 'data set' || what.startsWith('version');
    const difference = short ? ` (${own[what]} here, ${first[what]} there)` : '';
    throw new UserError(
      `the ${what} of rank ${ranks.rank} is not that of rank 0${difference}; give all machines the same files and the same command`,
    );
  }
}
