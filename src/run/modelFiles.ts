import { exportedModel, type ModelDescription } from '../modelfile/exportModel.js';
import { modelFolderFiles } from '../modelfile/modelFolder.js';
import { accuracyOfFile } from '../modelfile/runModel.js';
import type { Weights } from '../train/state.js';
import type { RunContext } from './context.js';

/**
 * Writes a trained network to the run folder, as `best.onnx` and as the folder `model/` for other clients. Returns the
 * accuracy on the test images, measured from the file.
 */
export async function writeModelFiles(
  { config, dataset, needsFraming, device, folder, unreadable, emit, signal }: RunContext,
  weights: Weights,
  description: ModelDescription,
): Promise<number> {
  const model = exportedModel(weights, description);
  await folder.write('best.onnx', model.bytes);
  for (const [name, content] of modelFolderFiles(model, { needsFraming })) await folder.write(`model/${name}`, content);
  const accuracy = await accuracyOfFile(device, folder.path('best.onnx'), dataset.test, {
    batchSize: config.search.evaluationBatchSize,
    workers: config.data.workers,
    onUnreadable: unreadable.meet,
    signal,
  });
  emit({ type: 'artifact', kind: 'model', path: 'best.onnx' });
  return accuracy;
}
