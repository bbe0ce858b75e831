import { configSchema, type RecipeConfig } from '../config/config.js';
import type { TrainingRecipe } from '../telemetry/events.js';

/**
 * A training in words: the log shows exactly the parts of the recipe that are on. Throws for a configuration that this
 * version does not know.
 */
export function describeRecipe(recipe: TrainingRecipe): string {
  const config = configSchema.shape.supernet.parse(recipe.config);
  return [...optimizer(config, recipe), ...regularization(config), ...augmentation(config)].join(', ');
}

function optimizer(config: RecipeConfig, { learningRate, warmupSteps }: TrainingRecipe): string[] {
  const { batchSize, accumulate, minLearningRate, weightDecay, clipNorm, official } = config;
  const schedule = official.schedule ? "DeiT's lagging cosine" : 'cosine';
  return [
    `batches of ${batchSize}${accumulate > 1 ? `, ${accumulate} per step` : ''}`,
    `${optimizerText(config.optimizer)} at ${short(learningRate)}`,
    `${schedule} to ${short(minLearningRate)} after ${warmupSteps} steps of warm-up`,
    ...when(weightDecay > 0, `weight decay ${weightDecay}`),
    ...when(clipNorm > 0, `gradient clipped at ${clipNorm}`),
  ];
}

function optimizerText(optimizer: RecipeConfig['optimizer']): string {
  if (optimizer.name === 'adamw') return 'AdamW';
  return `SGD with ${optimizer.nesterov ? "Nesterov's " : ''}momentum ${optimizer.momentum}`;
}

function regularization({ labelSmoothing, dropPath, averageDecay }: RecipeConfig): string[] {
  return [
    ...when(labelSmoothing > 0, `label smoothing ${labelSmoothing}`),
    ...when(dropPath > 0, `drop path up to ${dropPath}`),
    ...when(averageDecay > 0, `moving average ${averageDecay}`),
  ];
}

function augmentation({ repeatedAugmentation: repeats, official, ...recipe }: RecipeConfig): string[] {
  const { randomResizedCrop: crop, steps, randomErasing: erasing, mixing } = recipe.augmentation;
  return [
    ...when(
      repeats > 1,
      `images ${repeats} times per epoch${official.repeatedAugmentation ? " by DeiT's choice" : ''}`,
    ),
    ...(crop === undefined ? [] : [`random crops of ${crop.scale.map(percentage).join(' to ')} %`]),
    ...steps.map(step),
    ...(erasing === undefined ? [] : when(erasing.probability > 0, `erasing ${erasing.probability}`)),
    ...(mixing === undefined || mixing.probability === 0
      ? []
      : [
          ...when(mixing.mixup > 0, `mixup ${mixing.mixup}`),
          ...when(mixing.cutmix > 0, `CutMix ${mixing.cutmix}`),
          ...when(mixing.probability < 1, `mixing ${percentage(mixing.probability)} % of batches`),
        ]),
  ];
}

function step(given: RecipeConfig['augmentation']['steps'][number]): string {
  switch (given.step) {
    case 'paddedCrop':
      return `crops padded by ${given.padding}`;
    case 'horizontalFlip':
      return `flips ${given.probability}`;
    case 'randAugment':
      return `RandAugment ${given.operations} × ${given.probability} at ${given.magnitude} ± ${given.magnitudeStd}`;
    case 'colorJitter':
      return `colour jitter ${[given.brightness, given.contrast, given.saturation].join('/')}`;
  }
}

function when(applies: boolean, words: string): string[] {
  return applies ? [words] : [];
}

function percentage(share: number): string {
  return String(Math.round(100 * share));
}

/** A rate with three digits. */
function short(rate: number): string {
  return String(Number(rate.toPrecision(3)));
}
