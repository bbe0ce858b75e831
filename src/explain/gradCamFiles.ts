import { plainNetwork } from '../model/network.js';
import type { FolderFiles } from '../modelfile/modelFolder.js';
import { readWeights, type WeightsOptions } from '../modelfile/weightsFile.js';
import { chooseBlock } from './block.js';
import { gradCamModel } from './gradCam.js';

/**
 * Grad-CAM for a model folder, as `onnx/grad_cam.onnx`, see {@link gradCamModel}. `source` is what the folder is exported
 * from; the block is the one that `explain` takes by default.
 */
export async function gradCamFiles(source: string, options: WeightsOptions = {}): Promise<FolderFiles> {
  const { architecture, weights } = await readWeights(source, options);
  const block = chooseBlock(architecture, source);
  return new Map([['onnx/grad_cam.onnx', gradCamModel(plainNetwork(architecture), weights, block)]]);
}
