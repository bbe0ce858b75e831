import type { Dataset } from '../dataset/dataset.js';
import { intoMemory } from './memory.js';
import type { ImageSource } from '../dataset/source.js';
import { findSource, openSource } from '../dataset/sources/openSource.js';
import { warmerDisc } from '../dataset/warmerDisc.js';
import { haveSize } from './decode.js';
import { stopIfAborted, UserError } from '../errors.js';
import type { Rng } from '../random/rng.js';
import type { Listener } from '../telemetry/events.js';
import type { FilesStage, ImagesStage } from '../telemetry/stage.js';
import type { Augmentation } from '../image/augment/augmentation.js';
import type { Framing } from '../image/framing.js';
import { UnreadableImages } from './unreadable.js';

/** The built-in set's name as a data source. */
export const BUILT_IN = 'warmer-disc';
export { exampleImage } from '../dataset/warmerDisc.js';

const IMAGES: ImagesStage = { kind: 'images' };
const FILES: FilesStage = { kind: 'files' };

/** The part of a configuration for opening a data set. */
export interface DatasetConfig {
  readonly data: {
    /** A folder of images, or the name of a built-in set. */
    readonly source: string;
    readonly workers?: number | undefined;
    /** Share of the images that may be unreadable. */
    readonly unreadable?: number | undefined;
  };
  readonly model: { readonly imageSize: number };
}

export interface OpenOptions {
  /** Splits a set without test images; draws the built-in set. */
  readonly rng: Rng;
  readonly originals: boolean;
  /** The view of images decoded into memory. */
  readonly framing?: Framing | undefined;
  readonly emit: Listener;
  readonly signal?: AbortSignal | undefined;
}

/** A data set and its unreadable images, as they turn up. */
export interface OpenedDataset {
  readonly dataset: Dataset;
  readonly unreadable: UnreadableImages;
  /** Whether test images must be resized and cropped for the network: not if all have its size. */
  readonly needsFraming: boolean;
}

/** Whether these recipes need the original images, for random crops. */
export function needOriginals(recipes: readonly { readonly augmentation: Augmentation }[]): boolean {
  return recipes.some(({ augmentation }) => augmentation.randomResizedCrop !== undefined);
}

/**
 * Opens the configured data set, in any format, and decodes it into memory if it fits and the `originals` are not
 * needed. Throws a UserError for a folder that is missing, is not a data set, or has a class without readable images.
 */
export async function openDataset(
  { data, model }: DatasetConfig,
  { rng, originals, framing, emit, signal }: OpenOptions,
): Promise<OpenedDataset> {
  if (data.source === BUILT_IN) {
    const dataset = await builtIn(rng, emit, signal);
    const needsFraming = !(await haveSize(dataset.test, model.imageSize));
    return { dataset, unreadable: new UnreadableImages(0, emit), needsFraming };
  }
  const dataset = await openSource(data.source, { rng, signal, onProgress: filesListener(emit) });
  for (const message of dataset.notices) emit({ type: 'warning', message });
  const total = dataset.train.labels.length + dataset.test.labels.length;
  const unreadable = new UnreadableImages(total, emit, data.unreadable);
  const needsFraming = !(await haveSize(dataset.test, model.imageSize));
  if (originals) return { dataset, unreadable, needsFraming };

  const began = performance.now();
  let done = 0;
  const decoded = async (source: ImageSource): Promise<ImageSource> => {
    const before = done;
    const result = await intoMemory(source, {
      imageSize: model.imageSize,
      framing,
      workers: data.workers,
      signal,
      onUnreadable: unreadable.meet,
      onProgress: (part) => {
        // A set too large for memory is not decoded, and skips this stage.
        if (done === 0) emit({ type: 'stageStarted', stage: IMAGES, steps: total });
        done = before + part;
        emit({ type: 'stageProgress', stage: IMAGES, done, total });
      },
    });
    return result;
  };
  const train = await decoded(dataset.train);
  const test = await decoded(dataset.test);
  if (done > 0) finished(began, done, emit);
  const found = { train: dataset.train, test: dataset.test };
  return { dataset: { ...dataset, train, test, found }, unreadable, needsFraming };
}

/**
 * Opens a data set without splits, or of one split, to look at all its images. They are decoded as they are needed.
 * Throws a UserError for a set with a test split, and as {@link openDataset} does.
 */
export async function openWhole(
  { data, model }: DatasetConfig,
  { emit, signal }: Pick<OpenOptions, 'emit' | 'signal'>,
): Promise<{ readonly source: ImageSource } & Pick<OpenedDataset, 'unreadable' | 'needsFraming'>> {
  if (data.source === BUILT_IN) throw new UserError(`${BUILT_IN} has a test split; name a split`);
  const onProgress = filesListener(emit);
  const { train, test, notices } = await findSource(data.source, { signal, onProgress, whole: true });
  if (test !== undefined) {
    throw new UserError(`${data.source} has splits (${train.shown} and ${test.shown}); name one, or give its folder`);
  }
  for (const message of notices) emit({ type: 'warning', message });
  const { source } = train;
  const unreadable = new UnreadableImages(source.labels.length, emit, data.unreadable);
  return { source, unreadable, needsFraming: !(await haveSize(source, model.imageSize)) };
}

/** Reports progress on shards and tables; sets without them report nothing. */
export function filesListener(emit: Listener): (done: number, total: number) => void {
  const began = performance.now();
  return (done, total) => {
    if (done === 1) emit({ type: 'stageStarted', stage: FILES, steps: total });
    emit({ type: 'stageProgress', stage: FILES, done, total });
    const durationSeconds = (performance.now() - began) / 1000;
    if (done === total) emit({ type: 'stageFinished', stage: FILES, durationSeconds, result: { files: total } });
  };
}

/** Making the built-in images takes seconds, so yield before and after to notice a signal. */
async function builtIn(rng: Rng, emit: Listener, signal: AbortSignal | undefined): Promise<Dataset> {
  const began = performance.now();
  emit({ type: 'stageStarted', stage: IMAGES });
  await new Promise((resolve) => setImmediate(resolve));
  const dataset = warmerDisc(rng);
  await new Promise((resolve) => setImmediate(resolve));
  stopIfAborted(signal);
  finished(began, dataset.train.labels.length + dataset.test.labels.length, emit);
  return dataset;
}

function finished(began: number, images: number, emit: Listener): void {
  emit({
    type: 'stageFinished',
    stage: IMAGES,
    durationSeconds: (performance.now() - began) / 1000,
    result: { images },
  });
}
