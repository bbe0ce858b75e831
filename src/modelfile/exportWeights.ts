import { join } from 'node:path';
import { UserError } from '../errors.js';
import type { Architecture } from '../family/family.js';
import { exportedModel, isPlain, type ModelForm } from './exportModel.js';
import { framingIn, type FolderFiles } from './modelFolder.js';
import { evaluateModel, type EvaluationOptions } from './useModel.js';
import { readWeights, type WeightsOptions } from './weightsFile.js';
import { isModelFile, requireNewModel, writeModel, writeModelFolder } from './writeModel.js';

export interface ExportOptions extends WeightsOptions {
  /** What to write: an .onnx file, or a folder for transformers.js and Python's transformers. */
  readonly out: string;
  readonly form?: ModelForm | undefined;
  /** More files for a folder. */
  readonly more?: FolderFiles | undefined;
  /** Images to measure what a form costs. A folder then also says how clients must frame such images, else as the run's. */
  readonly images?: EvaluationOptions | undefined;
}

export interface Exported {
  readonly architecture: Architecture;
  readonly classes: readonly string[];
  /** Whether the classes have names; if not, they have numbers. */
  readonly named: boolean;
  /** Top-1 accuracy on the test images, of the model as it was written and in float32; absent without images. */
  readonly accuracy?: { readonly written: number; readonly float32: number; readonly images: number };
}

/** The images are the same, so their warnings have been given. */
const SILENT = { emit: () => undefined };

/**
 * Writes weights as a portable ONNX model and runs it once as a test. `source` is a safetensors file or a PyTorch
 * checkpoint, with glit's names or those of the official GLiT or DeiT, or a run folder. Throws a UserError when the
 * weights do not fit the architecture or `out` exists.
 */
export async function exportWeights(
  source: string,
  { out, form = {}, more, images, ...options }: ExportOptions,
): Promise<Exported> {
  await requireNewModel(out);
  const asFolder = !isModelFile(out);
  if (asFolder && form.withPreprocessing === true) {
    throw new UserError(
      `${out} is to be a folder, whose clients prepare images themselves; give an .onnx file, or remove --with-preprocessing`,
    );
  }
  const { weights, ...description } = await readWeights(source, options);
  const measure = (of: ModelForm, listener = {}): ReturnType<typeof evaluateModel> | undefined =>
    images && evaluateModel({ ...exportedModel(weights, description, of), name: source }, { ...images, ...listener });
  const model = exportedModel(weights, description, form);
  const float32 = await measure({});
  const written = isPlain(form) ? float32 : await measure(form, SILENT);
  if (asFolder) {
    // Without images, a run's own model says it; other weights are evaluated on framed images.
    const needsFraming = float32?.needsFraming ?? (await framingIn(join(source, 'model'))) ?? true;
    await writeModelFolder(out, model, { precision: form.precision, needsFraming }, more);
  } else await writeModel(out, model);
  return {
    architecture: description.architecture,
    classes: description.classes,
    named: description.naming !== 'numbers',
    ...(float32 &&
      written && { accuracy: { written: written.accuracy, float32: float32.accuracy, images: written.images } }),
  };
}
