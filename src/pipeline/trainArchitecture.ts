import { UserError } from '../errors.js';
import { plainNetwork } from '../model/network.js';
import { architecture, type Architecture } from '../space/architecture.js';
import { formatArchitecture } from '../space/codec.js';
import type { RunContext } from './context.js';
import { openDataset } from './dataset.js';
import { accuracyOfFile, exportedModel } from './exportModel.js';
import { accuracyOf } from './retrain.js';
import { trainStage } from './trainStage.js';

export interface TrainResult {
  readonly architecture: Architecture;
  /** Top-1 accuracy on the test images, of the last weights. */
  readonly test: number;
  /** The same of the weights' moving average, where one was kept. */
  readonly averageTest: number | undefined;
  /** The same as `test`, measured from `best.onnx`. */
  readonly onnxAccuracy: number;
}

/** Trains one architecture from scratch on all training images and exports it. The class count is the data set's. */
export async function trainArchitecture(context: RunContext, given: Architecture): Promise<TrainResult> {
  const { config, device, folder, emit, signal } = context;
  const { imageSize } = given.backbone;
  if (imageSize !== config.model.imageSize) {
    throw new UserError(
      `the architecture is for images of ${imageSize} px, the configuration says ${config.model.imageSize}; set --image-size ${imageSize}`,
    );
  }
  const dataset = await openDataset(config, context.rng.fork('dataset'), emit, signal);
  const { classes } = dataset;
  const built = architecture({ ...given, backbone: { ...given.backbone, classes: classes.length } });
  await folder.write('architecture.json', formatArchitecture(built));
  const { state, average } = await trainStage(
    context,
    'train',
    plainNetwork(built),
    dataset.train,
    config.retrain.recipe,
  );
  const weights = await state.weights();
  state.free();
  const test = await accuracyOf(context, 'train', built, weights, dataset.test, 'test');
  const averageTest = average && (await accuracyOf(context, 'average', built, average, dataset.test, 'test'));
  const metadata = { architecture: formatArchitecture(built), classes: JSON.stringify(classes) };
  await folder.writeTensors('weights.safetensors', weights, metadata);
  await folder.write('best.onnx', exportedModel(weights, { classes, architecture: built }));
  emit({ type: 'artifact', what: 'model', path: 'best.onnx' });
  const onnxAccuracy = await accuracyOfFile(device, folder.path('best.onnx'), dataset.test, {
    batchSize: config.search.evaluationBatchSize,
    workers: config.data.workers,
    signal,
  });
  return { architecture: built, test, averageTest, onnxAccuracy };
}
