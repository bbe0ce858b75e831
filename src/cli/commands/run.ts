import type { Command } from 'commander';
import { wholeMethod } from '../../run/run.js';
import {
  dataOption,
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
  requireData,
} from '../givenConfig.js';
import { addDisplayOptions, addExamples } from '../environment.js';
import { withRanks } from '../ranks.js';
import { runFiles, runSummary } from '../results.js';
import { addRunOptions, addTimeOption, startOrResume, withinTime } from '../runOptions.js';

const recipes = recipeOptions('supernet', 'retrain.recipe');
const groups: OptionGroups = {
  'Images:': [dataOption],
  'Model:': modelOptions,
  'Search:': searchOptions,
  'Retraining:': retrainOptions,
  'Training, of supernets and final networks:': [...recipes, seedOption],
  'Machine:': machineOptions,
  'Output:': outputOptions,
};
const options = optionsOf(groups);

/** `glit run`: the whole method on a folder of images. */
export function addRun(program: Command): void {
  const command = program
    .command('run')
    .summary('search, retrain, compare and export, from a folder of images')
    .description(
      'Searches an architecture for your images and your budget, trains it, compares it with a DeiT and with ' +
        'random search, trained by the same recipe, and exports it to ONNX. Without --preset the settings are those of "cifar", ' +
        'with images of 32 x 32 pixels, or of "paper" with --image-size above 64.',
    );
  addConfigGroups(command, groups);
  addConfigSources(command);
  addTimeOption(command);
  addRunOptions(command);
  addDisplayOptions(command);
  addExamples(command, [
    ['glit run --data photos --max-macs 20M', 'the best architecture of at most 20 million multiply-adds'],
    [
      'glit run --data photos --image-size 64 --patch-size 8 --supernet-epochs 20 --top 3',
      'larger images, a longer search',
    ],
    ['glit run --data photos --config mine.yaml --set search.parents=5', 'settings from a file; later options win'],
    ['glit run --data photos --time 20m', 'the best that twenty minutes of this machine give'],
    ['glit run --resume runs/2024-05-31-1942-run', 'continue after Ctrl-C'],
  ]);
  command.action(() =>
    withRanks(command, async (environment) => {
      const { result, folder } = await startOrResume(environment, {
        command,
        options,
        begin: async () => {
          const layers = await givenLayers(command, options);
          requireData(layers);
          return {
            config: configOf(command, layers),
            job: withinTime(command, layers, wholeMethod, { retrains: true }),
          };
        },
        resume: () => Promise.resolve(wholeMethod),
        resumes: ['demo'],
      });
      environment.display.show(runSummary(folder, result), runFiles(folder));
    }),
  );
}
