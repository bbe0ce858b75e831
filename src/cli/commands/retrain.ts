import type { Command } from 'commander';
import { shellWord, UserError } from '../../errors.js';
import { configFrom } from '../../config/layers.js';
import { rankFolder } from '../../run/folder/rankFolder.js';
import { retrainRun } from '../../run/retrainRun.js';
import { machineOptions, recipeOptions, retrainOptions } from '../configOptions.js';
import {
  addConfigGroups,
  addRecipeOption,
  addSetOption,
  givenLayers,
  optionsOf,
  type OptionGroups,
  recipeLayer,
} from '../givenConfig.js';
import { addDashboardOption, beside } from '../dashboardOption.js';
import { addDisplayOptions, addExamples } from '../environment.js';
import { withRanks } from '../ranks.js';
import { runFiles, runSummary } from '../results.js';
import { withHint } from '../runOptions.js';

const recipe = recipeOptions('retrain.recipe');
const groups: OptionGroups = {
  'Retraining:': [...retrainOptions, ...recipe],
  'Machine:': machineOptions,
};
const options = optionsOf(groups);

/** `glit retrain RUN`: the second half of a run. */
export function addRetrain(program: Command): void {
  const command = program
    .command('retrain')
    .argument('<run>', 'folder of a finished search')
    .summary('train the result of a search, compare and export it')
    .description(
      'Trains the best candidates of a search, compares the best of them with a DeiT and with random search, ' +
        'and exports it. Works in the folder of the search; after an interruption, the same command continues.',
    );
  addConfigGroups(command, groups);
  addSetOption(addRecipeOption(command), 'a key of retrain, such as retrain.recipe.dropPath=0.2');
  addDashboardOption(command);
  addDisplayOptions(command);
  addExamples(command, [
    ['glit retrain runs/photos', 'as the search was configured'],
    ['glit retrain runs/photos --retrain-epochs 100 --top 3', 'longer, and the best of three'],
  ]);
  command.action((run: string) =>
    withRanks(command, async ({ display, signal, ranks }) => {
      const layers = await givenLayers(command, options);
      const other = layers
        .filter(({ source }) => source === '--set')
        .flatMap(({ values }) => Object.keys(values ?? {}));
      const search = other.find((key) => key !== 'retrain');
      if (search !== undefined) {
        throw new UserError(`--set ${search}… is no key of retrain, and the search keeps its own; remove it`);
      }
      const folder = await rankFolder(ranks, run);
      const result = await withHint(run, `glit retrain ${shellWord(run)}`, () =>
        beside(command, display, [run], () =>
          retrainRun(folder.path, {
            emit: display.listen,
            signal,
            ranks,
            revise: (config) => configFrom([{ source: run, values: config }, recipeLayer(command), ...layers]),
          }),
        ),
      ).finally(folder.remove);
      display.show(runSummary(run, result), runFiles(run));
    }),
  );
}
