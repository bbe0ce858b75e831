import { type Command, Option } from 'commander';
import { parse } from 'yaml';
import { UserError } from '../errors.js';
import type { Config } from '../config/config.js';
import { configFrom, isWhole, layerOf, layerValue, readLayer, type Layer } from '../config/layers.js';
import { PRESETS, type PresetName } from '../config/presets.js';
import { DEVICE_KINDS, PRECISIONS } from '../runtime/device.js';
import { RECIPES, type RecipeName } from '../config/recipes/index.js';
import { presetNames } from '../family/families.js';
import { MEASURES, type Measure } from '../measure/measure.js';
import { OBJECTIVES } from '../measure/objectives.js';
import type { Json } from '../telemetry/events.js';
import { parseQuantity } from './quantity.js';

/** An option that sets configuration keys. */
export interface ConfigOption {
  /** Commander's notation: `--dim <channels>`. */
  readonly flags: string;
  readonly description: string;
  readonly keys: readonly string[];
  /** The value, for an option without an argument. */
  readonly value?: Json;
  /** Parses the argument. Default: a number if it is one, else text. */
  readonly read?: (text: string, option: string) => Json;
  /** Keys that would change the option's meaning, and that it therefore resets. */
  readonly clears?: readonly string[];
  /** The long name of an option that sets the same thing in another way. */
  readonly excludes?: string;
  /** Whether it may be given several times; `read` then gets all arguments, separated by commas. */
  readonly repeatable?: boolean;
}

export const dataOption: ConfigOption = {
  flags: '--data <folder>',
  description:
    'images: train/<class> and test/<class>, or <class> alone; or the files of CIFAR, MNIST, WebDataset or Parquet',
  keys: ['data.source'],
  read: (text) => text,
};

export const modelOptions: readonly ConfigOption[] = [
  { flags: '--image-size <pixels>', description: 'side of the square input', keys: ['model.imageSize'] },
  { flags: '--patch-size <pixels>', description: 'side of a patch', keys: ['model.patchSize'] },
  { flags: '--dim <channels>', description: 'width of a token', keys: ['model.dim'] },
  {
    flags: '--heads <count>',
    description: 'heads per block; a multiple of 3, except in the space nlp',
    keys: ['model.heads'],
  },
  { flags: '--depth <count>', description: 'number of blocks', keys: ['model.depth'] },
];

/** The options that bound a measure. */
function budgetOptions(measure: Measure): readonly ConfigOption[] {
  const { key, option, argument, meaning, example } = measure;
  const read = (text: string, source: string): Json => parseQuantity(text, source, measure);
  return [
    {
      flags: `--max-${option} <${argument}>`,
      description: `at most ${meaning}, such as ${example}`,
      keys: [`budget.${key}.max`],
      read,
    },
    {
      flags: `--min-${option} <${argument}>`,
      description: `at least ${meaning}`,
      keys: [`budget.${key}.min`],
      read,
    },
  ];
}

export const spaceOption: ConfigOption = {
  flags: '--space <name>',
  description:
    "released (the code's grid), paper (every combination), nlp (no convolutions) or high (only the split of heads)",
  keys: ['space.lowLevel'],
};

