import { type Command, Option } from 'commander';
import { join } from 'node:path';
import { UserError } from '../../errors.js';
import { readArchitecture } from '../../modelfile/architectureFile.js';
import { percent } from '../../run/results/report.js';
import { modelConfigOf, training } from '../../run/trainArchitecture.js';
import { architectureFor, readStateFile, type StateFile } from '../../modelfile/weightsFile.js';
import { architecture } from '../../family/architecture.js';
import type { Architecture } from '../../family/family.js';
import type { Listener } from '../../telemetry/events.js';
import { formatDuration } from '../../telemetry/progress.js';
import type { Layer } from '../../config/layers.js';
import {
  dataOption,
  machineOptions,
  outputOptions,
  modelOptions,
  recipeOptions,
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
  requireData,
} from '../givenConfig.js';
import { addDisplayOptions, addExamples } from '../environment.js';
import { withRanks } from '../ranks.js';
import { resultOf, secondsSoFar } from '../results.js';
import { addRunOptions, startOrResume } from '../runOptions.js';

const inputs = modelOptions.filter(({ flags }) => /^--(image|patch)-size/.test(flags));
const recipe: readonly ConfigOption[] = [
  { flags: '--steps <count>', description: 'training steps', keys: ['retrain.recipe.steps'], excludes: 'epochs' },
  {
    flags: '--epochs <count>',
    description: 'passes over the images',
    keys: ['retrain.recipe.epochs'],
    excludes: 'steps',
  },
  ...recipeOptions('retrain.recipe'),
];
const groups: OptionGroups = {
  'Images:': [dataOption, ...inputs],
  'Training:': [...recipe, seedOption],
  'Machine:': machineOptions,
  'Output:': outputOptions,
};
const options = optionsOf(groups);

/** `glit train ARCH`: one architecture, without a search. */
export function addTrain(program: Command): void {
  const command = program
    .command('train')
    .argument('[architecture]', 'a JSON file, or a preset such as deit-tiny or glit-tiny')
    .summary('train one architecture and export it')
    .description(
      'Trains an architecture on all training images and exports it to ONNX. The images determine the number of classes. A ' +
        'JSON file has its own image size; a preset takes --image-size and --patch-size. Training starts from scratch or, with ' +
        '--weights, from a network for any classes (the head is initialized again) and any image size (position ' +
        'embeddings are resized); the architecture is then optional if the weights show it.',
    );
  addConfigGroups(command, groups);
  command
    .addOption(new Option('--weights <file>', 'start from a .pth, a .safetensors or a run').helpGroup('Training:'))
    .addOption(
      new Option('--ema', "start from a checkpoint's moving average").conflicts('resume').helpGroup('Training:'),
    );
  addConfigSources(command);
  addRunOptions(command);
  addDisplayOptions(command);
  addExamples(command, [
    [
      'glit train deit-tiny --data photos --image-size 32 --patch-size 4 --epochs 30',
      'a known network on small images',
    ],
    ['glit train runs/photos/architecture.json --data photos', 'the result of a search, on all training images'],
    [
      'glit train --weights deit_tiny.pth --data photos --recipe deit --accumulate 1 --epochs 30 --learning-rate 5e-5',
      "fine-tuning ImageNet's weights",
    ],
  ]);
  command.action((named: string | undefined) =>
    withRanks(command, async (environment) => {
      const { result, folder } = await startOrResume(environment, {
        command,
        options,
        begin: async () => {
          const layers = await givenLayers(command, options);
          requireData(layers);
          const { weights, ema } = command.opts<{ weights?: string; ema?: boolean }>();
          if (ema === true && weights === undefined) {
            throw new UserError(
              '--ema is for the checkpoint of --weights, and none was given; add it, or remove --ema',
            );
          }
          const pretrained = weights === undefined ? undefined : await readStateFile(weights, { average: ema });
          const source = named ?? weights;
          if (source === undefined) throw new UserError('no architecture was given; give a JSON file or a preset');
          const { listen } = environment.display;
          const architecture = await architectureOf(named, pretrained, sizesIn(layers), listen);
          const complete = [modelLayer(architecture, source), ...layers];
          return { config: configOf(command, complete), job: training(architecture, pretrained) };
        },
        resume: async (run) => {
          if (named !== undefined) {
            throw new UserError(`${named} cannot be given with --resume: a run keeps its own architecture; remove it`);
          }
          return training(await readArchitecture(join(run, 'architecture.json')));
        },
      });
      const average = result.averageTest === null ? '' : `; moving average ${percent(result.averageTest)}`;
      environment.display.show(
        [
          '',
          `test    ${percent(result.test)}${average}`,
          `model   ${join(folder, 'best.onnx')}: ${percent(result.onnxAccuracy)}, measured from the file`,
          `page    ${join(folder, 'report.html')}`,
          'also    model/ for transformers.js and optimum, test/ class by class, trainings/ with curves',
          `time    ${formatDuration(secondsSoFar())}`,
        ].join('\n'),
        resultOf(folder, { model: 'best.onnx' }),
      );
    }),
  );
}

/** The named architecture, or the one that the weights show. With weights, any image size works. */
async function architectureOf(
  named: string | undefined,
  pretrained: StateFile | undefined,
  sizes: ReturnType<typeof sizesIn>,
  emit: Listener,
): Promise<Architecture> {
  if (pretrained === undefined) return readArchitecture(named ?? '', sizes);
  const given =
    named === undefined ? await architectureFor(pretrained, undefined, emit) : await readArchitecture(named, sizes);
  return architecture(given.family, { ...given, backbone: { ...given.backbone, ...sizes } });
}

/** The sizes that a preset is built for; by default the paper's. */
function sizesIn(layers: readonly Layer[]): { readonly imageSize?: number; readonly patchSize?: number } {
  const [imageSize, patchSize] = ['model.imageSize', 'model.patchSize'].map((key) => lastSaid(layers, key));
  return {
    ...(typeof imageSize === 'number' && { imageSize }),
    ...(typeof patchSize === 'number' && { patchSize }),
  };
}

/** Takes the configuration's model from the architecture; the checks reject whatever the user says differently. */
function modelLayer(architecture: Architecture, source: string): Layer {
  return { source, values: { model: { ...modelConfigOf(architecture) } } };
}
