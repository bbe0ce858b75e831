import { Duplicates } from '../dataset/duplicates.js';
import { inspectEncoded, inspectStored } from '../dataset/inspect.js';
import type { Inspected } from '../dataset/inspect.js';
import { imageName, isStored, storedImage } from '../dataset/source.js';
import type { ImageSource } from '../dataset/source.js';
import { countPerClass } from '../dataset/sources/found.js';
import { findSource } from '../dataset/sources/openSource.js';
import { show, stopIfAborted } from '../errors.js';
import type { Listener } from '../telemetry/events.js';
import { Progress, stageProgress } from '../telemetry/progress.js';
import type { CheckStage } from '../telemetry/stage.js';
import { filesListener } from './openDataset.js';

export interface DataCheckOptions {
  readonly emit?: Listener | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** One split of a data set. */
export interface SplitReport {
  readonly images: number;
  /** [classes] */
  readonly perClass: readonly number[];
}

export interface Extent {
  readonly width: number;
  readonly height: number;
}

/** The names of two images with equal content. */
export interface DuplicatePair {
  readonly first: string;
  readonly second: string;
  /** Whether their classes differ. */
  readonly differentClasses: boolean;
}

/** The findings about a data set, after decoding every image. */
export interface DataReport {
  readonly format: string;
  readonly classes: readonly string[];
  readonly notices: readonly string[];
  readonly train: SplitReport;
  /** Absent if the set has none. */
  readonly test?: SplitReport;
  /** By number of pixels; undefined if no image can be read. */
  readonly sizes?: { readonly smallest: Extent; readonly median: Extent; readonly largest: Extent };
  /** Number of images per kind of channels, most common first. */
  readonly channels: Readonly<Record<string, number>>;
  /** Images rotated by their EXIF data, which glit applies. */
  readonly rotated: number;
  /** Images with more than one picture, of which glit uses the first. */
  readonly animated: number;
  readonly unreadable: readonly { readonly file: string; readonly reason: string }[];
  /** Every test image that is also in the training split, with a matching training image. */
  readonly trainInTest: readonly DuplicatePair[];
  /** Duplicates within a split, after the first. */
  readonly withinTrain: readonly DuplicatePair[];
  readonly withinTest: readonly DuplicatePair[];
  /** Ratio of training images in the largest class to the smallest; undefined if a class has none. */
  readonly imbalance?: number;
  /** Problems to fix, one line each; empty for a good set. */
  readonly problems: readonly string[];
}

const LANES = 8;
const STAGE: CheckStage = { kind: 'check' };
const NEWS_SECONDS = 0.5;

/**
 * Decodes every image of a data set and reports its contents and problems: unreadable images, images in both splits,
 * classes without images. Throws a UserError when the path is not a data set, Interrupted when `signal` is aborted.
 */
export async function checkData(
  source: string,
  { emit = () => undefined, signal }: DataCheckOptions = {},
): Promise<DataReport> {
  const found = await findSource(source, { signal, emptyClasses: true, onProgress: filesListener(emit) });
  const { format, classes, notices } = found;
  const splits = [found.train.source, ...(found.test === undefined ? [] : [found.test.source])];
  const tally = new Tally(splits);
  await inspectAll(splits, tally, emit, signal);

  const [train, test] = splits.map((split) => ({ images: split.labels.length, perClass: countPerClass(split) }));
  const kinds = tally.report();
  // There may be more classes than a call can have arguments.
  const smallest = train.perClass.reduce((least, count) => Math.min(least, count));
  const largest = train.perClass.reduce((most, count) => Math.max(most, count));
  return {
    format,
    classes,
    notices,
    train,
    ...(test !== undefined && { test }),
    ...kinds,
    ...(smallest > 0 && { imbalance: largest / smallest }),
    problems: problemsOf(classes, [train, test], kinds),
  };
}

async function inspectAll(
  splits: readonly ImageSource[],
  tally: Tally,
  emit: Listener,
  signal: AbortSignal | undefined,
): Promise<void> {
  const began = performance.now();
  const total = splits.reduce((sum, { labels }) => sum + labels.length, 0);
  const progress = new Progress(total);
  emit({ type: 'stageStarted', stage: STAGE, steps: total });
  let reported = began;
  let next = 0;
  const lane = async (): Promise<void> => {
    while (next < total) {
      stopIfAborted(signal);
      await tally.inspect(next++);
      progress.advance();
      if (performance.now() - reported < NEWS_SECONDS * 1000) continue;
      reported = performance.now();
      emit(stageProgress(STAGE, progress));
    }
  };
  await Promise.all(Array.from({ length: LANES }, lane));
  const durationSeconds = (performance.now() - began) / 1000;
  emit({ type: 'stageFinished', stage: STAGE, durationSeconds, result: { images: total } });
}

/** The running totals. Images are numbered across the splits. */
class Tally {
  private readonly hashes: Duplicates;
  private readonly widths: Uint32Array;
  private readonly heights: Uint32Array;
  private readonly channels = new Map<string, number>();
  private readonly unreadable: { file: string; reason: string; at: number }[] = [];
  private readonly trainImages: number;
  private rotated = 0;
  private animated = 0;

