import { checkAugmentation } from '../image/augment/augmentation.js';
import { holdOut, type SearchData } from '../dataset/dataset.js';
import { UserError } from '../errors.js';
import type { Rng } from '../random/rng.js';
import { MEASURES } from '../measure/measure.js';
import { SEARCH_SPACES } from '../space/searchSpaces.js';
import { evolutionSettings, type EvolutionSettings } from '../search/settings.js';
import type { Dataset } from '../dataset/dataset.js';
import type { Config, RecipeConfig } from './config.js';
import { highestRate } from './recipes/inSteps.js';

/**
 * The checks that a schema cannot express: whether keys fit each other and the images. Every error is a UserError that
 * names the keys, so it can be fixed without knowing the code.
 */

/** Checks the settings of a search: the backbone, the spaces, the evolution, the augmentation. */
export function checkSearchConfig(config: Config): void {
  checkLatency(config);
  checkBounds(config);
  checkEngines(config);
  checkModel(config);
  checkSpace(config);
  evolutionOf(config);
  checkObjectives(config);
  checkRandomSearch(config);
  checkRecipe(config, 'supernet', config.supernet);
  checkRecipe(config, 'retrain.recipe', config.retrain.recipe);
}

/** Engines share out threads, and only the CPU has those. */
function checkEngines({ device: { kind, engines = 1 } }: Config): void {
  if (kind !== 'webgpu' || engines === 1) return;
  throw new UserError(`device.engines is ${engines}, but the device ${kind} runs one thing at a time; use 1`);
}

/** Accuracy is always searched for; what belongs to one or to several objectives is only given with those. */
function checkObjectives({ search, retrain }: Config): void {
  const { objectives } = search;
  const given = `search.objectives is ${objectives.join(', ')}`;
  const twice = objectives.find((each, index) => objectives.indexOf(each) !== index);
  if (twice !== undefined) throw new UserError(`${given}; remove one ${twice}`);
  if (!objectives.includes('accuracy')) throw new UserError(`${given}, without accuracy; add it`);
  if (objectives.length === 1) {
    if (retrain.front === undefined) return;
    throw new UserError(`retrain.front is ${retrain.front}, but one objective has no front; use retrain.top`);
  }
  if (retrain.front !== undefined && retrain.halving !== undefined) {
    throw new UserError(
      'retrain.front trains all its networks to the end, but retrain.halving would leave some out; set it to null',
    );
  }
  for (const key of ['parents', 'crossover', 'mutation'] as const) {
    if (search[key] === undefined) continue;
    throw new UserError(`search.${key} is a setting for one objective, but ${given}; leave it out`);
  }
}

/** Without successive halving, random search has no short trainings. */
function checkRandomSearch({ retrain: { halving, randomShare } }: Config): void {
  if (randomShare === undefined || halving !== undefined) return;
  throw new UserError(
    `retrain.randomShare is ${randomShare}, the length of random search's short trainings, but without retrain.halving there are none; leave it out`,
  );
}

/** Checks the recipe at `key` of the configuration. */
export function checkRecipe({ model: { imageSize } }: Config, key: string, recipe: RecipeConfig): void {
  const rate = highestRate(recipe);
  for (const lower of ['warmupLearningRate', 'minLearningRate'] as const) {
    if (recipe[lower] <= rate) continue;
    throw new UserError(
      `${key}.${lower} is ${recipe[lower]}, above the highest learning rate of ${Number(rate.toPrecision(3))}; lower the former or raise the latter`,
    );
  }
  checkAugmentation(recipe.augmentation, imageSize);
}

/** A table of latencies goes together with a limit on latency, or with latency as an objective. */
function checkLatency({ budget, latency, search: { objectives } }: Config): void {
  const isObjective = objectives.includes('latency');
  const isUsed = budget.latency !== undefined || isObjective;
  if (isUsed && latency === undefined) {
    const user = isObjective ? 'search.objectives has latency, which' : 'budget.latency';
    throw new UserError(
      `${user} needs a table of latencies; add --latency-table FILE, which glit latency measure writes`,
    );
  }
  if (!isUsed && latency !== undefined) {
    throw new UserError(
      'latency.table is given, but latency is neither bounded nor an objective; add --max-latency or --objective latency',
    );
  }
}

