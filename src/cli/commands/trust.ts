import { type Command, Option } from 'commander';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { shellWord, UserError } from '../../errors.js';
import { configFrom, type Layer } from '../../config/layers.js';
import { searchOnly } from '../../run/run.js';
import { askedFile, readAsked, removeAsked, type AskedCheck } from '../../run/trust/asked.js';
import { formatTrust } from '../../run/trust/report.js';
import { trustRun } from '../../run/trust/trustRun.js';
import { formatDuration } from '../../telemetry/progress.js';
import {
  dataOption,
  machineOptions,
  modelOptions,
  recipeOptions,
  searchOptions,
  seedOption,
  type ConfigOption,
} from '../configOptions.js';
import {
  addConfigGroups,
  addConfigSources,
  configOf,
  givenLayers,
  lastSaid,
  optionsOf,
  type OptionGroups,
} from '../givenConfig.js';
import { wholeNumber } from '../deviceOptions.js';
import { addDisplayOptions, addExamples, withEnvironment, type Environment } from '../environment.js';
import { resultOf, secondsSoFar } from '../results.js';
import { addDashboardOption, beside } from '../dashboardOption.js';
import { startOrResume, withHint } from '../runOptions.js';

const trainingOptions: readonly ConfigOption[] = [
  {
    flags: '--steps <count>',
    description: 'training steps of each candidate (default: a quarter of the retraining)',
    keys: ['retrain.recipe.steps'],
    excludes: 'epochs',
  },
  {
    flags: '--epochs <count>',
    description: 'the same in passes over the images',
    keys: ['retrain.recipe.epochs'],
    excludes: 'steps',
  },
];
const searchGroups: OptionGroups = {
  'Images, for a new search:': [dataOption],
  'Model, for a new search:': modelOptions,
  'Search, for a new search:': [...searchOptions, ...recipeOptions('supernet'), seedOption],
};
const machine: OptionGroups = { 'Machine:': machineOptions };
const ofSearch = optionsOf(searchGroups);
const ofCheck = [...trainingOptions, ...machineOptions];

interface TrustCommandOptions {
  readonly candidates?: string;
  readonly seeds?: string;
  readonly level?: string;
  readonly out?: string;
  readonly resume?: string;
  readonly preset?: string;
  readonly recipe?: string;
}

