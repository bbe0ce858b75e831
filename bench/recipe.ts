import { availableParallelism } from 'node:os';
import { trainingLoader } from '../src/loader/loader.js';
import { findImageFolder } from '../src/dataset/sources/folder.js';
import { RECIPES } from '../src/config/recipes/index.js';
import { seeded } from '../src/random/rng.js';
import type { Case, Row } from './case.js';
import { Peer, type Clock } from './peer.js';
import { withPhotographs } from './photographs.js';
import { interleaved, timed, timedByProcessor, type Subject } from './timing.js';

const { augmentation, batchSize, repeatedAugmentation } = RECIPES.deit;
const IMAGE_SIZE = 224;
/** Many times what either side prefetches, which would count towards the other's time. */
const BATCHES = 32;
const CORES = availableParallelism();

/**
 * Whole batches with DeiT's recipe, compared with timm's transforms on Pillow in PyTorch's DataLoader, on the same
 * files: processor time per image with one worker, which is the speed of one core, and throughput with one worker per
 * core. glit's workers are threads, the DataLoader's are processes. timm has the recipe in its own code, so only the
 * sizes are passed.
 */
export const recipeCases: readonly Case[] = [
  {
    name: 'loader/deit',
    async measure({ rounds, images }) {
      const generated = await withPhotographs((folder) => compared('JPEG of 500 × 375', folder, rounds));
      return images === undefined ? generated : [...generated, ...(await compared('own images', images, rounds))];
    },
  },
];

async function compared(images: string, folder: string, rounds: number): Promise<readonly Row[]> {
  const peer = await Peer.start(['torch', 'torchvision', 'timm', 'PIL']);
  const python = 'skipped' in peer ? undefined : peer;
  try {
    const rows = [
      ...(await measured(`${images}, of one core`, { clock: 'processorSeconds', workers: 1, folder }, rounds, python)),
      ...(await measured(`${images}, ${CORES} workers`, { clock: 'seconds', workers: CORES, folder }, rounds, python)),
    ];
    return 'skipped' in peer ? [...rows, { what: `Python not measured: ${peer.skipped}` }] : rows;
  } finally {
    python?.end();
  }
}

interface Setting {
  readonly clock: Clock;
  readonly workers: number;
  readonly folder: string;
}

/** One row for glit, and one for Python if there is a peer. */
async function measured(what: string, setting: Setting, rounds: number, peer?: Peer): Promise<readonly Row[]> {
  const own = await loading(`glit, ${what}`, setting);
  const { clock, ...workload } = setting;
  const other = await peer?.open(
    `timm and Pillow, ${what}`,
    {
      kind: 'loading',
      imageSize: IMAGE_SIZE,
      batch: batchSize,
      batches: BATCHES,
      repeats: repeatedAugmentation,
      ...workload,
    },
    clock,
  );
  const subjects = other === undefined ? [own] : [own, other];
  const timings = await interleaved(subjects, rounds);
  await own.close();
  if (other !== undefined) await peer?.close(other.name);
  const images = BATCHES * batchSize;
  return subjects.map(({ name }): Row => {
    return {
      what: name,
      milliseconds: (1000 * timings.of(name)) / images,
      imagesPerSecond: images / timings.of(name),
      ...(name === other?.name && { ratio: timings.ratio(name, own.name), ratioTo: "× glit's time" }),
    };
  });
}

async function loading(
  name: string,
  { clock, workers, folder }: Setting,
): Promise<Subject & { close(): Promise<void> }> {
  const { train } = await findImageFolder(folder, {});
  const loader = trainingLoader(train.source, {
    imageSize: IMAGE_SIZE,
    batchSize,
    augmentation,
    repeats: repeatedAugmentation,
    rng: seeded(1),
    workers,
  });
  const batches = loader.from(0);
  const load = async (): Promise<void> => {
    for (let count = 0; count < BATCHES; count++) {
      const { value } = await batches.next();
      if (value !== undefined) loader.reuse(value);
    }
  };
  const clocks = { seconds: timed, processorSeconds: timedByProcessor };
  return { ...clocks[clock](name, load), close: () => loader.close() };
}