/** Bounds that exclude each other; whether a space can meet the others is known once there are classes. */
function checkBounds({ budget }: Config): void {
  for (const { key, option, format } of MEASURES) {
    const { min = -Infinity, max = Infinity } = budget[key] ?? {};
    if (min <= max) continue;
    throw new UserError(
      `budget.${key} is empty: at least ${format(min)} and at most ${format(max)}; lower --min-${option} or raise --max-${option}`,
    );
  }
}

/** The backbone: patches tile the image, and heads divide the width. */
function checkModel({ model: { imageSize, patchSize, dim, heads }, space: { lowLevel } }: Config): void {
  if (imageSize % patchSize !== 0) {
    throw new UserError(`model.imageSize ${imageSize} is not a multiple of model.patchSize ${patchSize}; use one`);
  }
  if (SEARCH_SPACES[lowLevel].hasLocalHeads && heads % 3 !== 0) {
    throw new UserError(
      `model.heads is ${heads}, but the high level splits the heads in thirds; use a multiple of 3, such as 3, 6 or 12`,
    );
  }
  if (dim % heads !== 0) {
    throw new UserError(`model.dim ${dim} is not divisible by model.heads ${heads}; use a multiple of ${heads}`);
  }
}

function checkSpace({ model: { dim, heads }, space: { lowLevel, grid, defaults } }: Config): void {
  const local = SEARCH_SPACES[lowLevel].hasLocalHeads;
  for (const [key, values] of Object.entries(grid)) {
    const twice = values.find((value, index) => values.indexOf(value) !== index);
    if (twice !== undefined) throw new UserError(`space.grid.${key} has ${twice} twice; remove one`);
  }
  const even = [...grid.kernels, defaults.kernel].find((kernel) => kernel % 2 === 0);
  if (local && even !== undefined) {
    throw new UserError(`space: the kernel ${even} is even; use odd ones, such as the paper's 17, 31 and 45`);
  }
  // The narrowest local branch has a third of the heads; the others have multiples of its channels.
  for (const [what, ratios, width, of] of [
    ['d_k ratio', [...grid.dkRatios, defaults.dkRatio], dim / heads, 'a head'],
    ['FFN ratio', [...grid.ffnRatios, defaults.ffnRatio], dim, 'a block'],
    ['expansion', local ? [...grid.expansions, defaults.expansion] : [], dim / 3, 'a third of the heads'],
  ] as const) {
    const broken = ratios.find((ratio) => !Number.isInteger(ratio * width));
    if (broken === undefined) continue;
    throw new UserError(
      `space: the ${what} ${broken} of ${of}, ${width} channels with model.dim ${dim} and model.heads ${heads}, gives ${broken * width}; use values that give whole numbers`,
    );
  }
}

/** The evolution's settings. Throws a UserError if they contradict each other. */
export function evolutionOf({ search }: Config): EvolutionSettings {
  return evolutionSettings({
    population: search.population,
    generations: search.generations,
    probability: search.mutationProbability,
    ...(search.parents !== undefined && { parents: search.parents }),
    ...(search.crossover !== undefined && { crossover: search.crossover }),
    ...(search.mutation !== undefined && { mutation: search.mutation }),
  });
}

/** The split of the training images: some to train on, some to score candidates on. */
export function searchDataOf({ data }: Config, { train }: Dataset, rng: Rng): SearchData {
  return holdOut(train, { fraction: data.searchVal, rng: rng.fork('searchVal') });
}

/** Checks that `images` training images fill a batch of each of the `sizes`, given by their keys. */
export function checkBatches(images: number, sizes: Readonly<Record<string, number>>): void {
  const large = Object.entries(sizes).filter(([, size]) => size > images);
  if (large.length === 0) return;
  const facts = large.map(([key, size]) => `${key} is ${size}`).join(' and ');
  const lower = large.map(([key]) =>
    key.endsWith('.batchSize') ? `--batch-size ${images}` : `--set ${key}=${images}`,
  );
  throw new UserError(
    `${facts}, but only ${images} training images are left; give ${[...new Set(lower)].join(' ')}, or add images`,
  );
}
