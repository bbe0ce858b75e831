import { type Command, Option } from 'commander';
import { closest } from 'fastest-levenshtein';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { PRESETS, type PresetName } from '../../config/presets.js';
import { Interrupted, shellWord, showName, UserError } from '../../errors.js';
import { BUILT_IN } from '../../loader/openDataset.js';
import { ablate } from '../../run/ablation/ablate.js';
import type { GatheredStudy } from '../../run/ablation/gather.js';
import { formatStudy } from '../../run/ablation/report.js';
import { ROW_NAMES, type RowName } from '../../run/ablation/rows.js';
import { StudyFolder, type StudyPlan } from '../../run/ablation/studyFolder.js';
import { summariseSeeds } from '../../run/ablation/summary.js';
import type { Json, JsonObject } from '../../telemetry/events.js';
import { formatDuration } from '../../telemetry/progress.js';
import {
  dataOption,
  machineOptions,
  modelOptions,
  recipeOptions,
  retrainOptions,
  searchOptions,
  seedOption,
  type ConfigOption,
} from '../configOptions.js';
import {
  addConfigGroups,
  addConfigSources,
  configOf,
  givenLayers,
  optionsOf,
  requireData,
  type OptionGroups,
} from '../givenConfig.js';
import { wholeNumber } from '../deviceOptions.js';
import { addDashboardOption, beside } from '../dashboardOption.js';
import { addDisplayOptions, addExamples, withEnvironment } from '../environment.js';
import { resultOf, secondsSoFar } from '../results.js';
import { newRunName } from '../runName.js';

/** Options of a run that have no place in a study: its rows are what is compared. */
const OF_RUNS: ReadonlySet<string> = new Set([
  'search.objectives',
  'search.compareRandom',
  'space.hierarchical',
  'budget.latency.max',
  'budget.latency.min',
  'latency.table',
  'retrain.front',
  'retrain.compare',
  'retrain.baselines',
]);
const ofStudies = (options: readonly ConfigOption[]): readonly ConfigOption[] =>
  options.filter(({ keys }) => keys.every((key) => !OF_RUNS.has(key)));

const recipes = recipeOptions('supernet', 'retrain.recipe');
const groups: OptionGroups = {
  'Images:': [dataOption],
  'Model:': modelOptions,
  'Search:': ofStudies(searchOptions),
  'Retraining:': ofStudies(retrainOptions),
  'Training, of supernets and final networks:': [
    ...recipes,
    { ...seedOption, description: 'the first seed (default: 0)' },
  ],
  'Machine:': machineOptions,
};
const options = optionsOf(groups);

/** The number of seeds of a new study, if none is given. */
const SEEDS = 3;

/** More than anyone waits for, and few enough for a list. */
const MOST_SEEDS = 10_000;

interface AblateOptions {
  readonly seeds?: string;
  readonly rows?: string;
  readonly from?: string;
  readonly out?: string;
  readonly resume?: string;
  readonly preset?: PresetName;
}

