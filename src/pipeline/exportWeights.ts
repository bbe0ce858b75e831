import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { writeFileAtomically } from '../checkpoint/atomicFile.js';
import { readSafetensors } from '../checkpoint/safetensors.js';
import { UserError } from '../errors.js';
import { plainNetwork } from '../model/network.js';
import { readStateDict } from '../model/stateDict.js';
import { openDevice } from '../runtime/device.js';
import type { Architecture } from '../space/architecture.js';
import { parseArchitecture } from '../space/codec.js';
import { zeros } from '../tensor/tensor.js';
import type { Weights } from '../train/state.js';
import { readArchitecture } from './architectureFile.js';
import { exportedModel } from './exportModel.js';

export interface ExportOptions {
  /** The ONNX file to write; its folder is made. */
  readonly out: string;
  /** A preset or JSON file; needed when the weights do not say what they belong to. */
  readonly architecture?: string | undefined;
}

export interface Exported {
  readonly architecture: Architecture;
  readonly classes: readonly string[];
  /** Whether the weights name their classes; if they do not, classes are called by their numbers. */
  readonly named: boolean;
}

/**
 * Writes weights as an ONNX model that runs anywhere, and runs it once to see that it does. `weights` is a safetensors
 * file, of glit or with the names of the official GLiT or DeiT, or a run folder. Throws a UserError when they do not fit
 * the architecture or there is a file at `out` already.
 */
export async function exportWeights(weights: string, { out, architecture: given }: ExportOptions): Promise<Exported> {
  if (existsSync(out)) throw new UserError(`${out} exists already; give another file with --out`);
  const file = weights.endsWith('.safetensors') ? weights : join(weights, 'weights.safetensors');
  if (file !== weights && !existsSync(file)) {
    throw new UserError(`${weights} has no weights.safetensors; give a finished run's folder, or a .safetensors file`);
  }
  const { tensors, metadata } = await readSafetensors(file);
  const own = metadata['architecture'];
  if (given === undefined && own === undefined) {
    throw new UserError(`${file} does not say its architecture; give it with --arch`);
  }
  const described = given === undefined ? parseArchitecture(own, file) : await readArchitecture(given);
  const names = classNames(metadata['classes'], file);
  const { classes: count } = described.backbone;
  if (names !== undefined && names.length !== count) {
    throw new UserError(
      `${file} names ${names.length} classes, but the architecture has ${count}; use the one it was trained as`,
    );
  }
  const state = readStateDict(plainNetwork(described), tensors, file);
  // Counters of batches, which no model reads, are integers; the rest is checked to be float32.
  const values = new Map([...state].filter(([, { dtype }]) => dtype === 'float32')) as Weights;
  const classes = names ?? Array.from({ length: count }, (_, index) => String(index));
  const bytes = exportedModel(values, { classes, architecture: described });
  await requireRuns(bytes, described, out);
  await mkdir(dirname(out), { recursive: true });
  await writeFileAtomically(out, bytes);
  return { architecture: described, classes, named: names !== undefined };
}

function classNames(text: string | undefined, file: string): readonly string[] | undefined {
  if (text === undefined) return undefined;
  try {
    const names = JSON.parse(text) as unknown;
    if (Array.isArray(names) && names.every((name) => typeof name === 'string')) return names;
  } catch {
    // Told below, as for JSON of another form.
  }
  throw new UserError(`${file}: the class names in its metadata are no JSON list of texts; write the file anew`);
}

/** Throws unless ONNX Runtime opens the model and its logits for a black image are finite. */
async function requireRuns(bytes: Uint8Array, { backbone }: Architecture, out: string): Promise<void> {
  const device = await openDevice({ threads: 1 });
  try {
    const program = await device.compile(bytes, out);
    const { imageSize } = backbone;
    const { logits } = await program.run({ pixel_values: zeros('float32', [1, 3, imageSize, imageSize]) });
    if (!Array.from(logits.data, Number).every(Number.isFinite)) {
      throw new UserError(`the model's logits are not finite; the weights are damaged or of a training that diverged`);
    }
  } finally {
    await device.close();
  }
}
