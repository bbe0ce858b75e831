import type { Command } from 'commander';
import { join } from 'node:path';
import { layerOf, layerValue, type Layer } from '../../config/layers.js';
import { shellWord, UserError } from '../../errors.js';
import { BUILT_IN } from '../../loader/openDataset.js';
import { wholeMethod } from '../../run/run.js';
import {
  machineOptions,
  outputOptions,
  modelOptions,
  recipeOptions,
  retrainOptions,
  searchOptions,
  seedOption,
} from '../configOptions.js';
import {
  addConfigGroups,
  addConfigSources,
  configOf,
  givenLayers,
  optionsOf,
  type OptionGroups,
} from '../givenConfig.js';
import { addDisplayOptions, addExamples } from '../environment.js';
import { withRanks } from '../ranks.js';
import { runFiles, runSummary } from '../results.js';
import { addRunOptions, addTimeOption, startOrResume, withinTime } from '../runOptions.js';

const recipes = recipeOptions('supernet', 'retrain.recipe');
const groups: OptionGroups = {
  'Model:': modelOptions,
  'Search:': searchOptions,
  'Retraining:': retrainOptions,
  'Training, of supernets and final networks:': [...recipes, seedOption],
  'Machine:': machineOptions,
  'Output:': outputOptions,
};
const options = optionsOf(groups);

/** `glit demo`: the whole method on the built-in images. */
export function addDemo(program: Command): void {
  const command = program
    .command('demo')
    .summary('the whole method on built-in images, in minutes')
    .description(
      'Searches a small architecture for images that glit generates, trains, compares and exports it. Nothing is ' +
        'downloaded. The settings are those of --preset demo.',
    );
  addConfigGroups(command, groups);
  addConfigSources(command);
  addTimeOption(command);
  addRunOptions(command);
  addDisplayOptions(command);
  addExamples(command, [
    ['glit demo', 'everything as it is'],
    ['glit demo --seed 1 --compare-random', 'another seed; is evolution better than chance?'],
  ]);
  command.action(() =>
    withRanks(command, async (environment) => {
      const { result, folder } = await startOrResume(environment, {
        command,
        options,
        begin: async () => {
          const given = await givenLayers(command, options);
          requireBuiltIn(given);
          const layers = [...given, layerOf('demo', 'data.source', BUILT_IN)];
          return {
            config: configOf(command, layers, 'demo'),
            job: withinTime(command, given, wholeMethod, { retrains: true }),
          };
        },
        resume: () => Promise.resolve(wholeMethod),
      });
      environment.display.show(
        [
          runSummary(folder, result),
          `next    glit dashboard ${shellWord(folder)}`,
          `        glit predict --model ${shellWord(join(folder, 'best.onnx'))} IMAGE`,
        ].join('\n'),
        runFiles(folder),
      );
    }),
  );
}

/** Another preset has other images, which the demo replaces; the user's own it refuses. */
function requireBuiltIn(layers: readonly Layer[]): void {
  const last = layers.findLast((layer) => layerValue(layer, 'data.source') !== undefined);
  if (last === undefined || layerValue(last, 'data.source') === BUILT_IN) return;
  throw new UserError(`glit demo uses its built-in images, but ${last.source} sets data.source; use glit run`);
}