/** `glit ablate`: the paper's ablations. */
export function addAblate(program: Command): void {
  const command = program
    .command('ablate')
    .summary('compare the search with parts of it, with DeiT and with random search, over seeds')
    .description(
      `Trains, for each seed, the network of each row: ${ROW_NAMES.join(', ')}. Searches have equal budgets, random search ` +
        'spends the same processor time, and all networks are trained by one recipe. Writes ablation.md, ablation.json and a plot, ' +
        'and a file per seed. After an interruption, the same command continues; with more seeds or rows, it adds those. ' +
        'Without --preset the settings are those of "cifar".',
    );
  const heading = 'Study:';
  for (const [flags, description] of [
    ['--seeds <count>', `how many seeds (default: ${SEEDS})`],
    ['--rows <names>', 'only these rows, separated by commas'],
  ] as const) {
    command.addOption(new Option(flags, description).helpGroup(heading));
  }
  command
    .addOption(
      new Option('--from <folder>', 'train nothing: make tables and plots from the files of seeds in this folder')
        .conflicts(['resume', 'seeds', 'rows', 'preset', 'recipe', 'config', 'set', 'data', 'dashboard'])
        .helpGroup(heading),
    )
    .addOption(
      new Option(
        '--out <folder>',
        'where results go (default: runs/<date>-ablate; with --from, the folder of the seeds)',
      ).helpGroup(heading),
    )
    .addOption(
      new Option('--resume <folder>', 'continue a study with its own settings')
        .conflicts(['out', 'preset', 'recipe', 'config', 'set', 'data'])
        .helpGroup(heading),
    );
  addConfigGroups(command, groups);
  addConfigSources(command);
  addDashboardOption(command);
  addDisplayOptions(command);
  addExamples(command, [
    ['glit ablate --preset smoke --out runs/smoke', 'all rows on built-in images, in minutes'],
    ['glit ablate --data cifar10 --rows both,random-search,deit --seeds 5 --out runs/cifar', 'is the search worth it?'],
    ['glit ablate --resume runs/cifar', 'continue after Ctrl-C'],
    ['glit ablate --from docs/results --out runs/tables', 'tables and plots of all seeds so far'],
  ]);
  command.action(() =>
    withEnvironment(command, async ({ display, signal }) => {
      const { from, out } = command.opts<AblateOptions>();
      if (from !== undefined) {
        const [given] = await givenLayers(command, options);
        if (given !== undefined) {
          throw new UserError(`${given.source} cannot be given with --from, which trains nothing; remove it`);
        }
        const folder = out ?? from;
        const studies = await summariseSeeds(from, folder);
        display.show(summaryText(folder, studies), summaryOf(folder, studies));
        return;
      }
      const study = await studyOf(command);
      try {
        const studies = await beside(command, display, [study.root], () =>
          ablate(study, { emit: display.listen, signal }),
        );
        display.show(
          `\n${summaryText(study.root, studies)}\ntime     ${formatDuration(secondsSoFar())}`,
          summaryOf(study.root, studies),
        );
      } catch (error) {
        if (!(error instanceof Interrupted)) throw error;
        const begun = existsSync(join(study.root, 'study.yaml'));
        const again = `interrupted; continue with: glit ablate --resume ${shellWord(study.root)}`;
        throw new Interrupted(begun ? again : 'interrupted; nothing was written');
      }
    }),
  );
}

/** The study that the options begin, extend or continue. */
async function studyOf(command: Command): Promise<StudyFolder> {
  const { seeds: given, rows: named, out, resume, preset = 'cifar' } = command.opts<AblateOptions>();
  const rows = named === undefined ? undefined : rowsNamed(named);
  const count = given === undefined ? undefined : wholeNumber(given, '--seeds', 1, MOST_SEEDS);
  const layers = await givenLayers(command, options);
  if (resume !== undefined) {
    if (layers.length > 0) {
      throw new UserError(`${layers[0].source} cannot be given with --resume: a study keeps its own settings`);
    }
    const study = await StudyFolder.open(resume);
    const { plan } = study;
    return study.extended({
      seeds: count === undefined ? plan.seeds : seedsFrom(plan.config.seed, count),
      rows: rows ?? plan.rows,
    });
  }
  if (PRESETS[preset].data.source !== BUILT_IN) requireData(layers);
  const config = configOf(command, layers, preset);
  const plan: StudyPlan = {
    preset,
    seeds: seedsFrom(config.seed, count ?? SEEDS),
    rows: rows ?? ROW_NAMES,
    config,
  };
  return StudyFolder.begin(out ?? newRunName('ablate'), plan);
}

function seedsFrom(first: number, count: number): readonly number[] {
  return Array.from({ length: count }, (_, index) => first + index);
}

/** The rows in a list such as `both, deit`, in the order in which they run. */
function rowsNamed(text: string): readonly RowName[] {
  const names = text.split(',').map((name) => name.trim());
  for (const name of names) {
    if (ROW_NAMES.some((row) => row === name)) continue;
    const nearest = closest(name.slice(0, 100), [...ROW_NAMES]);
    throw new UserError(`--rows: there is no row ${showName(name)}; did you mean ${nearest}?`);
  }
  return ROW_NAMES.filter((row) => names.includes(row));
}

/** The same for programs, without what it is made from. */
function summaryOf(folder: string, studies: readonly GatheredStudy[]): JsonObject {
  return {
    ...resultOf(folder, { report: 'ablation.md', numbers: 'ablation.json' }),
    studies: studies.map(({ seeds: _, ...study }) => study) as unknown as Json,
  };
}

function summaryText(folder: string, studies: readonly GatheredStudy[]): string {
  return [
    ...studies.flatMap((study) => [`${study.dataset.name}, preset ${study.preset}`, '', formatStudy(study), '']),
    `report   ${join(folder, 'ablation.md')}`,
    `numbers  ${join(folder, 'ablation.json')}`,
  ].join('\n');
}
