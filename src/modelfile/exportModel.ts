import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { UserError } from '../errors.js';
import { inferenceModel, type ModelPrecision } from '../program/inference.js';
import { DEIT_PREPROCESSING, type Preprocessing } from '../family/preprocessing.js';
import { plainNetwork } from '../model/network.js';
import { readMetadata } from '../onnx/model.js';
import type { Architecture } from '../family/family.js';
import { formatArchitecture } from '../family/codec.js';
import type { Weights } from '../train/state.js';
import { namesIn, type Naming } from './classNames.js';

export { MODEL_PRECISIONS } from '../program/inference.js';

/** The ONNX metadata of an exported model. */
export interface ModelDescription {
  readonly classes: readonly string[];
  /** Default: `model`. */
  readonly naming?: Naming | undefined;
  readonly architecture: Architecture;
  /** The seed of its run, which drew the test images of a folder without any. */
  readonly seed?: number | undefined;
}

/** What a model and its weights say of themselves, for a file's metadata. */
export function descriptionMetadata({ classes, naming, architecture, seed }: ModelDescription): Record<string, string> {
  return {
    classes: JSON.stringify(classes),
    ...(naming === 'numbers' && { naming }),
    architecture: formatArchitecture(architecture),
    ...(seed !== undefined && { seed: String(seed) }),
  };
}

/** The seed in a file's metadata. */
export function seedIn({ seed }: Readonly<Record<string, string>>): number | undefined {
  return seed !== undefined && /^\d+$/.test(seed) ? Number(seed) : undefined;
}

/** The form of an exported model. */
export interface ModelForm {
  /** Default: float32. */
  readonly precision?: ModelPrecision | undefined;
  /** Whether the model normalises pixels itself and gives probabilities. Default: false. */
  readonly withPreprocessing?: boolean | undefined;
}

/** Whether a form is that of a model as training leaves it. */
export function isPlain({ precision = 'float32', withPreprocessing = false }: ModelForm): boolean {
  return precision === 'float32' && !withPreprocessing;
}

/**
 * A trained network as an ONNX model: `pixel_values` [batch, 3, S, S], normalised for the architecture, to `logits`
 * [batch, classes]; with preprocessing, `image`, uint8 [batch, S, S, 3], to `probabilities`. Its metadata has the class
 * names, image size and preprocessing.
 */
export function exportedModel(
  weights: Weights,
  description: ModelDescription,
  { precision, withPreprocessing = false }: ModelForm = {},
): RunnableModel {
  const { classes, naming = 'model', architecture, seed } = description;
  const { preprocessing, backbone } = architecture;
  const { imageSize } = backbone;
  const { mean, std, crop, interpolation } = preprocessing;
  const bytes = inferenceModel(plainNetwork(architecture), weights, {
    precision,
    ...(withPreprocessing && { normalization: preprocessing }),
    metadata: {
      ...descriptionMetadata(description),
      image_size: String(imageSize),
      mean: JSON.stringify(mean),
      std: JSON.stringify(std),
      crop: String(crop),
      interpolation,
      ...(withPreprocessing && { input: PIXELS }),
    },
  });
  return { bytes, classes, naming, seed, imageSize, preprocessing, withPreprocessing };
}

/** What the metadata call the input of a model with preprocessing. */
const PIXELS = 'pixels';

/**
 * A usable model: normalised `pixel_values` [batch, 3, S, S] to `logits` [batch, classes], or `image` to
 * `probabilities`, see {@link exportedModel}.
 */
export interface RunnableModel {
  /** The ONNX model. */
  readonly bytes: Uint8Array;
  readonly classes: readonly string[];
  readonly naming: Naming;
  readonly seed: number | undefined;
  /** S, in pixels. */
  readonly imageSize: number;
  readonly preprocessing: Preprocessing;
  /** Whether the normalisation is part of the model, which then gives probabilities. */
  readonly withPreprocessing: boolean;
}

/** The bytes of a model's file. Throws a UserError when there are none. */
export async function readModelBytes(file: string): Promise<Uint8Array> {
  try {
    return await readFile(file);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ERR_FS_FILE_TOO_LARGE') {
      throw new UserError(`the model ${file} has more than 2 GiB, so it is none of glit's; give another`);
    }
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (code === 'EISDIR')
      throw new UserError(`${file} is a folder; give its model, such as ${join(file, 'best.onnx')}`);
    if (code === 'ENOENT') throw new UserError(`there is no such file as ${file}; check its path`);
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
    if (Array.isArray(classes) && classes.every((name) => typeof name === 'string') && isImageSize(imageSize)) {
      const withPreprocessing = metadata['input'] === PIXELS;
      const naming = namesIn(metadata) === undefined ? 'numbers' : 'model';
      const [seed, preprocessing] = [seedIn(metadata), preprocessingIn(metadata)];
      return { bytes, classes, naming, seed, imageSize, preprocessing, withPreprocessing };
    }
  } catch {
    // Reported below: either not an ONNX file or one without our metadata.
  }
  throw new UserError(`${file} is not a model exported by glit (no class names in it); give a best.onnx of a run`);
}

/** Images are read into arrays of this size, so a file must not ask for any size. */
const MOST_PIXELS = 16_384;

function isImageSize(size: number): boolean {
  return Number.isInteger(size) && size > 0 && size <= MOST_PIXELS;
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
