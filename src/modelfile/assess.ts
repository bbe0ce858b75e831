import type { ImageSource } from '../dataset/source.js';
import { stopIfAborted, UserError } from '../errors.js';
import { bytesOf } from '../image/image.js';
import { evaluationLoader } from '../loader/loader.js';
import type { UnreadableListener } from '../loader/unreadable.js';
import type { Device } from '../runtime/device.js';
import { readExportedModel, type RunnableModel } from './exportModel.js';
import { compileModel, scoresOf, softmax, type NamedModel } from './runModel.js';
import { largest } from '../tensor/largest.js';

/** An image and what a model says of it. */
export interface SeenImage {
  /** Its view, uint8 [3, S, S]. */
  readonly pixels: Uint8Array;
  /** Its class and the likeliest one, as indices of the model's classes. */
  readonly truth: number;
  readonly predicted: number;
  /** The probability of the predicted class. */
  readonly confidence: number;
}

/** How a model does on images. */
export interface Assessment {
  /** Of the model's outputs. */
  readonly classes: readonly string[];
  /** S, in pixels. */
  readonly imageSize: number;
  readonly images: number;
  /** Top-1, 0 to 1. */
  readonly accuracy: number;
  /** The number of images of each class that are taken for each class, without zeros: a whole matrix can be very large. */
  readonly confusion: readonly ReadonlyMap<number, number>[];
  /** Images from all over the set, in its order, which is often by class. */
  readonly samples: readonly SeenImage[];
  /** The mistakes of which the model is surest, surest first. */
  readonly mistakes: readonly SeenImage[];
}

export interface AssessOptions {
  readonly batchSize: number;
  /** For each class of the images, its index in the model. Default: the same. */
  readonly outputs?: readonly number[] | undefined;
  readonly workers?: number | undefined;
  readonly onUnreadable?: UnreadableListener | undefined;
  /** Called after every batch with its number of images. */
  readonly onImages?: ((images: number) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** How many samples and mistakes are kept. */
const KEPT = 24;

/** Runs an exported model on images, from its file as any user would. */
export async function assessFile(
  device: Device,
  file: string,
  source: ImageSource,
  options: AssessOptions,
): Promise<Assessment> {
  return assessModel(device, { ...(await readExportedModel(file)), name: file }, source, options);
}

/**
 * Runs a model on images. Images that cannot be read do not count. Throws a UserError when none can be, or when the
 * scores are no numbers, and so no class is the likeliest.
 */
export async function assessModel(
  device: Device,
  model: RunnableModel & NamedModel,
  source: ImageSource,
  { batchSize, outputs, workers, onUnreadable, onImages, signal }: AssessOptions,
): Promise<Assessment> {
  const { classes, imageSize, preprocessing: framing } = model;
  const program = await compileModel(device, model);
  const loader = evaluationLoader(source, { imageSize, batchSize, framing, workers, onUnreadable });
  const confusion = classes.map(() => new Map<number, number>());
  const samples: SeenImage[] = [];
  const every = Math.max(1, Math.floor(source.labels.length / KEPT));
  let mistakes: SeenImage[] = [];
  let images = 0;
  let correct = 0;
  try {
    for await (const batch of loader.epoch(0, { signal })) {
      stopIfAborted(signal);
      const { data } = await scoresOf(program, model, batch.images, batch.size);
      const wrong: SeenImage[] = [];
      for (let at = 0; at < batch.size; at++) {
        const label = Number(batch.labels[at]);
        const seen = seenImage(data.subarray(at * classes.length, (at + 1) * classes.length), model, {
          pixels: batch.images.subarray(at * bytesOf(imageSize), (at + 1) * bytesOf(imageSize)),
          truth: outputs?.[label] ?? label,
        });
        const row = confusion[seen.truth];
        row.set(seen.predicted, (row.get(seen.predicted) ?? 0) + 1);
        if (seen.truth === seen.predicted) correct++;
        else wrong.push(seen);
        if ((images + at) % every === 0 && samples.length < KEPT) samples.push(copied(seen));
      }
      mistakes = surest([...mistakes, ...surest(wrong).map(copied)]);
      images += batch.size;
      onImages?.(batch.size);
      loader.reuse(batch);
    }
    if (images === 0) throw new UserError(`none of the images for ${model.name} can be read; repair or replace them`);
    return { classes, imageSize, images, accuracy: correct / images, confusion, samples, mistakes };
  } finally {
    await loader.close();
    await program.release();
  }
}

function seenImage(
  scores: Float32Array,
  { withPreprocessing }: RunnableModel,
  { pixels, truth }: Pick<SeenImage, 'pixels' | 'truth'>,
): SeenImage {
  const predicted = scores.indexOf(largest(scores));
  const confidence = withPreprocessing ? scores[predicted] : softmax(Array.from(scores))[predicted];
  return { pixels, truth, predicted, confidence };
}

function surest(mistakes: readonly SeenImage[]): SeenImage[] {
  return [...mistakes].sort((a, b) => b.confidence - a.confidence).slice(0, KEPT);
}

/** A batch's memory is used again. */
function copied(seen: SeenImage): SeenImage {
  return { ...seen, pixels: seen.pixels.slice() };
}

/** How well a model knows one class. Shares are from 0 to 1; undefined where there is nothing to count. */
export interface ClassScores {
  readonly name: string;
  readonly images: number;
  /** Of the images that are taken for the class, the share that is of it. */
  readonly precision: number | undefined;
  /** Of the images of the class, the share that is taken for it. */
  readonly recall: number | undefined;
  /** The harmonic mean of both. */
  readonly f1: number | undefined;
}

/** The scores of every class. */
export function classScores({ classes, confusion }: Pick<Assessment, 'classes' | 'confusion'>): readonly ClassScores[] {
  const takenFor = classes.map(() => 0);
  for (const row of confusion) for (const [predicted, count] of row) takenFor[predicted] += count;
  return classes.map((name, index) => {
    const images = sumOf(confusion[index]);
    const taken = takenFor[index];
    const right = confusion[index].get(index) ?? 0;
    const share = (whole: number): number | undefined => (whole === 0 ? undefined : right / whole);
    return { name, images, precision: share(taken), recall: share(images), f1: share((taken + images) / 2) };
  });
}

/** The number of images in a row of a confusion matrix. */
export function sumOf(row: ReadonlyMap<number, number>): number {
  let sum = 0;
  for (const count of row.values()) sum += count;
  return sum;
}
