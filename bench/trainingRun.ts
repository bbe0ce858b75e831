/**
 * A few steps of DeiT-Tiny by DeiT's recipe in a process of its own, which then tells the most memory it took:
 *
 *   node dist/bench/trainingRun.js FOLDER BATCH STEPS  ->  {"peakBytes": n}
 */
import { readFile } from 'node:fs/promises';
import { trainingLoader } from '../src/data/loader.js';
import { findImageFolder } from '../src/data/sources/folder.js';
import { IMAGENET_NORMALIZATION } from '../src/model/images.js';
import { plainNetwork } from '../src/model/network.js';
import { preset } from '../src/model/presets.js';
import { recipeFor } from '../src/pipeline/recipes/inSteps.js';
import { RECIPES } from '../src/pipeline/recipes/index.js';
import { seeded } from '../src/random/rng.js';
import { openDevice } from '../src/runtime/device.js';
import { train } from '../src/train/loop.js';

const [folder, batch, steps] = process.argv.slice(2);
const { epochs: _, ...deit } = RECIPES.deit;
const config = { ...deit, batchSize: Number(batch), steps: Number(steps) };
const { train: images } = await findImageFolder(folder, {});
const loader = trainingLoader(images.source, {
  imageSize: 224,
  batchSize: config.batchSize,
  augmentation: config.augmentation,
  repeats: config.repeatedAugmentation,
  rng: seeded(1),
});
const device = await openDevice();
const state = await train({
  device,
  network: plainNetwork(preset('deit-tiny')),
  loader,
  normalization: IMAGENET_NORMALIZATION,
  recipe: recipeFor(config, loader.batchesPerEpoch),
  rng: seeded(1),
});
state.free();
await loader.close();
await device.close();
console.log(JSON.stringify({ peakBytes: await peakBytes() }));

/** Linux passes the peak that `resourceUsage` tells from the process that starts another to that other one. */
async function peakBytes(): Promise<number> {
  const status = await readFile('/proc/self/status', 'utf8').catch(() => '');
  const line = /^VmHWM:\s*(\d+) kB$/m.exec(status);
  return 1024 * (line === null ? process.resourceUsage().maxRSS : Number(line[1]));
}
