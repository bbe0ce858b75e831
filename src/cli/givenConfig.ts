/** What a command offers of the configuration, and the configuration that the user gave with it. */
import { type Command, Option } from 'commander';
import { parse } from 'yaml';
import type { Config } from '../config/config.js';
import { configFrom, isWhole, layerOf, layerValue, readLayer, type Layer } from '../config/layers.js';
import { PRESETS, type PresetName } from '../config/presets.js';
import { RECIPES, type RecipeName } from '../config/recipes/index.js';
import { UserError } from '../errors.js';
import type { Json } from '../telemetry/events.js';
import type { ConfigOption } from './configOptions.js';

/** The arguments of an option that is given several times. */
function collected(text: string, before: readonly string[] = []): readonly string[] {
  return [...before, text];
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
