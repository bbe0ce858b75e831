import type { ImageSource } from '../dataset/source.js';
import { stopIfAborted, UserError } from '../errors.js';
import { toInterleaved } from '../image/image.js';
import { evaluationLoader } from '../loader/loader.js';
import type { UnreadableListener } from '../loader/unreadable.js';
import { normalizePixels } from '../program/images.js';
import type { Device, Program } from '../runtime/device.js';
import { tensor, type Tensor } from '../tensor/tensor.js';
import { countCorrect } from '../train/loop.js';
import { readExportedModel, type RunnableModel } from './exportModel.js';

export interface AccuracyOptions {
  readonly batchSize: number;
  /** For each class of the images, its index in the model. Default: the same. */
  readonly outputs?: readonly number[] | undefined;
  readonly workers?: number | undefined;
  readonly onUnreadable?: UnreadableListener | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Top-1 accuracy of an exported model on images, measured from the file as any user would run it. */
export async function accuracyOfFile(
  device: Device,
  file: string,
  source: ImageSource,
  options: AccuracyOptions,
): Promise<number> {
  return accuracyOfModel(device, { ...(await readExportedModel(file)), name: file }, source, options);
}

/** A model and its name in messages. */
export interface NamedModel {
  readonly name: string;
  readonly bytes: Uint8Array;
}

/** Compiles a model. Throws a UserError when ONNX Runtime rejects it. */
export async function compileModel(device: Device, { bytes, name }: NamedModel): Promise<Program> {
  try {
    return await device.compile(bytes, name);
  } catch (error) {
    const fact = error instanceof Error ? error.message.replaceAll(/\s+/g, ' ') : String(error);
    throw new UserError(`${fact}; the file is damaged: export the model again`);
  }
}

/**
 * A model's scores for images, [count, classes]: logits, or probabilities if its preprocessing is built in. `pixels`,
 * uint8 [count, 3, S, S], may be overwritten as soon as the call returns.
 */
export async function scoresOf(
  program: Program,
  { imageSize, preprocessing, withPreprocessing }: RunnableModel,
  pixels: Uint8Array,
  count: number,
): Promise<Tensor<'float32'>> {
  if (withPreprocessing) {
    const image = tensor('uint8', [count, imageSize, imageSize, 3], interleaved(pixels, count, imageSize));
    const { probabilities } = await program.run({ image }, { outputs: ['probabilities'] });
    return probabilities as Tensor<'float32'>;
  }
  const values = normalizePixels(pixels, imageSize, preprocessing);
  const pixelValues = tensor('float32', [count, 3, imageSize, imageSize], values);
  const { logits } = await program.run({ pixel_values: pixelValues }, { outputs: ['logits'] });
  return logits as Tensor<'float32'>;
}

/** Images [count, 3, S, S] as [count, S, S, 3]. */
function interleaved(planes: Uint8Array, count: number, size: number): Uint8Array {
  const bytes = 3 * size * size;
  const images = new Uint8Array(count * bytes);
  for (let start = 0; start < images.length; start += bytes) {
    images.set(toInterleaved({ size, pixels: planes.subarray(start, start + bytes) }), start);
  }
  return images;
}

/** Top-1 accuracy of a model on images. */
export async function accuracyOfModel(
  device: Device,
  model: RunnableModel & NamedModel,
  source: ImageSource,
  { batchSize, outputs, workers, onUnreadable, signal }: AccuracyOptions,
): Promise<number> {
  const { imageSize, preprocessing: framing } = model;
  const program = await compileModel(device, model);
  const loader = evaluationLoader(source, { imageSize, batchSize, framing, workers, onUnreadable });
  let correct = 0;
  let images = 0;
  try {
    for await (const batch of loader.epoch(0, { signal })) {
      stopIfAborted(signal);
      const scores = scoresOf(program, model, batch.images, batch.size);
      loader.reuse(batch);
      const labels = outputs === undefined ? batch.labels : batch.labels.map((label) => BigInt(outputs[Number(label)]));
      correct += countCorrect(await scores, labels);
      images += batch.size;
    }
    return correct / images;
  } finally {
    await loader.close();
    await program.release();
  }
}
