import { assessFile } from '../../modelfile/assess.js';
import { assessmentFiles } from '../../modelfile/assessmentFiles.js';
import { exportedModel, type ModelDescription } from '../../modelfile/exportModel.js';
import { modelFolderFiles } from '../../modelfile/modelFolder.js';
import type { Weights } from '../../train/state.js';
import type { RunContext } from '../context.js';

/**
 * Writes a trained network to the run folder: as `best.onnx`, as the folder `model/` for other clients, and how it does
 * on the test images in `test/`. Returns the accuracy there, measured from the file.
 */
export async function writeModelFiles(
  { config, dataset, needsFraming, device, folder, unreadable, emit, signal }: RunContext,
  weights: Weights,
  description: ModelDescription,
): Promise<number> {
  const model = exportedModel(weights, description);
  await folder.write('best.onnx', model.bytes);
  for (const [name, content] of modelFolderFiles(model, { needsFraming })) await folder.write(`model/${name}`, content);
  const assessment = await assessFile(device, folder.path('best.onnx'), dataset.test, {
    batchSize: config.search.evaluationBatchSize,
    workers: config.data.workers,
    onUnreadable: unreadable.meet,
    signal,
  });
  const files = await assessmentFiles(assessment, `${dataset.name}, test images`);
  for (const [name, content] of files) await folder.write(`test/${name}`, content);
  emit({ type: 'artifact', kind: 'model', path: 'best.onnx' });
  return assessment.accuracy;
}
