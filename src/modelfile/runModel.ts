import { UserError } from '../errors.js';
import { toInterleaved } from '../image/image.js';
import { normalizePixels } from '../program/images.js';
import type { Device, Program } from '../runtime/device.js';
import { tensor, type Tensor } from '../tensor/tensor.js';
import type { RunnableModel } from './exportModel.js';
import { largest } from '../tensor/largest.js';

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
 * uint8 [count, 3, S, S], may be overwritten as soon as the call returns. Throws a UserError when scores are no numbers.
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
    return finite(probabilities as Tensor<'float32'>);
  }
  const values = normalizePixels(pixels, imageSize, preprocessing);
  const pixelValues = tensor('float32', [count, 3, imageSize, imageSize], values);
  const { logits } = await program.run({ pixel_values: pixelValues }, { outputs: ['logits'] });
  return finite(logits as Tensor<'float32'>);
}

/** Scores that are numbers. Throws a UserError for others, of which no class is the likeliest. */
export function finite(scores: Tensor<'float32'>): Tensor<'float32'> {
  if (scores.data.every(Number.isFinite)) return scores;
  throw new UserError("the model's scores are not finite; the weights are damaged, or training diverged");
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

/** Softmax. */
export function softmax(logits: readonly number[]): number[] {
  const greatest = largest(logits);
  const powers = logits.map((value) => Math.exp(value - greatest));
  const sum = powers.reduce((total, power) => total + power, 0);
  return powers.map((power) => power / sum);
}
