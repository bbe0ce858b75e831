import type { Command } from 'commander';
import { join } from 'node:path';
import { shellWord } from '../../errors.js';
import { searchOnly } from '../../run/run.js';
import type { SearchFront } from '../../run/levels/searchFront.js';
import { formatDuration } from '../../telemetry/progress.js';
import {
  dataOption,
  machineOptions,
  outputOptions,
  modelOptions,
  recipeOptions,
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
import { resultOf, secondsSoFar } from '../results.js';
import { addRunOptions, addTimeOption, startOrResume, withinTime } from '../runOptions.js';

const recipes = recipeOptions('supernet');
const groups: OptionGroups = {
  'Images:': [dataOption],
  'Model:': modelOptions,
  'Search:': searchOptions,
  'Training of the supernets:': [...recipes, seedOption],
  'Machine:': machineOptions,
  'Output:': outputOptions,
};
const options = optionsOf(groups);

/** `glit search`: the first half of a run. */
export function addSearch(program: Command): void {
  const command = program
    .command('search')
    .summary('search only: the best architecture and every candidate')
    .description(
      'Trains the supernets and searches both levels. Leaves architecture.json, candidates.csv and, for several ' +
        'objectives, a picture of the front in the run folder, where glit retrain continues.',
    );
  addConfigGroups(command, groups);
  addConfigSources(command);
  addTimeOption(command);
  addRunOptions(command);
  addDisplayOptions(command);
  addExamples(command, [
    ['glit search --data photos --max-macs 20M --out runs/photos', 'search within a budget'],
    ['glit retrain runs/photos', 'then train the result'],
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
            job: withinTime(command, layers, searchOnly, { retrains: false }),
          };
        },
        resume: () => Promise.resolve(searchOnly),
      });
      const [{ architecture: best }] = result.finalists;
      const { front } = result;
      environment.display.show(
        [
          '',
          `best        ${best.blocks.map((block) => best.family.describeBlock(block)).join(' | ')}`,
          `written to  ${join(folder, 'architecture.json')}`,
          `candidates  ${join(folder, 'candidates.csv')} (${result.candidates.length})`,
          `page        ${join(folder, 'report.html')}`,
          ...(front === undefined ? [] : [frontLine(front), `picture     ${join(folder, 'front.svg')}`]),
          `time        ${formatDuration(secondsSoFar())}`,
          `next        glit retrain ${shellWord(folder)}`,
        ].join('\n'),
        resultOf(folder, {
          architecture: 'architecture.json',
          candidates: 'candidates.csv',
          ...(front !== undefined && { picture: 'front.svg' }),
        }),
      );
    }),
  );
}

function frontLine({ networks, hypervolume: { nsga2 = 0 } }: SearchFront): string {
  return `front       ${networks.length} network${networks.length === 1 ? '' : 's'}, hypervolume ${nsga2.toFixed(4)}`;
}
