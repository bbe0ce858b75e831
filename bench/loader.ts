import { availableParallelism } from 'node:os';
import { SMALL_IMAGE_AUGMENTATION, type Augmentation } from '../src/image/augment/augmentation.js';
import { INCEPTION_CROP } from '../src/image/augment/randomResizedCrop.js';
import { openImageFolder } from '../src/dataset/sources/folder.js';
import { trainingLoader } from '../src/loader/loader.js';
import type { ImageSource } from '../src/dataset/source.js';
import { warmerDisc } from '../src/dataset/warmerDisc.js';
import { seeded } from '../src/random/rng.js';
import type { Case, Row } from './case.js';
import { withPhotographs } from './photographs.js';

const BATCHES = 24;
const WORKERS = availableParallelism();

/** Images per second of the loader with one thread per core and nothing else running. */
export const loaderCases: readonly Case[] = [
  {
    name: 'loader/jpeg',
    async measure() {
      return withPhotographs(async (folder) => {
        const { train } = await openImageFolder(folder, { rng: seeded(1) });
        const augmentation = {
          randomResizedCrop: INCEPTION_CROP,
          steps: [{ step: 'horizontalFlip' as const, probability: 0.5 }],
        };
        return [await throughput('JPEG of 500 × 375, random crop to 224', train, 224, 64, augmentation)];
      });
    },
  },
  {
    name: 'loader/memory',
    async measure() {
      const { train } = warmerDisc(seeded(1));
      return [await throughput('32 × 32 in memory, padded crop, flip', train, 32, 128, SMALL_IMAGE_AUGMENTATION)];
    },
  },
];

async function throughput(
  what: string,
  source: ImageSource,
  imageSize: number,
  batchSize: number,
  augmentation: Augmentation,
): Promise<Row> {
  const loader = trainingLoader(source, { imageSize, batchSize, augmentation, rng: seeded(1), workers: WORKERS });
  let start = 0;
  let count = -2; // the first batches start the threads
  for await (const batch of loader.from(0)) {
    loader.reuse(batch);
    if (++count === 0) start = performance.now();
    if (count === BATCHES) break;
  }
  const seconds = (performance.now() - start) / 1000;
  await loader.close();
  return {
    what: `${what}, ${WORKERS} threads`,
    milliseconds: (1000 * seconds) / BATCHES,
    imagesPerSecond: (BATCHES * batchSize) / seconds,
  };
}
