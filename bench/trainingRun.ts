/**
 * A few steps of DeiT-Tiny in a separate process, which then prints its peak memory: a whole training with DeiT's
 * recipe on a folder of images or, without one, the step alone on images that cost nothing.
 *
 *   node dist/bench/trainingRun.js BATCH STEPS DEVICE PRECISION [FOLDER]  ->  {"peakBytes": n}
 */
import { readFile } from 'node:fs/promises';
import { trainingLoader } from '../src/loader/loader.js';
import { findImageFolder } from '../src/dataset/sources/folder.js';
import { IMAGENET_NORMALIZATION } from '../src/family/preprocessing.js';
import { plainNetwork } from '../src/model/network.js';
import { preset } from '../src/family/families.js';
import { recipeFor } from '../src/config/recipes/inSteps.js';
import { RECIPES } from '../src/config/recipes/index.js';
import { seeded } from '../src/random/rng.js';
import { openDevice, type Device, type DeviceKind, type Precision } from '../src/runtime/device.js';
import { train } from '../src/train/loop.js';
import { training } from './workloads.js';

const network = plainNetwork(preset('deit-tiny'));
const [batch, steps] = process.argv.slice(2, 4).map(Number);
const [kind, precision, folder] = process.argv.slice(4) as [DeviceKind, Precision, string | undefined];

const device = await openDevice({ kind, precision });
if (folder === undefined) await stepAlone(device);
else await wholeTraining(device, folder);
await device.close();
console.log(JSON.stringify({ peakBytes: await peakBytes() }));

async function stepAlone(device: Device): Promise<void> {
  const workload = await training('step', device, network, batch);
  for (let count = 0; count < steps; count++) await workload.run();
  await workload.close();
}

async function wholeTraining(device: Device, folder: string): Promise<void> {
  const { epochs: _, ...deit } = RECIPES.deit;
  const config = { ...deit, batchSize: batch, steps };
  const { train: images } = await findImageFolder(folder, {});
  const loader = trainingLoader(images.source, {
    imageSize: network.backbone.imageSize,
    batchSize: batch,
    augmentation: config.augmentation,
    repeats: config.repeatedAugmentation,
    rng: seeded(1),
  });
  const recipe = recipeFor(config, loader.batchesPerEpoch);
  const state = await train({
    device,
    network,
    loader,
    normalization: IMAGENET_NORMALIZATION,
    recipe,
    rng: seeded(1),
  });
  state.free();
  await loader.close();
}

/** On Linux, a process inherits the peak reported by `resourceUsage` from its parent. */
async function peakBytes(): Promise<number> {
  const status = await readFile('/proc/self/status', 'utf8').catch(() => '');
  const line = /^VmHWM:\s*(\d+) kB$/m.exec(status);
  return 1024 * (line === null ? process.resourceUsage().maxRSS : Number(line[1]));
}
