import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { readPytorchStateDict } from '../checkpoint/pytorch/stateDict.js';
import { readSafetensors } from '../checkpoint/safetensors.js';
import { UserError } from '../errors.js';
import { plainNetwork } from '../model/network.js';
import { readInitializers, readMetadata, reducedWeights } from '../onnx/model.js';
import { preset, presetNames, presetSizes, recognizeArchitecture } from '../family/families.js';
import { readStateDict, shapesOf, type StateDict } from '../model/stateDict.js';
import type { Architecture } from '../family/family.js';
import { parseArchitecture } from '../family/codec.js';
import type { Listener } from '../telemetry/events.js';
import type { Weights } from '../train/state.js';
import { readArchitecture } from './architectureFile.js';
import { namesIn, readClassNames, type Naming } from './classNames.js';
import { readModelBytes, seedIn } from './exportModel.js';

/** How to interpret a weights file that does not describe itself. */
export interface WeightsOptions {
  /** A preset or JSON file; a preset is adapted to the images and classes of the weights. */
  readonly architecture?: string | undefined;
  /** Read the moving average in a PyTorch checkpoint instead of the weights. Default false. */
  readonly average?: boolean | undefined;
  /** A file of class names in output order: one per line, or a JSON list. */
  readonly classNames?: string | undefined;
  /** Receives a warning if the weights fit another architecture equally well. */
  readonly emit?: Listener | undefined;
}

/** A network's tensors in a file. */
export interface StateFile {
  /** The file, also if a run folder was given. */
  readonly file: string;
  /** Under the file's names. */
  readonly state: StateDict;
  /** Their part of a checkpoint: `model`, `model_ema`; undefined if there is only one. */
  readonly part: string | undefined;
  /** glit's metadata; empty in other tools' files. */
  readonly metadata: Readonly<Record<string, string>>;
}

/** Weights, their architecture, and the names of its outputs. */
export interface NetworkWeights {
  readonly architecture: Architecture;
  readonly weights: Weights;
  readonly classes: readonly string[];
  readonly naming: Naming;
  /** The seed of the run that trained them, if glit did. */
  readonly seed: number | undefined;
}

const SAFETENSORS = '.safetensors';
const ONNX = '.onnx';
/** File name endings of PyTorch checkpoints. */
const PYTORCH = ['.pth', '.pt', '.tar', '.ckpt', '.bin'];

/** Whether a file name looks like weights, in safetensors or PyTorch format. */
export function isWeightsFile(file: string): boolean {
  return isSafetensorsFile(file) || isPytorchFile(file);
}

/** Whether a file name looks like safetensors. */
export function isSafetensorsFile(file: string): boolean {
  return file.endsWith(SAFETENSORS);
}

/** Whether a file name looks like a PyTorch checkpoint. */
export function isPytorchFile(file: string): boolean {
  return PYTORCH.some((ending) => file.endsWith(ending));
}

/**
 * Reads weights from a safetensors file, a PyTorch checkpoint, a model exported by glit, or a run folder. The
 * architecture is the requested one, else the one recorded in the file, else the one that the shapes show. Throws a
 * UserError when the file cannot be read, its architecture is unknown, or it does not fit.
 */
export async function readWeights(source: string, options: WeightsOptions = {}): Promise<NetworkWeights> {
  const { file, state, metadata } = await readStateFile(source, options);
  const architecture = await architectureFor({ file, state, metadata }, options.architecture, options.emit);
  const named = await namedClasses({ file, metadata }, architecture.backbone.classes, options.classNames);
  const variables = readStateDict(plainNetwork(architecture), state, file);
  // Batch counters are integers that no model reads; everything else must be float32.
  const weights = new Map([...variables].filter(([, { dtype }]) => dtype === 'float32')) as Weights;
  return { architecture, weights, ...named, seed: seedIn(metadata) };
}

/** The tensors of a weights file or run folder, for any network. */
export async function readStateFile(source: string, { average }: WeightsOptions): Promise<StateFile> {
  if (isPytorchFile(source)) {
    const { key, tensors } = await readPytorchStateDict(source, { average });
    return { file: source, state: tensors, part: key, metadata: {} };
  }
  if (average === true) {
    throw new UserError(`${source} has no moving average of the weights; --ema is for PyTorch's checkpoints`);
  }
  if (source.toLowerCase().endsWith(ONNX)) return exportedState(source);
  const file = isSafetensorsFile(source) ? source : join(source, `weights${SAFETENSORS}`);
  if (file !== source && !existsSync(file)) {
    throw new UserError(
      `${source} has no weights.safetensors; give a finished run's folder, a .safetensors or a .pth file`,
    );
  }
  const { tensors, metadata } = await readSafetensors(file);
  return { file, state: tensors, part: undefined, metadata };
}

/** The weights in a model exported by glit, which has the same metadata as glit's safetensors files. */
async function exportedState(file: string): Promise<StateFile> {
  const bytes = await readModelBytes(file);
  let reduced: string | undefined;
  try {
    reduced = reducedWeights(bytes);
    // Constants that are not variables have numeric names.
    const state = new Map([...readInitializers(bytes)].filter(([name]) => !/^constant_\d+$/.test(name)));
    if (reduced === undefined && state.size > 0) return { file, state, part: undefined, metadata: readMetadata(bytes) };
  } catch {
    throw new UserError(`${file} is not an ONNX model; give an .onnx file of glit, or weights: .safetensors, .pth`);
  }
  if (reduced !== undefined) {
    throw new UserError(`${file} is an export in ${reduced}, and this needs float32; give that export, or the weights`);
  }
  throw new UserError(`${file} does not name its weights; export it again, or give the weights`);
}

/** The tensors' architecture. Throws a UserError when neither the caller nor the file determines it. */
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
      message: `${file} is taken as ${name}; ${alternatives.join(' and ')} has the same tensors but different preprocessing: give --arch ${alternatives[0]} if it is that`,
    });
  }
  return architecture;
}

/** The output names: from the given file, else from the weights, else numbers. */
export async function namedClasses(
  { file, metadata }: Pick<StateFile, 'file' | 'metadata'>,
  count: number,
  given: string | undefined,
): Promise<Pick<NetworkWeights, 'classes' | 'naming'>> {
  if (given !== undefined) return { classes: await readClassNames(given, file, count), naming: 'user' };
  const own = namesIn(metadata);
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
    // Reported below, like JSON of the wrong form.
  }
  throw new UserError(`${file}: the class names in its metadata are not a JSON list of strings; write the file again`);
}
