import { readFile } from 'node:fs/promises';
import { evaluationLoader } from '../loader/loader.js';
import type { ImageSource } from '../dataset/source.js';
import { stopIfAborted, UserError } from '../errors.js';
import { inferenceModel } from '../program/inference.js';
import { DEIT_PREPROCESSING, type Preprocessing } from '../family/preprocessing.js';
import { normalizePixels } from '../program/images.js';
import { plainNetwork } from '../model/network.js';
import { readMetadata } from '../onnx/model.js';
import type { Device, Program } from '../runtime/device.js';
import type { Architecture } from '../family/family.js';
import { formatArchitecture } from '../family/codec.js';
import { tensor, type Tensor } from '../tensor/tensor.js';
import { countCorrect } from '../train/loop.js';
import type { Weights } from '../train/state.js';
import type { UnreadableListener } from '../loader/unreadable.js';

/** The ONNX metadata of an exported model. */
export interface ModelDescription {
  readonly classes: readonly string[];
  readonly architecture: Architecture;
}

/**
 * A trained network as an ONNX model: `pixel_values` [batch, 3, S, S], normalised for the architecture, to `logits`
 * [batch, classes]. Its metadata has the class names, image size and preprocessing.
 */
export function exportedModel(weights: Weights, { classes, architecture }: ModelDescription): Uint8Array {
  const { mean, std, crop, interpolation } = architecture.preprocessing;
  return inferenceModel(plainNetwork(architecture), weights, {
    classes: JSON.stringify(classes),
    image_size: String(architecture.backbone.imageSize),
    mean: JSON.stringify(mean),
    std: JSON.stringify(std),
    crop: String(crop),
    interpolation,
    architecture: formatArchitecture(architecture),
  });
}

/** A usable model: normalised `pixel_values` [batch, 3, S, S] to `logits` [batch, classes]. */
export interface RunnableModel {
  /** The ONNX model. */
  readonly bytes: Uint8Array;
  readonly classes: readonly string[];
  /** S, in pixels. */
  readonly imageSize: number;
  readonly preprocessing: Preprocessing;
}

/** A model and its name in messages. */
export interface NamedModel {
  readonly name: string;
  readonly bytes: Uint8Array;
}

/** The bytes of a model's file. Throws a UserError when there are none. */
export async function readModelBytes(file: string): Promise<Uint8Array> {
  try {
    return await readFile(file);
  } catch {
    throw new UserError(`the model ${file} cannot be read; give an .onnx file of glit, or weights: .safetensors, .pth`);
  }
}

/** Reads an exported model. Throws a UserError when the file is not a model exported by glit. */
export async function readExportedModel(file: string): Promise<RunnableModel> {
  const bytes = await readModelBytes(file);
  try {
    const metadata = readMetadata(bytes);
    const classes = JSON.parse(metadata['classes'] ?? 'null') as unknown;
    const imageSize = Number(metadata['image_size']);
    if (Array.isArray(classes) && classes.every((name) => typeof name === 'string') && imageSize > 0) {
      return { bytes, classes, imageSize, preprocessing: preprocessingIn(metadata) };
    }
  } catch {
    // Reported below: either not an ONNX file or one without our metadata.
  }
  throw new UserError(`${file} is not a model exported by glit (no class names in it); give a best.onnx of a run`);
}

/** The preprocessing in a model's metadata; DeiT's if there is none. */
function preprocessingIn(metadata: Readonly<Record<string, string>>): Preprocessing {
  const { mean, std, crop, interpolation } = metadata;
  const channels = (text: string | undefined, usual: readonly number[]): readonly number[] => {
    const values = JSON.parse(text ?? 'null') as unknown;
    return Array.isArray(values) && values.length === 3 && values.every((value) => typeof value === 'number')
      ? values
      : usual;
  };
  return {
    mean: channels(mean, DEIT_PREPROCESSING.mean),
    std: channels(std, DEIT_PREPROCESSING.std),
    crop: Number(crop) > 0 && Number(crop) <= 1 ? Number(crop) : DEIT_PREPROCESSING.crop,
    interpolation: interpolation === 'bilinear' ? 'bilinear' : 'bicubic',
  };
}

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

/** Compiles a model. Throws a UserError when ONNX Runtime rejects it. */
export async function compileModel(device: Device, { bytes, name }: NamedModel): Promise<Program> {
  try {
    return await device.compile(bytes, name);
  } catch (error) {
    const fact = error instanceof Error ? error.message.replaceAll(/\s+/g, ' ') : String(error);
    throw new UserError(`${fact}; the file is damaged: export the model again`);
  }
}

/** Top-1 accuracy of a model on images. */
export async function accuracyOfModel(
  device: Device,
  { imageSize, preprocessing, ...model }: RunnableModel & NamedModel,
  source: ImageSource,
  { batchSize, outputs, workers, onUnreadable, signal }: AccuracyOptions,
): Promise<number> {
  const program = await compileModel(device, model);
  const loader = evaluationLoader(source, { imageSize, batchSize, framing: preprocessing, workers, onUnreadable });
  let correct = 0;
  let images = 0;
  try {
    for await (const batch of loader.epoch(0, { signal })) {
      stopIfAborted(signal);
      const values = normalizePixels(batch.images, imageSize, preprocessing);
      loader.reuse(batch);
      const pixels = tensor('float32', [batch.size, 3, imageSize, imageSize], values);
      const { logits } = await program.run({ pixel_values: pixels }, { outputs: ['logits'] });
      const labels = outputs === undefined ? batch.labels : batch.labels.map((label) => BigInt(outputs[Number(label)]));
      correct += countCorrect(logits as Tensor<'float32'>, labels);
      images += batch.size;
    }
    return correct / images;
  } finally {
    await loader.close();
    await program.release();
  }
}
