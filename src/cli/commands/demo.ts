import type { Command } from 'commander';
import { join } from 'node:path';
import { writeFileAtomically } from '../../checkpoint/atomicFile.js';
import { layerOf, layerValue, type Layer } from '../../config/layers.js';
import { shellWord, UserError } from '../../errors.js';
import { panelsPng } from '../../explain/pictures.js';
import { BUILT_IN, exampleImage } from '../../loader/openDataset.js';
import { seeded } from '../../random/rng.js';
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

/** An image to try the model on, in the run folder. */
const EXAMPLE = join('test', 'example.png');

/** How the user calls glit: `npm run demo` and `npx glit` work where nothing is installed on the path. */
const PROGRAM = process.env['npm_execpath'] === undefined ? 'glit' : 'npx glit';

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
      const image = join(folder, EXAMPLE);
      await writeFileAtomically(image, await panelsPng([exampleImage(seeded('an image that no run has seen'))]));
      environment.display.show(
        [
          runSummary(folder, result),
          `next    ${PROGRAM} dashboard ${shellWord(folder)}`,
          `        ${PROGRAM} predict --model ${shellWord(join(folder, 'best.onnx'))} ${shellWord(image)}`,
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
