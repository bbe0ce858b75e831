import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { readPytorchStateDict } from '../checkpoint/pytorch/stateDict.js';
import { readSafetensors } from '../checkpoint/safetensors.js';
import { UserError } from '../errors.js';
import { plainNetwork } from '../model/network.js';
import { readInitializers, readMetadata } from '../onnx/model.js';
import { preset, presetNames, presetSizes, recognizeArchitecture } from '../family/families.js';
import { readStateDict, shapesOf, type StateDict } from '../model/stateDict.js';
import type { Architecture } from '../family/family.js';
import { parseArchitecture } from '../family/codec.js';
import type { Listener } from '../telemetry/events.js';
import type { Weights } from '../train/state.js';
import { readArchitecture } from './architectureFile.js';
import { readClassNames, type Naming } from './classNames.js';

/** How a file of weights is to be understood where it does not say so itself. */
export interface WeightsOptions {
  /** A preset or JSON file; a preset is built for the images and classes of the weights. */
  readonly architecture?: string | undefined;
  /** Take the moving average that a PyTorch checkpoint keeps beside the weights. Default false. */
  readonly average?: boolean | undefined;
  /** A file that names the classes, in the order of the outputs: one a line, or a JSON list. */
  readonly classNames?: string | undefined;
  /** Is warned where the weights may as well belong to another architecture. */
  readonly emit?: Listener | undefined;
}

/** Tensors of a network as a file has them. */
export interface StateFile {
  /** The file itself, where a run folder was given. */
  readonly file: string;
  /** Under the names of the file. */
  readonly state: StateDict;
  /** Which of a checkpoint's parts they are: `model`, `model_ema`; undefined when there is only one. */
  readonly part: string | undefined;
  /** What glit has written beside them; empty in the files of others. */
  readonly metadata: Readonly<Record<string, string>>;
}

/** Weights, the architecture that they belong to, and what its outputs are called. */
export interface NetworkWeights {
  readonly architecture: Architecture;
  readonly weights: Weights;
  readonly classes: readonly string[];
  readonly naming: Naming;
}

const SAFETENSORS = '.safetensors';
const ONNX = '.onnx';
/** The endings under which PyTorch's checkpoints go. */
const PYTORCH = ['.pth', '.pt', '.tar', '.ckpt', '.bin'];

/** Whether a file's name says that it holds weights, of safetensors or of PyTorch. */
export function isWeightsFile(file: string): boolean {
  return isSafetensorsFile(file) || isPytorchFile(file);
}

/** Whether a file's name says that it is of safetensors. */
export function isSafetensorsFile(file: string): boolean {
  return file.endsWith(SAFETENSORS);
}

/** Whether a file's name says that it is a PyTorch checkpoint. */
export function isPytorchFile(file: string): boolean {
  return PYTORCH.some((ending) => file.endsWith(ending));
}

/**
 * Reads weights from a safetensors file, a PyTorch checkpoint, a model that glit has exported, or a run folder. The architecture is the one that is asked
 * for, else the one that the file tells, else the one that its shapes show. Throws a UserError when the file cannot be
 * read, tells no architecture or does not fit it.
 */
export async function readWeights(source: string, options: WeightsOptions = {}): Promise<NetworkWeights> {
  const { file, state, metadata } = await readStateFile(source, options);
  const architecture = await architectureFor({ file, state, metadata }, options.architecture, options.emit);
  const named = await namedClasses({ file, metadata }, architecture.backbone.classes, options.classNames);
  const variables = readStateDict(plainNetwork(architecture), state, file);
  // Counters of batches, which no model reads, are integers; the rest is checked to be float32.
  const weights = new Map([...variables].filter(([, { dtype }]) => dtype === 'float32')) as Weights;
  return { architecture, weights, ...named };
}

/** The tensors of a file of weights or of a run folder, whatever network they are of. */
export async function readStateFile(source: string, { average }: WeightsOptions): Promise<StateFile> {
  if (isPytorchFile(source)) {
    const { key, tensors } = await readPytorchStateDict(source, { average });
    return { file: source, state: tensors, part: key, metadata: {} };
  }
  if (average === true) {
    throw new UserError(`${source} has no moving average of the weights; --ema is for PyTorch's checkpoints`);
  }
  if (source.endsWith(ONNX)) return exportedState(source);
  const file = isSafetensorsFile(source) ? source : join(source, `weights${SAFETENSORS}`);
  if (file !== source && !existsSync(file)) {
    throw new UserError(
      `${source} has no weights.safetensors; give a finished run's folder, a .safetensors or a .pth file`,
    );
  }
  const { tensors, metadata } = await readSafetensors(file);
  return { file, state: tensors, part: undefined, metadata };
}

/** The weights in a model that glit has exported, which says the same about itself as a safetensors file of glit. */
async function exportedState(file: string): Promise<StateFile> {
  let bytes: Uint8Array;
  try {
    bytes = await readFile(file);
  } catch {
    throw new UserError(`the model ${file} cannot be read; give an .onnx file of glit, or weights: .safetensors, .pth`);
  }
  try {
    // Constants that are no variables have numbers for names.
    const state = new Map([...readInitializers(bytes)].filter(([name]) => !/^constant_\d+$/.test(name)));
    if (state.size > 0) return { file, state, part: undefined, metadata: readMetadata(bytes) };
  } catch {
    throw new UserError(`${file} is not an ONNX model; give an .onnx file of glit, or weights: .safetensors, .pth`);
  }
  throw new UserError(`${file} does not name its weights; export it again, or give the weights`);
}

/** The architecture that tensors belong to. Throws a UserError when neither the caller nor the file tells it. */
export async function architectureFor(
  { file, state, metadata }: Omit<StateFile, 'part'>,
  given: string | undefined,
  emit?: Listener,
): Promise<Architecture> {
  if (given !== undefined) {
    return presetNames.includes(given)
      ? preset(given, presetSizes(given, shapesOf(state), file))
      : readArchitecture(given);
  }
  const own = metadata['architecture'];
  if (own !== undefined) return parseArchitecture(own, file);
  const { architecture, alternatives } = recognizeArchitecture(shapesOf(state), file);
  if (alternatives.length > 0) {
    const { name = '' } = architecture;
    emit?.({
      type: 'warning',
      message: `${file} is taken as ${name}; ${alternatives.join(' and ')} has the same tensors but prepares images otherwise: --arch ${alternatives[0]} if it is that`,
    });
  }
  return architecture;
}

/** The names of the outputs: those in the file that is given, else those in the weights, else numbers. */
export async function namedClasses(
  { file, metadata }: Pick<StateFile, 'file' | 'metadata'>,
  count: number,
  given: string | undefined,
): Promise<Pick<NetworkWeights, 'classes' | 'naming'>> {
  if (given !== undefined) return { classes: await readClassNames(given, file, count), naming: 'user' };
  const own = metadata['classes'];
  if (own === undefined) {
    return { classes: Array.from({ length: count }, (_, index) => String(index)), naming: 'numbers' };
  }
  const classes = parseClassNames(own, file);
  if (classes.length !== count) {
    throw new UserError(
      `${file} names ${classes.length} classes, but the architecture has ${count}; use the one it was trained with`,
    );
  }
  return { classes, naming: 'model' };
}

function parseClassNames(text: string, file: string): readonly string[] {
  try {
    const names = JSON.parse(text) as unknown;
    if (Array.isArray(names) && names.every((name) => typeof name === 'string')) return names;
  } catch {
    // Told below, as for JSON of another form.
  }
  throw new UserError(`${file}: the class names in its metadata are no JSON list of texts; write the file anew`);
}
