import type { Architecture } from '../family/family.js';
import { exportedModel } from './exportModel.js';
import { readWeights, type WeightsOptions } from './weightsFile.js';
import { requireNewModel, writeModel } from './writeModel.js';

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
  requireNewModel(out);
  const { architecture, weights, classes, naming } = await readWeights(source, options);
  const bytes = exportedModel(weights, { classes, architecture });
  await writeModel(out, bytes, architecture.backbone.imageSize);
  return { architecture, classes, named: naming !== 'numbers' };
}
