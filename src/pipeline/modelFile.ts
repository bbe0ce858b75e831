import { readFile } from 'node:fs/promises';
import { UserError } from '../errors.js';
import type { Device, Program } from '../runtime/device.js';
import { exportedModel, readExportedModel, type RunnableModel } from './exportModel.js';
import { isWeightsFile, readWeights, type WeightsOptions } from './weightsFile.js';

export interface ModelOptions extends WeightsOptions {
  /** A file that names the classes, in the order of the outputs: one a line, or a JSON list. */
  readonly classNames?: string | undefined;
}

/** A model from a file, ready to run. */
export interface Model extends RunnableModel {
  /** The file, for messages. */
  readonly name: string;
  /** Who named the classes; `numbers` when no one did. */
  readonly naming: 'model' | 'user' | 'numbers';
}

/**
 * A model from an ONNX file that glit has exported, or from weights: a safetensors file or a PyTorch checkpoint, of glit
 * or with the names of the official GLiT or DeiT. Throws a UserError when the file is none of them.
 */
export async function readModel(file: string, { classNames, ...options }: ModelOptions = {}): Promise<Model> {
  const model = isWeightsFile(file) ? await modelOfWeights(file, options) : await modelOfExport(file, options);
  if (classNames === undefined) return model;
  const classes = await readClassNames(classNames);
  if (classes.length !== model.classes.length) {
    throw new UserError(
      `${classNames} names ${classes.length} classes, but ${file} tells ${model.classes.length} apart; name each of them`,
    );
  }
  return { ...model, classes, naming: 'user' };
}

async function modelOfWeights(file: string, options: WeightsOptions): Promise<Model> {
  const { architecture, weights, classes, named } = await readWeights(file, options);
  return {
    name: file,
    bytes: exportedModel(weights, { classes, architecture }),
    classes,
    imageSize: architecture.backbone.imageSize,
    naming: named ? 'model' : 'numbers',
  };
}

async function modelOfExport(file: string, { architecture, average }: WeightsOptions): Promise<Model> {
  const model = await readExportedModel(file);
  if (architecture !== undefined) throw new UserError(`${file} has its architecture in it; leave --arch out`);
  if (average === true) throw new UserError(`${file} has one set of weights; --ema is for PyTorch's checkpoints`);
  return { ...model, name: file, naming: 'model' };
}

async function readClassNames(file: string): Promise<readonly string[]> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : String(error);
    throw new UserError(`the class names ${file} cannot be read (${code}); give a file with one name a line`);
  }
  const names = text.trimStart().startsWith('[')
    ? fromJson(text, file)
    : text.split(/\r?\n/).map((line) => line.trim());
  const last = names.at(-1) === '' ? names.slice(0, -1) : names;
  const repeated = last.find((name, index) => last.indexOf(name) !== index);
  if (repeated !== undefined) {
    throw new UserError(`${file} names the class "${repeated}" twice; give every class a name of its own`);
  }
  return last;
}

function fromJson(text: string, file: string): readonly string[] {
  try {
    const names = JSON.parse(text) as unknown;
    if (Array.isArray(names) && names.every((name) => typeof name === 'string')) return names;
  } catch {
    // Told below, as for JSON of another form.
  }
  throw new UserError(`${file} begins as a JSON list, but is no list of texts; give one name a line`);
}

/** Makes a model runnable. Throws a UserError when ONNX Runtime does not take it. */
export async function compileModel(device: Device, { bytes, name }: Pick<Model, 'bytes' | 'name'>): Promise<Program> {
  try {
    return await device.compile(bytes, name);
  } catch (error) {
    const fact = error instanceof Error ? error.message.replaceAll(/\s+/g, ' ') : String(error);
    throw new UserError(`${fact}; the file is damaged: export the model anew`);
  }
}
