import { dirname } from 'node:path';
import { makeFolder, requireNewFile } from '../checkpoint/freeFolder.js';
import { readSafetensors, writeSafetensors } from '../checkpoint/safetensors.js';
import { stopIfAborted, UserError } from '../errors.js';
import { openDevice } from '../runtime/device.js';
import { formatShape } from '../tensor/shape.js';
import { tensor, type Tensor } from '../tensor/tensor.js';
import { compileModel } from './runModel.js';
import { readModel } from './modelFile.js';
import type { UseOptions } from './useModel.js';
import type { WeightsOptions } from './weightsFile.js';

export interface PredictTensorOptions extends UseOptions, WeightsOptions {
  /** The safetensors file to write; its folder is created. */
  readonly out: string;
}

/** The input tensor, normalised float32 [B, 3, S, S], and the output tensor, float32 [B, classes]. */
const INPUT = 'images';
const OUTPUT = 'logits';
/** Images per batch, which bounds memory. */
const BATCH = 32;

/**
 * Runs a model on prepared input, to compare it with other implementations: reads `images` from the safetensors file
 * `input` and writes `logits` to `out`. Returns the shape of the logits. Throws a UserError when the tensor is missing
 * or does not fit the model, or `out` exists.
 */
export async function predictTensor(
  model: string,
  input: string,
  { out, kind, threads, precision, signal, ...options }: PredictTensorOptions,
): Promise<readonly [images: number, classes: number]> {
  await requireNewFile(out);
  const { tensors } = await readSafetensors(input);
  const images = tensors.get(INPUT);
  if (images === undefined) throw new UserError(`${input} has no tensor "${INPUT}"; it has ${listOf(tensors)}`);
  const { imageSize, ...read } = await readModel(model, options);
  if (read.withPreprocessing) {
    throw new UserError(`${model} takes pixels rather than tensors; give one without preprocessing`);
  }
  const [count, ...image] = images.shape;
  const size = 3 * imageSize * imageSize;
  if (images.dtype !== 'float32' || formatShape(image) !== formatShape([3, imageSize, imageSize])) {
    throw new UserError(
      `"${INPUT}" in ${input} is ${images.dtype}${formatShape(images.shape)}, but ${model} takes normalised float32 ` +
        `[B, 3, ${imageSize}, ${imageSize}]; bring it to that form`,
    );
  }
  const classes = read.classes.length;
  const logits = new Float32Array(count * classes);
  const device = await openDevice({ kind, threads, precision });
  try {
    const program = await compileModel(device, read);
    for (let start = 0; start < count; start += BATCH) {
      stopIfAborted(signal);
      const batch = Math.min(BATCH, count - start);
      const values = (images as Tensor<'float32'>).data.slice(start * size, (start + batch) * size);
      const pixels = tensor('float32', [batch, 3, imageSize, imageSize], values);
      const result = await program.run({ pixel_values: pixels }, { outputs: [OUTPUT] });
      logits.set((result[OUTPUT] as Tensor<'float32'>).data, start * classes);
    }
  } finally {
    await device.close();
  }
  await makeFolder(dirname(out));
  await writeSafetensors(out, [[OUTPUT, tensor('float32', [count, classes], logits)]], { model });
  return [count, classes];
}

function listOf(tensors: ReadonlyMap<string, Tensor>): string {
  const names = [...tensors.keys()];
  if (names.length === 0) return 'none';
  return `${names.slice(0, 5).join(', ')}${names.length > 5 ? ` and ${names.length - 5} more` : ''}`;
}
