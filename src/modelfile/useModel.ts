import { readImage } from '../loader/decode.js';
import { show, showName, stopIfAborted, UserError } from '../errors.js';
import type { Framing } from '../image/framing.js';
import { seeded } from '../random/rng.js';
import { openDevice, type DeviceKind, type Precision } from '../runtime/device.js';
import type { Listener } from '../telemetry/events.js';
import { Progress, stageProgress } from '../telemetry/progress.js';
import { openDataset, openWhole } from '../loader/openDataset.js';
import { assessModel, type Assessment } from './assess.js';
import { compileModel, scoresOf, softmax } from './runModel.js';
import { readModel, type Model } from './modelFile.js';
import type { WeightsOptions } from './weightsFile.js';

/** Where and how to run a model. */
export interface UseOptions {
  readonly kind?: DeviceKind | undefined;
  readonly threads?: number | undefined;
  readonly precision?: Precision | undefined;
  readonly emit?: Listener | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface EvaluationOptions extends UseOptions {
  /** A folder of images, or the name of the built-in set. */
  readonly data: string;
  /** `all`: every image of a set that has no test split of its own. */
  readonly split: 'train' | 'test' | 'all';
  /** The seed that splits a folder without test images. Default: the one that the model was trained with, else 0. */
  readonly seed?: number | undefined;
  readonly batchSize?: number | undefined;
  readonly workers?: number | undefined;
}

export interface FileEvaluationOptions extends EvaluationOptions, WeightsOptions {}

export interface FileEvaluation extends Assessment {
  /** Whether the images had to be resized and cropped: not if all have the network's size. */
  readonly needsFraming: boolean;
}

const BATCH_SIZE = 100;
const STAGE = { kind: 'eval' } as const;

/**
 * Top-1 accuracy of a model on a data set; see readModel for the model's file. Classes are matched by name if the model
 * or the user names them, by number if they are the numbers of the outputs, else in sorted order, with a warning. Throws
 * a UserError when the set's classes are not the model's; a subset is allowed if the user has named the classes.
 */
export async function evaluateFile(file: string, options: FileEvaluationOptions): Promise<FileEvaluation> {
  return evaluateModel(await readModel(file, options), options);
}

/** The same for a model that was read before. */
export async function evaluateModel(model: Model, options: EvaluationOptions): Promise<FileEvaluation> {
  const {
    data,
    split,
    seed = model.seed ?? 0,
    batchSize = BATCH_SIZE,
    workers,
    emit = () => undefined,
    signal,
  } = options;
  if (split !== 'all' && model.seed !== undefined && seed !== model.seed) {
    emit({
      type: 'warning',
      message: `${model.name} was trained with the seed ${model.seed}: a folder that had no test images is split otherwise by ${seed}, and some test images were trained on`,
    });
  }
  const { imageSize } = model;
  const settings = { data: { source: data, ...(workers !== undefined && { workers }) }, model: { imageSize } };
  const open = { emit, signal };
  // Not decoded into memory: the other split is not needed, and this one only once.
  const { source, unreadable, needsFraming } =
    split === 'all'
      ? await openWhole(settings, open)
      : await openDataset(settings, { ...open, rng: seeded(seed).fork('dataset'), originals: true }).then(
          ({ dataset, ...rest }) => ({ source: dataset[split], ...rest }),
        );
  const outputs = matchClasses(model, data, source.classes, emit);
  return withDevice(options, async (device) => {
    const began = performance.now();
    const progress = new Progress(source.labels.length);
    emit({ type: 'stageStarted', stage: STAGE, steps: progress.total });
    const assessment = await assessModel(device, model, source, {
      batchSize,
      outputs,
      workers,
      onUnreadable: unreadable.meet,
      onImages(images) {
        progress.advance(images);
        emit(stageProgress(STAGE, progress));
      },
      signal,
    });
    const durationSeconds = (performance.now() - began) / 1000;
    emit({ type: 'stageFinished', stage: STAGE, durationSeconds, result: { images: assessment.images } });
    return { ...assessment, needsFraming };
  });
}

/** For each class of a data set, its index in the model. */
function matchClasses(
  { name, classes: known, naming }: Model,
  data: string,
  given: readonly string[],
  emit: Listener,
): readonly number[] {
  const numbers = new Map(known.map((each, index) => [each, index]));
  if (naming === 'numbers' && given.length !== known.length) {
    throw new UserError(
      `${data} has ${given.length} classes, but ${name} has ${known.length} outputs without names; name them ` +
        'with --classes FILE, or use images of all classes',
    );
  }
  const isSorted = given.every((each, index) => numbers.get(each) === index);
  // Folders that are the numbers themselves need no order: sorted as text, 10 would come before 2.
  if (naming === 'numbers' && !given.every((each) => numbers.has(each))) {
    const order = list(given.map((each, index) => `${each} is ${index}`));
    emit({
      type: 'warning',
      message: `${name} does not name its classes: assuming those of ${data} in sorted order (${order})`,
    });
    return given.map((_, index) => index);
  }
  if (naming === 'numbers' && !isSorted) {
    emit({
      type: 'warning',
      message:
        `${name} does not name its classes: matching the folders of ${data} by number; if it was trained on folders in ` +
        'sorted order, as by torchvision, name its classes with --classes FILE',
    });
  }
  const outputs = given.map((each) => {
    const number = numbers.get(each);
    if (number !== undefined) return number;
    throw new UserError(`${data} has the class ${show(each)}, which ${name} does not know; it knows ${list(known)}`);
  });
  const present = new Set(given);
  const missing = known.find((each) => !present.has(each));
  if (missing !== undefined && naming === 'model') {
    throw new UserError(`${data} lacks the class ${show(missing)} of ${name}; it has ${list(given)}`);
  }
  return outputs;
}

function list(names: readonly string[]): string {
  const shown = names.slice(0, 10).map(showName).join(', ');
  return names.length <= 10 ? shown : `${shown} and ${names.length - 10} more`;
}

/**
 * A model's prediction for one image: classes with their probabilities, likeliest first; or why it could not be read.
 */
export type Prediction =
  | { readonly image: string; readonly classes: readonly { readonly name: string; readonly probability: number }[] }
  | { readonly image: string; readonly unreadable: string };

export interface PredictOptions extends UseOptions, WeightsOptions {
  /** Number of classes to return. Default 5. */
  readonly top?: number | undefined;
}

/** Classifies image files one by one from their central view; see readModel for the model's file. */
export async function* predict(
  file: string,
  images: readonly string[],
  options: PredictOptions = {},
): AsyncGenerator<Prediction, void, undefined> {
  const { kind, threads, precision, top = 5, emit, signal } = options;
  const model = await readModel(file, options);
  const { classes, imageSize, preprocessing, naming } = model;
  if (naming === 'numbers') {
    emit?.({ type: 'warning', message: `${file} does not name its classes; using numbers` });
  }
  const device = await openDevice({ kind, threads, precision });
  try {
    const program = await compileModel(device, model);
    for (const image of images) {
      stopIfAborted(signal);
      const pixels = await pixelsOf(image, imageSize, preprocessing);
      if (typeof pixels === 'string') {
        yield { image, unreadable: pixels };
        continue;
      }
      const scores = Array.from((await scoresOf(program, model, pixels, 1)).data);
      const probabilities = model.withPreprocessing ? scores : softmax(scores);
      const ranked = classes
        .map((name, index) => ({ name, probability: probabilities[index] }))
        .sort((a, b) => b.probability - a.probability);
      yield { image, classes: ranked.slice(0, top) };
    }
  } finally {
    await device.close();
  }
}

/** The pixels of an image's central view, [3, size, size], or why it cannot be read. */
async function pixelsOf(image: string, size: number, framing: Framing): Promise<Uint8Array | string> {
  try {
    return (await readImage(image, size, framing)).pixels;
  } catch (error) {
    return error instanceof Error ? error.message.split('\n', 1)[0] : String(error);
  }
}

async function withDevice<Result>(
  { kind, threads, precision }: UseOptions,
  work: (device: Awaited<ReturnType<typeof openDevice>>) => Promise<Result>,
): Promise<Result> {
  const device = await openDevice({ kind, threads, precision });
  try {
    return await work(device);
  } finally {
    await device.close();
  }
}
