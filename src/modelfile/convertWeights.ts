import { dirname } from 'node:path';
import { writeFileAtomically } from '../checkpoint/atomicFile.js';
import { makeFolder, requireNewFile } from '../checkpoint/freeFolder.js';
import { PytorchFile } from '../checkpoint/pytorch/pytorchFile.js';
import { formatPath } from '../checkpoint/pytorch/tensorNames.js';
import { encodePytorch } from '../checkpoint/pytorch/write.js';
import { METADATA } from '../checkpoint/safetensorsHeader.js';
import { writeSafetensors } from '../checkpoint/safetensors.js';
import { UserError } from '../errors.js';
import { plainNetwork } from '../model/network.js';
import { readStateDict, toOfficialStateDict } from '../model/stateDict.js';
import type { Architecture } from '../family/family.js';
import { formatArchitecture } from '../family/codec.js';
import type { Tensor } from '../tensor/tensor.js';
import {
  architectureFor,
  isPytorchFile,
  isSafetensorsFile,
  namedClasses,
  readStateFile,
  type StateFile,
  type WeightsOptions,
} from './weightsFile.js';

export interface ConvertOptions extends WeightsOptions {
  /** The file to write, .safetensors or .pth; its folder is created. */
  readonly out: string;
  /** The tensor names to write: those of the official GLiT and DeiT, or this project's own. */
  readonly names?: 'official' | 'glit' | undefined;
}

export interface Converted {
  /** The number of tensors written. */
  readonly tensors: number;
  /** Their part of a checkpoint, such as `model` or `model_ema`; undefined if there is only one. */
  readonly part: string | undefined;
  /** Their architecture; undefined if it was not recognized. */
  readonly architecture: Architecture | undefined;
}

/** Slightly below the limit of a zip archive without extensions. */
const MOST_PYTORCH_BYTES = 2 ** 32 - 2 ** 26;

/**
 * Converts weights to another format or other names: from a PyTorch checkpoint, safetensors or a run folder, to
 * safetensors or a PyTorch checkpoint. A safetensors file gets the architecture and the class names, if known, as
 * metadata, so that it describes itself. Weights of an unrecognized network keep their names, with a warning. Throws a
 * UserError when a file cannot be read or does not fit, or `out` exists.
 */
export async function convertWeights(
  source: string,
  { out, names, emit, ...options }: ConvertOptions,
): Promise<Converted> {
  await requireNewWeights(out);
  if (options.classNames !== undefined && !isSafetensorsFile(out)) {
    throw new UserError(`${out} cannot hold class names; remove --classes, or write a .safetensors file`);
  }
  const found = await readStateFile(source, options);
  const { file, state, part } = found;
  const architecture = await recognized(found, { ...options, emit }, (fact) => {
    if (names !== undefined || options.classNames !== undefined) throw new UserError(fact);
    emit?.({ type: 'warning', message: `${fact}; the tensors keep their names, and ${out} does not record it` });
  });
  let tensors: ReadonlyMap<string, Tensor> = state;
  const metadata: Record<string, string> = { format: 'pt' };
  if (architecture !== undefined) {
    const network = plainNetwork(architecture);
    const own = readStateDict(network, state, file);
    tensors = names === 'glit' ? own : toOfficialStateDict(network, own);
    metadata['architecture'] = formatArchitecture(architecture);
    const { classes, naming } = await namedClasses(found, architecture.backbone.classes, options.classNames);
    if (naming !== 'numbers') metadata['classes'] = JSON.stringify(classes);
    if (found.metadata['seed'] !== undefined) metadata['seed'] = found.metadata['seed'];
  }
  await write(out, tensors, metadata);
  return { tensors: tensors.size, part, architecture };
}

/**
 * Writes every tensor of a PyTorch checkpoint, named by its path, as safetensors: `model/head.weight`,
 * `optimizer/state/0/exp_avg`. Returns their number. Throws a UserError when the file cannot be read, two tensors would
 * have the same name, or `out` exists.
 */
export async function convertAllTensors(source: string, { out }: { readonly out: string }): Promise<number> {
  await requireNewWeights(out);
  if (!isPytorchFile(source) || !isSafetensorsFile(out)) {
    throw new UserError('--all only converts a .pth file to a .safetensors file; remove --all');
  }
  const checkpoint = await PytorchFile.open(source);
  try {
    const tensors = new Map<string, Tensor>();
    for (const { path, view } of checkpoint.views) {
      const name = formatPath(path);
      if (tensors.has(name)) throw new UserError(`${source} has two tensors at ${JSON.stringify(name)}; remove --all`);
      tensors.set(name, await checkpoint.read(view));
    }
    await write(out, tensors, { format: 'pt' });
    return tensors.size;
  } finally {
    await checkpoint.close();
  }
}

/** The architecture, or undefined after calling `missing` with the reason. */
async function recognized(
  found: StateFile,
  { architecture: given, emit }: WeightsOptions,
  missing: (fact: string) => void,
): Promise<Architecture | undefined> {
  try {
    return await architectureFor(found, given, emit);
  } catch (error) {
    // An architecture from the user or the file must be right; only a guess may fail.
    if (!(error instanceof UserError) || given !== undefined || found.metadata['architecture'] !== undefined)
      throw error;
    missing(error.message);
    return undefined;
  }
}

async function requireNewWeights(out: string): Promise<void> {
  if (!isPytorchFile(out) && !isSafetensorsFile(out)) {
    throw new UserError(`${out} has an unknown format; give a .safetensors or .pth file`);
  }
  await requireNewFile(out);
}

async function write(
  out: string,
  tensors: ReadonlyMap<string, Tensor>,
  metadata: Readonly<Record<string, string>>,
): Promise<void> {
  if (tensors.has(METADATA)) throw new UserError(`a tensor is called ${METADATA}, which safetensors cannot hold`);
  await makeFolder(dirname(out));
  if (isSafetensorsFile(out)) await writeSafetensors(out, tensors, metadata);
  else {
    const bytes = [...tensors.values()].reduce((sum, { data }) => sum + data.byteLength, 0);
    if (bytes > MOST_PYTORCH_BYTES)
      throw new UserError(`${out} would have more than 4 GiB; write .safetensors instead`);
    await writeFileAtomically(out, encodePytorch(tensors));
  }
}
