import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { writeFileAtomically } from '../checkpoint/atomicFile.js';
import { UserError } from '../errors.js';
import { openDevice } from '../runtime/device.js';
import type { Architecture } from '../family/family.js';
import { zeros } from '../tensor/tensor.js';
import { exportedModel } from './exportModel.js';
import { readWeights, type WeightsOptions } from './weightsFile.js';

export interface ExportOptions extends WeightsOptions {
  /** The ONNX file to write; its folder is created. */
  readonly out: string;
}

export interface Exported {
  readonly architecture: Architecture;
  readonly classes: readonly string[];
  /** Whether the classes have names; if not, they have numbers. */
  readonly named: boolean;
}

/**
 * Writes weights as a portable ONNX model and runs it once as a test. `source` is a safetensors file or a PyTorch
 * checkpoint, with glit's names or those of the official GLiT or DeiT, or a run folder. Throws a UserError when the
 * weights do not fit the architecture or `out` exists.
 */
export async function exportWeights(source: string, { out, ...options }: ExportOptions): Promise<Exported> {
  if (existsSync(out)) throw new UserError(`${out} exists already; give another file with --out`);
  const { architecture, weights, classes, naming } = await readWeights(source, options);
  const bytes = exportedModel(weights, { classes, architecture });
  await requireRuns(bytes, architecture, out);
  await mkdir(dirname(out), { recursive: true });
  await writeFileAtomically(out, bytes);
  return { architecture, classes, named: naming !== 'numbers' };
}

/** Throws unless ONNX Runtime loads the model and its logits for a black image are finite. */
async function requireRuns(bytes: Uint8Array, { backbone }: Architecture, out: string): Promise<void> {
  const device = await openDevice({ threads: 1 });
  try {
    const program = await device.compile(bytes, out);
    const { imageSize } = backbone;
    const { logits } = await program.run({ pixel_values: zeros('float32', [1, 3, imageSize, imageSize]) });
    if (!Array.from(logits.data, Number).every(Number.isFinite)) {
      throw new UserError(`the model's logits are not finite; the weights are damaged, or training diverged`);
    }
  } finally {
    await device.close();
  }
}
