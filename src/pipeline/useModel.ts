import { readImage } from '../data/decode.js';
import { stopIfAborted, UserError } from '../errors.js';
import { IMAGENET_NORMALIZATION, normalizePixels } from '../model/images.js';
import { seeded } from '../random/rng.js';
import { openDevice, type DeviceKind } from '../runtime/device.js';
import type { Listener } from '../telemetry/events.js';
import { tensor } from '../tensor/tensor.js';
import { openDataset } from './dataset.js';
import { accuracyOfFile, readExportedModel } from './exportModel.js';

/** Where and how an exported model is run. */
export interface UseOptions {
  readonly kind?: DeviceKind | undefined;
  readonly threads?: number | undefined;
  readonly emit?: Listener | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface FileEvaluationOptions extends UseOptions {
  /** A folder of images, or the name of the built-in set. */
  readonly data: string;
  readonly split: 'train' | 'test';
  /** Of the run that trained the model: it splits a folder that has no test images of its own. Default 0. */
  readonly seed?: number | undefined;
  readonly batchSize?: number | undefined;
  readonly workers?: number | undefined;
}

export interface FileEvaluation {
  readonly accuracy: number;
  readonly images: number;
}

const BATCH_SIZE = 100;

/**
 * Top-1 accuracy of an exported model on a data set. Throws a UserError when the set's classes are not the model's, in
 * their order.
 */
export async function evaluateFile(model: string, options: FileEvaluationOptions): Promise<FileEvaluation> {
  const { data, split, seed = 0, batchSize = BATCH_SIZE, workers, emit = () => undefined, signal } = options;
  const { classes, imageSize } = await readExportedModel(model);
  const settings = { data: { source: data, ...(workers !== undefined && { workers }) }, model: { imageSize } };
  const dataset = await openDataset(settings, { rng: seeded(seed).fork('dataset'), originals: false, emit, signal });
  requireSameClasses(model, classes, data, dataset.classes);
  return withDevice(options, async (device) => {
    const source = dataset[split];
    const accuracy = await accuracyOfFile(device, model, source, { batchSize, workers, signal });
    return { accuracy, images: source.labels.length };
  });
}

function requireSameClasses(model: string, known: readonly string[], data: string, given: readonly string[]): void {
  const foreign = given.find((name) => !known.includes(name));
  const missing = known.find((name) => !given.includes(name));
  if (foreign !== undefined) {
    throw new UserError(`${data} has the class "${foreign}", which ${model} does not know; it knows ${list(known)}`);
  }
  if (missing !== undefined) {
    throw new UserError(`${data} lacks the class "${missing}" of ${model}; it has ${list(given)}`);
  }
  if (given.some((name, index) => name !== known[index])) {
    throw new UserError(`the classes of ${data} are those of ${model} in another order; export the model anew`);
  }
}

function list(names: readonly string[]): string {
  return names.length <= 10 ? names.join(', ') : `${names.slice(0, 10).join(', ')} and ${names.length - 10} more`;
}

/** What a model says about one image: its classes with their probabilities, the likeliest first; or why it was not read. */
export type Prediction =
  | { readonly image: string; readonly classes: readonly { readonly name: string; readonly probability: number }[] }
  | { readonly image: string; readonly unreadable: string };

export interface PredictOptions extends UseOptions {
  /** How many classes are told. Default 5. */
  readonly top?: number | undefined;
}

/** Classifies image files one after another by an exported model, each from its central view. */
export async function* predict(
  model: string,
  images: readonly string[],
  options: PredictOptions = {},
): AsyncGenerator<Prediction, void, undefined> {
  const { bytes, classes, imageSize } = await readExportedModel(model);
  const { kind, threads, top = 5, signal } = options;
  const device = await openDevice({ ...(kind && { kind }), ...(threads !== undefined && { threads }) });
  try {
    const program = await device.compile(bytes, model);
    for (const image of images) {
      stopIfAborted(signal);
      const pixels = await pixelsOf(image, imageSize);
      if (typeof pixels === 'string') {
        yield { image, unreadable: pixels };
        continue;
      }
      const { logits } = await program.run({ pixel_values: pixels }, { outputs: ['logits'] });
      const probabilities = softmax(Array.from(logits.data, Number));
      const ranked = classes
        .map((name, index) => ({ name, probability: probabilities[index] }))
        .sort((a, b) => b.probability - a.probability);
      yield { image, classes: ranked.slice(0, top) };
    }
  } finally {
    await device.close();
  }
}

/** An image as the model takes it, float32 [1, 3, S, S], or why it cannot be read. */
async function pixelsOf(image: string, size: number) {
  try {
    const { pixels } = await readImage(image, size);
    return tensor('float32', [1, 3, size, size], normalizePixels(pixels, size, IMAGENET_NORMALIZATION));
  } catch (error) {
    return error instanceof Error ? error.message.split('\n', 1)[0] : String(error);
  }
}

function softmax(logits: readonly number[]): number[] {
  const greatest = Math.max(...logits);
  const powers = logits.map((value) => Math.exp(value - greatest));
  const sum = powers.reduce((total, power) => total + power, 0);
  return powers.map((power) => power / sum);
}

async function withDevice<Result>(
  { kind, threads }: UseOptions,
  work: (device: Awaited<ReturnType<typeof openDevice>>) => Promise<Result>,
): Promise<Result> {
  const device = await openDevice({ ...(kind && { kind }), ...(threads !== undefined && { threads }) });
  try {
    return await work(device);
  } finally {
    await device.close();
  }
}
