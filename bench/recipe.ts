import { availableParallelism } from 'node:os';
import { trainingLoader } from '../src/data/loader.js';
import { findImageFolder } from '../src/data/sources/folder.js';
import { RECIPES } from '../src/pipeline/recipes/index.js';
import { seeded } from '../src/random/rng.js';
import type { Case, Row } from './case.js';
import { Peer, type Clock } from './peer.js';
import { withPhotographs } from './photographs.js';
import { interleaved, timed, timedByProcessor, type Subject } from './timing.js';

const { augmentation, batchSize, repeatedAugmentation } = RECIPES.deit;
const IMAGE_SIZE = 224;
/** More than either side makes ahead. */
const BATCHES = 6;
const WORKERS = availableParallelism();

/**
 * Whole batches by DeiT's recipe, beside timm's transforms on Pillow in PyTorch's DataLoader, on the same files. Without
 * workers both do the work in one thread of their own, and the processor's time is what an image costs; with them both do
 * nothing else. timm takes the same recipe from its own code, so only its numbers are passed.
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

async function compared(what: string, folder: string, rounds: number): Promise<readonly Row[]> {
  const peer = await Peer.start(['torch', 'torchvision', 'timm', 'PIL']);
  if ('skipped' in peer) {
    const rows = [await measured(`${what}, processor time`, 'processorSeconds', 0, folder, rounds)];
    rows.push(await measured(`${what}, ${WORKERS} workers`, 'seconds', WORKERS, folder, rounds));
    return [...rows.flat(), { what: `Python not measured: ${peer.skipped}` }];
  }
  try {
    return [
      ...(await measured(`${what}, processor time`, 'processorSeconds', 0, folder, rounds, peer)),
      ...(await measured(`${what}, ${WORKERS} workers`, 'seconds', WORKERS, folder, rounds, peer)),
    ];
  } finally {
    peer.end();
  }
}

/** One row for glit, and one for Python where there is a peer. */
async function measured(
  what: string,
  clock: Clock,
  workers: number,
  folder: string,
  rounds: number,
  peer?: Peer,
): Promise<readonly Row[]> {
  const own = await loading(`glit, ${what}`, clock, workers, folder);
  const other = await peer?.open(
    `timm and Pillow, ${what}`,
    {
      kind: 'loading',
      folder,
      imageSize: IMAGE_SIZE,
      batch: batchSize,
      batches: BATCHES,
      repeats: repeatedAugmentation,
      workers,
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
  clock: Clock,
  workers: number,
  folder: string,
): Promise<Subject & { close(): Promise<void> }> {
  const { train } = await findImageFolder(folder, {});
  const loader = trainingLoader(train.source, {
    imageSize: IMAGE_SIZE,
    batchSize,
    augmentation,
    repeats: repeatedAugmentation,
    rng: seeded(1),
    workers,
    // What is made ahead by this thread itself would be counted in the wrong run.
    ...(workers === 0 && { prefetch: 1 }),
  });
  const batches = loader.from(0);
  const load = async (): Promise<void> => {
    for (let count = 0; count < BATCHES; count++) await batches.next();
  };
  const clocks = { seconds: timed, processorSeconds: timedByProcessor };
  return { ...clocks[clock](name, load), close: () => loader.close() };
}