export const searchOptions: readonly ConfigOption[] = [
  {
    flags: '--objective <name>',
    description: `what to search for, once or several times: ${OBJECTIVES.join(', ')}; several give a Pareto front`,
    keys: ['search.objectives'],
    repeatable: true,
    read: listed,
  },
  ...MEASURES.flatMap(budgetOptions),
  {
    flags: '--latency-table <file>',
    description: 'for --max-latency or --objective latency: a table that glit latency measure wrote',
    keys: ['latency.table'],
    read: (text) => text,
  },
  spaceOption,
  {
    flags: '--no-hierarchy',
    description: 'search both levels at once instead of one after the other',
    keys: ['space.hierarchical'],
    value: false,
  },
  {
    flags: '--entangled',
    description: 'let the choices of a block share weights, as slices of the largest',
    keys: ['space.entangled'],
    value: true,
    excludes: 'separate',
  },
  {
    flags: '--separate',
    description: 'give every choice weights of its own, also where the preset does not',
    keys: ['space.entangled'],
    value: false,
    excludes: 'entangled',
  },
  {
    flags: '--supernet-steps <count>',
    description: 'training steps of each supernet',
    keys: ['supernet.steps'],
    excludes: 'supernetEpochs',
  },
  {
    flags: '--supernet-epochs <count>',
    description: 'the same in passes over the images',
    keys: ['supernet.epochs'],
    excludes: 'supernetSteps',
  },
  {
    flags: '--near-limit <share>',
    description: 'keep candidates within this share below the limit (0.15: 85 to 100 % of it); 1 for the whole budget',
    keys: ['search.nearLimit'],
  },
  { flags: '--population <count>', description: 'candidates per generation', keys: ['search.population'] },
  { flags: '--generations <count>', description: 'generations of the evolution', keys: ['search.generations'] },
  {
    flags: '--calibration-batches <count>',
    description: "training batches for a candidate's BatchNorm statistics",
    keys: ['search.calibrationBatches'],
  },
  {
    flags: '--scoring-images <count>',
    description: 'held-out images to score candidates on; all by default',
    keys: ['search.scoringImages'],
  },
  {
    flags: '--compare-random',
    description: 'also score the same number of random candidates',
    keys: ['search.compareRandom'],
    value: true,
  },
];

export const retrainOptions: readonly ConfigOption[] = [
  {
    flags: '--retrain-steps <count>',
    description: 'training steps of each final network',
    keys: ['retrain.recipe.steps'],
    excludes: 'retrainEpochs',
  },
  {
    flags: '--retrain-epochs <count>',
    description: 'the same in passes over the images',
    keys: ['retrain.recipe.epochs'],
    excludes: 'retrainSteps',
  },
  {
    flags: '--top <count>',
    description: 'how many of the best candidates are trained to the end',
    keys: ['retrain.top'],
    excludes: 'retrainFront',
  },
  {
    flags: '--retrain-front <count>',
    description: 'of several objectives: how many networks, spread over the front, are trained to the end',
    keys: ['retrain.front'],
    clears: ['retrain.halving'],
    excludes: 'top',
  },
  {
    flags: '--halving <contenders>',
    description: 'successive halving: train this many of the best briefly, keep the better half, repeat',
    keys: ['retrain.halving.contenders'],
    excludes: 'retrainFront',
  },
  {
    flags: '--inherited',
    description: "start final trainings from the short trainings' weights, or without these from the supernet's",
    keys: ['retrain.inherited'],
    value: true,
    excludes: 'fromScratch',
  },
  {
    flags: '--from-scratch',
    description: 'start the last trainings from scratch, also where the preset does not',
    keys: ['retrain.inherited'],
    value: false,
    excludes: 'inherited',
  },
  {
    flags: '--compare <presets>',
    description: `also train published networks, scaled to the budget: ${presetNames.join(', ')}`,
    keys: ['retrain.compare'],
    read: listed,
  },
  {
    flags: '--no-baselines',
    description: 'skip the DeiT and random search (which takes as long as the search)',
    keys: ['retrain.baselines'],
    value: false,
  },
];

/** Batch size and learning rate of the recipes at keys such as `supernet`. */
export function recipeOptions(...recipes: readonly string[]): readonly ConfigOption[] {
  const keys = (name: string): string[] => recipes.map((recipe) => `${recipe}.${name}`);
  return [
    { flags: '--batch-size <images>', description: 'images per batch', keys: keys('batchSize') },
    { flags: '--accumulate <batches>', description: 'batches per training step', keys: keys('accumulate') },
    {
      flags: '--learning-rate <rate>',
      description: 'the highest learning rate',
      keys: keys('learningRate'),
      clears: keys('learningRateImages'),
    },
  ];
}

const threadsOption: ConfigOption = {
  flags: '--threads <count>',
  description: 'CPU threads (default: all)',
  keys: ['device.threads'],
};

export const deviceOptions: readonly ConfigOption[] = [
  {
    flags: '--device <kind>',
    description: `${DEVICE_KINDS.join(', ')}, or auto for the fastest engine of the CPU`,
    keys: ['device.kind'],
  },
  {
    flags: '--precision <name>',
    description: `${PRECISIONS.join(', or ')} on openvino (default: float32, but with --device auto whichever is faster)`,
    keys: ['device.precision'],
  },
  threadsOption,
];