  constructor(private readonly splits: readonly ImageSource[]) {
    const total = splits.reduce((sum, { labels }) => sum + labels.length, 0);
    this.hashes = new Duplicates(total);
    this.widths = new Uint32Array(total);
    this.heights = new Uint32Array(total);
    this.trainImages = splits[0].labels.length;
  }

  async inspect(at: number): Promise<void> {
    const { source, index } = this.placeOf(at);
    let image: Inspected;
    try {
      image = isStored(source)
        ? inspectStored(storedImage(source.store, source.rows[index]))
        : await inspectEncoded(source.encoded(index));
    } catch (error) {
      const reason = error instanceof Error ? error.message.trim().split('\n', 1)[0] : String(error);
      this.unreadable.push({ file: this.nameOf(at), reason, at });
      return;
    }
    this.hashes.add(at, image.hash);
    this.widths[at] = image.width;
    this.heights[at] = image.height;
    this.channels.set(image.channels, (this.channels.get(image.channels) ?? 0) + 1);
    if (image.rotated) this.rotated++;
    if (image.animated) this.animated++;
    // Images in memory never wait; without a pause, the event loop would never see a signal.
    if (isStored(source) && at % STORED_AT_A_TIME === 0) await new Promise((resolve) => setImmediate(resolve));
  }

  report() {
    const sizes = this.sizes();
    return {
      ...(sizes !== undefined && { sizes }),
      channels: Object.fromEntries([...this.channels].sort(([, a], [, b]) => b - a)),
      rotated: this.rotated,
      animated: this.animated,
      // Images finish in varying order, so sort the results.
      unreadable: this.unreadable.sort((a, b) => a.at - b.at).map(({ file, reason }) => ({ file, reason })),
      ...this.duplicates(),
    };
  }

  private sizes(): DataReport['sizes'] {
    const area = (at: number): number => this.widths[at] * this.heights[at];
    const order = Uint32Array.from(this.widths.keys())
      .filter((at) => this.widths[at] > 0)
      .sort((a, b) => area(a) - area(b) || this.widths[a] - this.widths[b]);
    if (order.length === 0) return undefined;
    const extent = (rank: number): Extent => ({ width: this.widths[order[rank]], height: this.heights[order[rank]] });
    return { smallest: extent(0), median: extent(order.length >> 1), largest: extent(order.length - 1) };
  }

  private duplicates() {
    const trainInTest: DuplicatePair[] = [];
    const withinTrain: DuplicatePair[] = [];
    const withinTest: DuplicatePair[] = [];
    for (const group of this.hashes.groups()) {
      const train = group.filter((at) => at < this.trainImages);
      const test = group.filter((at) => at >= this.trainImages);
      // One by one: a group can have more images than a call can have arguments.
      for (const at of train.slice(1)) withinTrain.push(this.pair(train[0], at));
      if (train.length > 0) for (const at of test) trainInTest.push(this.pair(train[0], at));
      for (const at of test.slice(1)) withinTest.push(this.pair(test[0], at));
    }
    return { trainInTest, withinTrain, withinTest };
  }

  private pair(a: number, b: number): DuplicatePair {
    return { first: this.nameOf(a), second: this.nameOf(b), differentClasses: this.labelOf(a) !== this.labelOf(b) };
  }

  private placeOf(at: number): { source: ImageSource; index: number } {
    const inTrain = at < this.trainImages;
    return { source: this.splits[inTrain ? 0 : 1], index: inTrain ? at : at - this.trainImages };
  }

  private labelOf(at: number): number {
    const { source, index } = this.placeOf(at);
    return source.labels[index];
  }

  private nameOf(at: number): string {
    const { source, index } = this.placeOf(at);
    if (!isStored(source)) return imageName(source.encoded(index));
    return `${at < this.trainImages ? 'training' : 'test'} image ${index}`;
  }
}

const STORED_AT_A_TIME = 512;

function problemsOf(
  classes: readonly string[],
  splits: readonly (SplitReport | undefined)[],
  { unreadable, trainInTest }: Pick<DataReport, 'unreadable' | 'trainInTest'>,
): string[] {
  const problems = [];
  if (unreadable.length > 0) problems.push(`${images(unreadable.length)} cannot be read`);
  if (trainInTest.length > 0) {
    problems.push(
      `${images(trainInTest.length)} of the test split ${trainInTest.length === 1 ? 'is' : 'are'} in the training split, too`,
    );
  }
  for (const [split, name] of ['training', 'test'].entries()) {
    splits[split]?.perClass.forEach((count, label) => {
      if (count === 0) problems.push(`class ${show(classes[label])} has no ${name} image`);
    });
  }
  return problems;
}

function images(count: number): string {
  return count === 1 ? '1 image' : `${count} images`;
}
