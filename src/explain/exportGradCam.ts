import { join } from 'node:path';
import { writeFileAtomically } from '../checkpoint/atomicFile.js';
import { plainNetwork } from '../model/network.js';
import { readWeights, type WeightsOptions } from '../modelfile/weightsFile.js';
import { chooseBlock } from './block.js';
import { gradCamModel } from './gradCam.js';

/**
 * Adds Grad-CAM to a model folder, as `onnx/grad_cam.onnx`, see {@link gradCamModel}. `source` is what the folder was
 * exported from; the block is the one that `explain` takes by default.
 */
export async function exportGradCam(source: string, folder: string, options: WeightsOptions = {}): Promise<void> {
  const { architecture, weights } = await readWeights(source, options);
  const block = chooseBlock(architecture, source);
  const model = gradCamModel(plainNetwork(architecture), weights, block);
  await writeFileAtomically(join(folder, 'onnx', 'grad_cam.onnx'), model);
}