const enginesOption: ConfigOption = {
  flags: '--engines <count>',
  description: 'how many candidates or networks to work on side by side, sharing the threads (default: by their size)',
  keys: ['device.engines'],
};

const workersOption: ConfigOption = {
  flags: '--workers <count>',
  description: 'threads that read images (default: as many as are useful, at most 8)',
  keys: ['data.workers'],
};

export const machineOptions: readonly ConfigOption[] = [...deviceOptions, enginesOption, workersOption];

/** What is written beside the results. */
export const outputOptions: readonly ConfigOption[] = [
  {
    flags: '--no-tensorboard',
    description: 'write no files for TensorBoard',
    keys: ['tensorboard'],
    value: false,
  },
];

/** Options on which no result depends, so a resumed run may have others. */
export const resumeOptions: readonly ConfigOption[] = [threadsOption, enginesOption, workersOption];

export const seedOption: ConfigOption = {
  flags: '--seed <number>',
  description: 'seed of everything random',
  keys: ['seed'],
};

/** The arguments of an option that is given several times. */
function collected(text: string, before: readonly string[] = []): readonly string[] {
  return [...before, text];
}

/** The names in a list such as `resnet50, swin-tiny`. */
function listed(text: string): string[] {
  return text.split(',').map((name) => name.trim());
}

/** Options that set keys, by heading in a command's help. */
export type OptionGroups = Readonly<Record<string, readonly ConfigOption[]>>;

/** All options of some groups. */
export function optionsOf(groups: OptionGroups): readonly ConfigOption[] {
  return Object.values(groups).flat();
}

/** Adds options that set keys to a command. */
export function addConfigGroups(command: Command, groups: OptionGroups): Command {
  for (const [heading, options] of Object.entries(groups)) {
    for (const { flags, description, excludes, repeatable } of options) {
      const option = new Option(flags, description).helpGroup(heading);
      if (repeatable === true) option.argParser(collected);
      command.addOption(excludes === undefined ? option : option.conflicts(excludes));
    }
  }
  return command;
}

const heading = 'Configuration:';

/** Adds what commands with a configuration share: a preset, files, a recipe, and single keys. */
export function addConfigSources(command: Command): Command {
  return addSetOption(addRecipeOption(addPresetOptions(command)));
}

export function addPresetOptions(command: Command): Command {
  return command
    .addOption(
      new Option('--preset <name>', `start from ${Object.keys(PRESETS).join(', ')}`)
        .choices(Object.keys(PRESETS))
        .helpGroup(heading),
    )
    .addOption(
      new Option('--config <file>', 'YAML or JSON with any of the keys; of several, later ones win')
        .argParser(collected)
        .helpGroup(heading),
    );
}

export function addRecipeOption(command: Command): Command {
  return command.addOption(
    new Option('--recipe <name>', `train final networks by the recipe ${Object.keys(RECIPES).join(', ')}`)
      .choices(Object.keys(RECIPES))
      .helpGroup(heading),
  );
}

export function addSetOption(command: Command, what = 'any key, such as search.parents=5'): Command {
  return command.addOption(new Option('--set <key=value>', what).argParser(collected).helpGroup(heading));
}

/** The user's layers of the configuration, lowest precedence first. */
export async function givenLayers(command: Command, options: readonly ConfigOption[]): Promise<readonly Layer[]> {
  const { config = [], set = [] } = command.opts<{ config?: readonly string[]; set?: readonly string[] }>();
  return [
    ...(await Promise.all(config.map(readLayer))),
    ...set.map(assigned),
    ...options.flatMap((option) => flagLayers(command, option)),
  ];
}

/** A layer from `key=value`; the value is YAML, so `[3, 5]` is a list. */
function assigned(text: string): Layer {
  const at = text.indexOf('=');
  if (at < 1) throw new UserError(`--set ${text}: give a key and its value, such as --set search.parents=5`);
  const [key, value] = [text.slice(0, at).trim(), text.slice(at + 1)];
  let parsed: Json;
  try {
    parsed = parse(value, { logLevel: 'error' }) as Json;
  } catch {
    throw new UserError(`--set ${text}: the value is not YAML; quote it`);
  }
  return layerOf('--set', key, parsed);
}

