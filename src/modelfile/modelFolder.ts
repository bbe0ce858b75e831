import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ModelPrecision } from '../program/inference.js';
import { resizedShorterSide } from '../loader/decode.js';
import type { RunnableModel } from './exportModel.js';

/** Contents of a folder's files by their names, with slashes. */
export type FolderFiles = ReadonlyMap<string, string | Uint8Array>;

export interface ModelFolderOptions {
  /** The model's, which clients choose by the file's name. Default: float32. */
  readonly precision?: ModelPrecision | undefined;
  /** Whether clients must resize and crop images: not if all have the network's size. */
  readonly needsFraming: boolean;
}

/** The names of precisions in transformers.js, and the endings that it gives to their files. */
const DTYPES: Readonly<Record<ModelPrecision, readonly [dtype: string, ending: string]>> = {
  float32: ['fp32', ''],
  float16: ['fp16', '_fp16'],
  int8: ['q8', '_quantized'],
};

/** Numbers of Pillow's filters, which preprocessor_config.json uses. */
const RESAMPLING = { bilinear: 2, bicubic: 3 } as const;

const PREPROCESSOR = 'preprocessor_config.json';

/** Whether a model folder tells clients to resize and crop images; undefined if there is no such folder. */
export async function framingIn(folder: string): Promise<boolean | undefined> {
  try {
    const { do_center_crop } = JSON.parse(await readFile(join(folder, PREPROCESSOR), 'utf8')) as {
      readonly do_center_crop?: boolean;
    };
    return do_center_crop;
  } catch {
    return undefined;
  }
}

/**
 * A model as the files of a folder that transformers.js (`pipeline('image-classification', FOLDER)`) and Python's
 * transformers and optimum read. The model must take normalised pixels.
 */
export function modelFolderFiles(
  { bytes, classes, imageSize, preprocessing }: RunnableModel,
  { precision = 'float32', needsFraming }: ModelFolderOptions,
): FolderFiles {
  const [dtype, ending] = DTYPES[precision];
  const square = { height: imageSize, width: imageSize };
  const config = {
    // Clients choose code by the type: that of a ViT feeds `pixel_values` and reads `logits`, whatever lies between.
    model_type: 'vit',
    architectures: ['ViTForImageClassification'],
    image_size: imageSize,
    num_labels: classes.length,
    id2label: Object.fromEntries(classes.entries()),
    label2id: Object.fromEntries(classes.map((name, index) => [name, index])),
    // Without it, browsers would look for a quantised model.
    'transformers.js_config': { dtype },
  };
  const preprocessor = {
    // ViT's processor cannot crop in Python.
    image_processor_type: 'CLIPImageProcessor',
    do_convert_rgb: true,
    do_resize: true,
    resample: RESAMPLING[preprocessing.interpolation],
    ...(needsFraming
      ? {
          size: { shortest_edge: resizedShorterSide(imageSize, preprocessing) },
          do_center_crop: true,
          crop_size: square,
        }
      : { size: square, do_center_crop: false }),
    do_rescale: true,
    rescale_factor: 1 / 255,
    do_normalize: true,
    image_mean: preprocessing.mean,
    image_std: preprocessing.std,
  };
  return new Map<string, string | Uint8Array>([
    ['config.json', `${JSON.stringify(config, null, 2)}\n`],
    [PREPROCESSOR, `${JSON.stringify(preprocessor, null, 2)}\n`],
    [`onnx/model${ending}.onnx`, bytes],
  ]);
}
