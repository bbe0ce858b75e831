import { existsSync } from 'node:fs';
import sharp from 'sharp';
import type { Config } from '../../config/config.js';
import { panelsPlot } from '../../plot/panels.js';
import { csvTable } from '../../telemetry/csv.js';
import { journalEntries, type Entry } from '../../telemetry/journal.js';
import { stageName } from '../../telemetry/stage.js';
import { EventFile, type Setting } from '../../tensorboard/eventFile.js';
import type { RunFolder } from '../folder/runFolder.js';

/** What the files show of a step. A long run has millions, so nothing else of an entry stays. */
type Step = Omit<Extract<Entry, { readonly type: 'trainStep' }>, 'type' | 'stage' | 'seconds' | 'processorSeconds'>;
type Accuracy = Extract<Entry, { readonly type: 'evaluation' }>;

/** The steps of one training, each once, and the evaluations of its network. */
interface TrainingRecord {
  readonly steps: readonly Step[];
  readonly evaluations: readonly Accuracy[];
}

const COLUMNS = ['step', 'epoch', 'loss', 'accuracy', 'learningRate', 'gradientNorm'] as const;

/**
 * Writes every training of a run, from its journal: `trainings/<name>.csv` and `.svg` and, unless the configuration says
 * no, `tensorboard/<name>/events.out.tfevents.glit`.
 */
export async function writeTrainingFiles(folder: RunFolder, config: Config): Promise<void> {
  for (const [name, training] of await trainingsIn(journalEntries(folder.path('journal.jsonl')))) {
    const { steps } = training;
    await folder.write(`trainings/${name}.csv`, csvTable(COLUMNS, steps));
    await folder.write(`trainings/${name}.svg`, await picture(name, steps));
    if (config.tensorboard !== false) {
      // Always the same name: TensorBoard would join several files of a folder.
      const file = `tensorboard/${name}/events.out.tfevents.glit`;
      await folder.write(file, await eventFile(folder, name, training, config));
    }
  }
}

/** The trainings in a journal, by the names of their stages. A step that was repeated after an interruption counts once. */
async function trainingsIn(journal: AsyncIterable<Entry>): Promise<ReadonlyMap<string, TrainingRecord>> {
  const steps = new Map<string, Map<number, Step>>();
  const evaluations = new Map<string, Map<string, Accuracy>>();
  for await (const entry of journal) {
    if (entry.type === 'trainStep') {
      const { type: _, stage, seconds: _seconds, processorSeconds: _processorSeconds, ...step } = entry;
      kept(steps, stageName(stage)).set(step.step, step);
    }
    if (entry.type === 'evaluation') {
      kept(evaluations, stageName(entry.stage)).set(`${entry.weights} ${entry.split} ${entry.half ?? ''}`, entry);
    }
  }
  return new Map(
    [...steps].map(([name, each]) => [
      name,
      { steps: [...each.values()], evaluations: [...(evaluations.get(name)?.values() ?? [])] },
    ]),
  );
}

function kept<Key, Value>(groups: Map<string, Map<Key, Value>>, name: string): Map<Key, Value> {
  const group = groups.get(name) ?? new Map<Key, Value>();
  groups.set(name, group);
  return group;
}

function picture(name: string, steps: readonly Step[]): Promise<string> {
  const last = steps[steps.length - 1];
  const curve = (y: string, of: (step: Step) => number) => ({
    y,
    points: steps.map((step) => [step.step, of(step)] as const),
  });
  return panelsPlot({
    title: name,
    note: `${last.step} of ${last.steps} steps, ${last.epoch.toFixed(1)} epochs`,
    x: 'step',
    panels: [
      curve('training loss', ({ loss }) => loss),
      curve('training accuracy (%)', ({ accuracy }) => 100 * accuracy),
      curve('learning rate', ({ learningRate }) => learningRate),
      curve('gradient norm', ({ gradientNorm = NaN }) => gradientNorm),
    ],
  });
}

async function eventFile(
  folder: RunFolder,
  name: string,
  { steps, evaluations }: TrainingRecord,
  config: Config,
): Promise<Uint8Array> {
  const file = new EventFile(timeOf(steps[0]));
  file.hyperparameters(name, settingsOf(config));
  const batch = `batches/${name}.png`;
  if (existsSync(folder.path(batch))) {
    const png = await folder.readBytes(batch);
    const { width, height } = await sharp(png).metadata();
    file.picture({ tag: 'first batch', width, height, png });
  }
  for (const step of steps) {
    const { loss, accuracy, learningRate, gradientNorm, imagesPerSecond } = step;
    file.scalars(timeOf(step), step.step, {
      'training/loss': loss,
      'training/accuracy': accuracy,
      'training/learning rate': learningRate,
      ...(gradientNorm !== undefined && { 'training/gradient norm': gradientNorm }),
      'speed/images per second': imagesPerSecond,
    });
  }
  for (const evaluation of evaluations) {
    const images = { searchVal: 'held-out', test: 'test' }[evaluation.split];
    const weights = evaluation.weights === 'average' ? ' of the average' : '';
    const tag = `${images} accuracy${weights}${evaluation.half === undefined ? '' : `, half ${evaluation.half}`}`;
    file.scalars(timeOf(evaluation), steps[steps.length - 1].step, { [tag]: evaluation.accuracy });
  }
  return file.bytes();
}

function timeOf({ time }: Pick<Entry, 'time'>): number {
  return Date.parse(time) / 1000;
}

/** A configuration as one level of names: `retrain.recipe.learningRate`. */
function settingsOf(values: object, path = ''): Record<string, Setting> {
  return Object.assign(
    {},
    ...Object.entries(values).map(([key, value]: [string, unknown]) => {
      const name = `${path}${key}`;
      if (typeof value === 'object' && value !== null && !Array.isArray(value)) return settingsOf(value, `${name}.`);
      const isSetting = typeof value === 'number' || typeof value === 'string' || typeof value === 'boolean';
      return { [name]: isSetting ? value : JSON.stringify(value) };
    }),
  ) as Record<string, Setting>;
}