/** `glit trust RUN`: does the supernet rank candidates as training from scratch does? */
export function addTrust(program: Command): void {
  const command = program
    .command('trust')
    .argument('[run]', 'folder of a finished search')
    .summary('check how well a search ranks candidates')
    .description(
      'Scores candidates of a finished search with inherited weights on half of the held-out images, trains each from ' +
        'scratch, and compares with its accuracy on the other half: Kendall τ with a bootstrap interval, the τ of one ' +
        'training with another (the ceiling), and what is lost by choosing by fitness. Test images are not used. Works in ' +
        'RUN/trust; after an interruption, the same command continues. With --data instead of a run, it searches first.',
    );
  const heading = 'Check:';
  for (const [flags, description] of [
    ['--candidates <count>', 'candidates to train, half of them of the search, half drawn at random (default: 16)'],
    ['--seeds <count>', 'trainings of each candidate; the ceiling needs two (default: 2)'],
    ['--level <name>', 'level of the search to check (default: the last)'],
    ['--out <folder>', 'where results go (default: RUN/trust), or the folder of a new search'],
  ] as const) {
    command.addOption(new Option(flags, description).helpGroup(heading));
  }
  command.addOption(
    new Option('--resume <folder>', 'continue a search that was started by this command')
      .conflicts(['out', 'data', 'preset', 'recipe', 'config', 'set'])
      .helpGroup(heading),
  );
  addConfigGroups(command, { [heading]: trainingOptions, ...machine, ...searchGroups });
  addConfigSources(command);
  addDashboardOption(command);
  addDisplayOptions(command);
  addExamples(command, [
    ['glit trust runs/photos', 'check the last level of a search'],
    ['glit trust runs/photos --level high --candidates 24', 'another level, more candidates'],
    ['glit trust --data photos --preset cifar --out runs/photos', 'search first'],
  ]);
  command.action((given: string | undefined) =>
    withEnvironment(command, async (environment) => {
      const { display, signal } = environment;
      const { candidates, seeds, level, out } = command.opts<TrustCommandOptions>();
      const own: Omit<AskedCheck, 'layers'> = {
        ...(candidates !== undefined && { candidates: wholeNumber(candidates, '--candidates', 3) }),
        ...(seeds !== undefined && { seeds: wholeNumber(seeds, '--seeds', 1, 10_000) }),
        ...(level !== undefined && { level }),
      };
      if (given !== undefined) await requireNoSearch(command, given);
      const ownLayers = await checkLayers(command);
      const run = given ?? (await searched(command, environment, { ...own, layers: ownLayers }));
      const asked = await readAsked(run);
      const { layers: askedLayers, ...wanted } = { ...asked, ...own };
      const check = {
        ...wanted,
        out: given === undefined ? undefined : out,
      };
      const layers = [...askedLayers, ...ownLayers];
      const again = [
        'glit trust',
        shellWord(run),
        ...optional('--level', check.level),
        ...optional('--out', check.out),
      ].join(' ');
      const { folder, result } = await withHint(check.out ?? run, again, () =>
        beside(command, display, check.out === undefined ? [run] : [run, check.out], () =>
          trustRun(run, {
            ...check,
            emit: display.listen,
            signal,
            revise: (config) => configFrom([{ source: run, values: config }, ...layers]),
          }),
        ),
      );
      await removeAsked(run);
      display.show(
        [
          '',
          formatTrust(result),
          '',
          `report   ${join(folder, 'trust.md')}`,
          `picture  ${join(folder, 'trust.svg')}`,
          `numbers  ${join(folder, 'trust.json')}`,
          `page     ${join(folder, 'report.html')}`,
          `time     ${formatDuration(secondsSoFar())}`,
        ].join('\n'),
        resultOf(folder, { report: 'trust.md', picture: 'trust.svg', numbers: 'trust.json' }),
      );
    }),
  );
}

/** Does the search that the options ask for, or continues it. Returns its folder, which keeps what the check is asked to do. */
async function searched(command: Command, environment: Environment, asked: AskedCheck): Promise<string> {
  const { resume } = command.opts<TrustCommandOptions>();
  if (resume !== undefined && existsSync(join(resume, 'candidates.csv'))) {
    await requireNoSearch(command, resume);
    return resume;
  }
  const options = [...ofSearch, ...machineOptions];
  const { folder } = await startOrResume(environment, {
    command,
    options,
    begin: async () => {
      const layers = await givenLayers(command, options);
      if (lastSaid(layers, 'data.source') === undefined) {
        throw new UserError('nothing to check; give the folder of a finished search, or --data FOLDER to search first');
      }
      return { config: configOf(command, layers), job: { ...searchOnly, files: askedFile(asked) } };
    },
    resume: () => Promise.resolve(searchOnly),
    resumes: ['search'],
  });
  return folder;
}

/** A run keeps its own configuration. */
async function requireNoSearch(command: Command, run: string): Promise<void> {
  const { preset, recipe, resume } = command.opts<TrustCommandOptions>();
  const [layer] = await givenLayers(command, ofSearch);
  const others = { '--preset': preset, '--recipe': recipe, '--resume': resume === run ? undefined : resume };
  const option = layer?.source ?? Object.entries(others).find(([, value]) => value !== undefined)?.[0];
  if (option === undefined) return;
  throw new UserError(`${option} cannot be given with ${run}: a run keeps its own configuration`);
}

/** The options of the check itself, without the configuration of a search. */
async function checkLayers(command: Command): Promise<readonly Layer[]> {
  const flags = new Set(ofCheck.map((option) => new Option(option.flags).long));
  return (await givenLayers(command, ofCheck)).filter(({ source }) => flags.has(source));
}

function optional(option: string, value: string | undefined): readonly string[] {
  return value === undefined ? [] : [option, shellWord(value)];
}
