import { checksum } from '../checkpoint/checksum.js';
import { UserError } from '../errors.js';
import type { Dataset } from '../dataset/dataset.js';
import { fineTuned } from '../model/fineTune.js';
import { plainNetwork } from '../model/network.js';
import { costOf } from '../measure/cost.js';
import { formatArchitecture } from '../family/codec.js';
import { architecture } from '../family/architecture.js';
import type { Architecture } from '../family/family.js';
import type { TrainedWeights } from '../telemetry/events.js';
import type { TrainStage } from '../telemetry/stage.js';
import type { Weights } from '../train/state.js';
import { checkBatches, checkRecipe } from '../config/check.js';
import type { Config } from '../config/config.js';
import { spaceForTrainings } from './folder/diskSpace.js';
import { networkFields, writeArchitecture } from './results/architectureFiles.js';
import type { RunContext } from './context.js';
import { accuracyOf } from './finals/retrain.js';
import { writeModelFiles } from './results/modelFiles.js';
import type { Job } from './session.js';
import { trainStage } from './training/trainStage.js';
import { namesIn } from '../modelfile/classNames.js';
import { descriptionMetadata } from '../modelfile/exportModel.js';
import type { StateFile } from '../modelfile/weightsFile.js';

/** The weights that a run of `glit train --weights` starts from. */
const START = 'weights/start.safetensors';

export interface TrainResult {
  readonly architecture: Architecture;
  /** Top-1 accuracy of the last weights on the test images. */
  readonly test: number;
  /** The same for the weights' moving average, if there is one. */
  readonly averageTest: number | null;
  /** The same as `test`, measured from `best.onnx`. */
  readonly onnxAccuracy: number;
}

/**
 * Trains one architecture on all training images and exports it. The data set determines the number of classes.
 * Training starts from scratch or, for fine-tuning, from weights of the same architecture, for any classes and image
 * size.
 */
export function training(given: Architecture, pretrained?: StateFile): Job<TrainResult> {
  return {
    name: 'train',
    architecture: given,
    preprocessing: given.preprocessing,
    recipes: (config) => [config.retrain.recipe],
    inputs: () => ({
      architecture: formatArchitecture(given),
      ...(pretrained !== undefined && {
        'start weights': checksum(pretrained.state) + JSON.stringify(pretrained.metadata),
      }),
    }),
    checkConfig: (config) => checkFits(given, config),
    checkData: ({ config, dataset }) => {
      checkBatches(dataset.train.labels.length, { 'retrain.recipe.batchSize': config.retrain.recipe.batchSize });
      if (pretrained !== undefined) startFrom(pretrained, withClassesOf(dataset, given), dataset);
    },
    // What it starts from, the last weights and their moving average.
    spaceFor: (_, classes) => spaceForTrainings(3, costOf(withClasses(given, classes)).parameters),
    work: (context) => trainArchitecture(context, withClassesOf(context.dataset, given), pretrained),
    summary: ({ architecture: built, ...accuracies }) => ({
      architecture: networkFields(built),
      measures: { ...costOf(built) },
      ...accuracies,
    }),
  };
}

/** The model part of a configuration for this architecture, as far as its family has those fields. */
export function modelConfigOf({ backbone, blocks }: Architecture): Partial<Config['model']> {
  const { imageSize, patchSize, dim, heads } = backbone;
  return {
    imageSize,
    ...(patchSize !== undefined && { patchSize }),
    ...(dim !== undefined && { dim }),
    ...(heads !== undefined && { heads }),
    depth: blocks.length,
  };
}

function checkFits(given: Architecture, config: Config): void {
  for (const [key, value] of Object.entries(modelConfigOf(given))) {
    const said = config.model[key as keyof Config['model']];
    if (said !== value) {
      throw new UserError(`model.${key} is ${said}, but the architecture has ${value}; remove it or use ${value}`);
    }
  }
  checkRecipe(config, 'retrain.recipe', config.retrain.recipe);
}

function withClassesOf({ classes }: Dataset, given: Architecture): Architecture {
  return withClasses(given, classes.length);
}

function withClasses(given: Architecture, classes: number): Architecture {
  return architecture(given.family, { ...given, backbone: { ...given.backbone, classes } });
}

/** Throws a UserError when the weights do not belong to the architecture. */
function startFrom({ file, state, metadata }: StateFile, built: Architecture, { classes }: Dataset): Weights {
  // Official weights do not name their classes: where the number is the same, they are taken for the same.
  const named = namesIn(metadata);
  const sameClasses = named === undefined || named === JSON.stringify(classes);
  return fineTuned(state, plainNetwork(built), file, { sameClasses });
}

async function trainArchitecture(
  context: RunContext,
  built: Architecture,
  pretrained: StateFile | undefined,
): Promise<TrainResult> {
  const { config, dataset, folder } = context;
  const { classes } = dataset;
  // The initial weights first: a run resumes without the original file, and only if it has an architecture.
  if (pretrained !== undefined) await folder.writeTensors(START, startFrom(pretrained, built, dataset));
  await writeArchitecture(folder, built);
  const start = folder.has(START) ? await folder.readWeights(START) : undefined;
  const network = plainNetwork(built);
  const stage: TrainStage = { kind: 'train' };
  const { state, average } = await trainStage(context, stage, network, dataset.train, config.retrain.recipe, { start });
  const weights = await state.weights();
  state.free();
  const score = (values: Weights, kind: TrainedWeights): Promise<number> =>
    accuracyOf(context, built, values, dataset.test, { stage, weights: kind, split: 'test' });
  const test = await score(weights, 'last');
  const averageTest = average === undefined ? null : await score(average, 'average');
  const description = { classes, architecture: built, seed: config.seed };
  await folder.writeTensors('weights.safetensors', weights, descriptionMetadata(description));
  const onnxAccuracy = await writeModelFiles(context, weights, description);
  return { architecture: built, test, averageTest, onnxAccuracy };
}
