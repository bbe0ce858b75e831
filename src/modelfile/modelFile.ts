import { UserError } from '../errors.js';
import { readClassNames } from './classNames.js';
import { exportedModel, readExportedModel, type RunnableModel } from './exportModel.js';
import { isWeightsFile, readWeights, type WeightsOptions } from './weightsFile.js';

/** A model from a file, ready to run. */
export interface Model extends RunnableModel {
  /** The file's name in messages. */
  readonly name: string;
}

/**
 * A model from an ONNX file exported by glit, or from weights: a safetensors file or a PyTorch checkpoint, with glit's
 * names or those of the official GLiT or DeiT. Throws a UserError for any other file.
 */
export async function readModel(file: string, options: WeightsOptions = {}): Promise<Model> {
  return isWeightsFile(file) ? modelOfWeights(file, options) : modelOfExport(file, options);
}

async function modelOfWeights(file: string, options: WeightsOptions): Promise<Model> {
  const { weights, ...description } = await readWeights(file, options);
  return { ...exportedModel(weights, description), name: file };
}

async function modelOfExport(file: string, { architecture, average, classNames }: WeightsOptions): Promise<Model> {
  const model = await readExportedModel(file);
  if (architecture !== undefined) throw new UserError(`${file} contains its architecture; remove --arch`);
  if (average === true) throw new UserError(`${file} has one set of weights; --ema is for PyTorch's checkpoints`);
  if (classNames === undefined) return { ...model, name: file };
  return {
    ...model,
    name: file,
    classes: await readClassNames(classNames, file, model.classes.length),
    naming: 'user',
  };
}