function flagLayers(command: Command, { flags, keys, clears = [], value, read = numberOrText }: ConfigOption): Layer[] {
  const option = new Option(flags);
  const name = option.attributeName();
  if (command.getOptionValueSource(name) !== 'cli') return [];
  const source = option.long ?? flags;
  const given = value ?? read(String(command.getOptionValue(name)), source);
  return [...clears.map((key) => layerOf(source, key, null)), ...keys.map((key) => layerOf(source, key, given))];
}

/** The configuration's schema knows what is allowed, and rejects text that is not a number. */
function numberOrText(text: string): Json {
  const number = Number(text);
  return text.trim() === '' || !Number.isFinite(number) ? text : number;
}

/** Images up to this size count as small. */
const SMALL_IMAGES = 64;

/** The preset for the image size that the user named. */
export function presetForImages(layers: readonly Layer[]): PresetName {
  const size = lastSaid(layers, 'model.imageSize') ?? 0;
  return typeof size === 'number' && size > SMALL_IMAGES ? 'paper' : 'cifar';
}

/** The value from the highest layer with this key. */
export function lastSaid(layers: readonly Layer[], key: string): Json | undefined {
  return layers.map((layer) => layerValue(layer, key)).findLast((value) => value !== undefined);
}

/**
 * Throws a UserError when the user's layers set keys that have no effect `beside` something else. A whole configuration,
 * such as an earlier run's, sets all keys and is a start like a preset.
 */
export function requireEffect(layers: readonly Layer[], keys: readonly string[], beside: string): void {
  const own = layers.filter((layer) => !isWhole(layer));
  const idle = keys.filter((key) => lastSaid(own, key) !== undefined);
  if (idle.length === 0) return;
  throw new UserError(
    `${idle.join(' and ')} ${idle.length === 1 ? 'has' : 'have'} no effect with ${beside}; leave out one or the other`,
  );
}

/** Throws a UserError when no images were named. */
export function requireData(layers: readonly Layer[]): void {
  if (lastSaid(layers, 'data.source') === undefined) {
    throw new UserError('no images were given; use --data FOLDER with one folder per class, or try glit demo');
  }
}

/**
 * The configuration: the preset that the user named, or `otherwise`; then the files; then the recipe, if one was named; then
 * the user's other settings. Throws a UserError for a preset beside a file that is a whole configuration, and for settings
 * that others leave without effect.
 */
export function configOf(
  command: Command,
  layers: readonly Layer[],
  otherwise: PresetName = presetForImages(layers),
): Config {
  const { preset = otherwise } = command.opts<{ preset?: PresetName }>();
  const base = { source: `preset ${preset}`, values: PRESETS[preset] };
  const { config = [] } = command.opts<{ config?: readonly string[] }>();
  const others = 1 + layers.findLastIndex(({ source }) => config.includes(source));
  const whole = layers.slice(0, others).find(isWhole);
  if (command.getOptionValueSource('preset') === 'cli' && whole !== undefined) {
    throw new UserError(
      `--preset ${preset} has no effect: ${whole.source} is a whole configuration; leave one of them out`,
    );
  }
  const configured = configFrom([base, ...layers.slice(0, others), recipeLayer(command), ...layers.slice(others)]);
  const { objectives } = configured.search;
  const { top, halving } = configured.retrain;
  if (objectives.length > 1) requireEffect(layers, ['search.nearLimit'], 'several objectives');
  if (halving !== undefined && top >= halving.contenders) {
    requireEffect(layers, ['retrain.halving.contenders', 'retrain.halving.share'], `a retrain.top of ${top}`);
  }
  return configured;
}

/** What `--recipe` says of the final networks' training. */
export function recipeLayer(command: Command): Layer {
  const { recipe } = command.opts<{ recipe?: RecipeName }>();
  return {
    source: '--recipe',
    values: recipe === undefined ? {} : { retrain: { recipe: RECIPES[recipe] } },
    replaces: recipe === undefined ? [] : ['retrain.recipe'],
  };
}
