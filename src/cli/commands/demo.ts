import type { Command } from 'commander';
import { join } from 'node:path';
import { wholeMethod } from '../../run/run.js';
import {
  addConfigGroups,
  addConfigSources,
  configOf,
  givenLayers,
  machineOptions,
  outputOptions,
  optionsOf,
  type OptionGroups,
  modelOptions,
  recipeOptions,
  retrainOptions,
  searchOptions,
  seedOption,
} from '../configOptions.js';
import { addDisplayOptions, addExamples } from '../environment.js';
import { withRanks } from '../ranks.js';
import { runSummary } from '../results.js';
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
          const builtIn = { source: 'demo', values: { data: { source: 'warmer-disc' } } };
          const layers = [...(await givenLayers(command, options)), builtIn];
          return { config: configOf(command, layers, 'demo'), job: withinTime(command, wholeMethod, true) };
        },
        resume: () => Promise.resolve(wholeMethod),
      });
      environment.display.show(
        [
          runSummary(folder, result),
          `next    glit dashboard ${folder}`,
          `        glit predict --model ${join(folder, 'best.onnx')} IMAGE`,
        ].join('\n'),
      );
    }),
  );
}
