import type { Command } from 'commander';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { UserError } from '../../errors.js';
import { compareModels } from '../../explain/compare.js';
import type { ExplainedBlock, ExplainedClass, ExplainedImage } from '../../explain/explain.js';
import { ExplanationFolder, type WrittenClass } from '../../explain/folder.js';
import { percent } from '../../run/results/report.js';
import type { JsonObject } from '../../telemetry/events.js';
import { addDeviceOptions, deviceOf, wholeNumber } from '../deviceOptions.js';
import { addDisplayOptions, addExamples, withEnvironment } from '../environment.js';
import { addWeightsOptionsForEach, collected, MODEL_FILES, weightsOptionsForEach } from '../modelOptions.js';
import { newRunName } from '../runName.js';

/** `glit explain IMAGE…`: where a model looks, or where several models look. */
export function addExplain(program: Command): void {
  const command = program
    .command('explain')
    .argument('[images...]', 'image files, or folders of them')
    .summary('show where in an image a model sees a class (Grad-CAM)')
    .description(
      'Writes the Grad-CAM map of a block for each image and class: a PNG with the image and the map laid over it, and ' +
        'the map in grey. A block with global and local heads also gets a map of each half. An image that cannot ' +
        'be read is reported and skipped. Several models are shown one below the other for each image.',
    )
    .option('--model <file>', `${MODEL_FILES}; may be given more than once`, collected)
    .option('--run <folder>', 'folder of a finished run, to explain its model; it comes before other models')
    .option(
      '--class <name>',
      'class to explain, by name or number; may be given more than once (default: the predicted one)',
      collected,
    )
    .option('--block <number>', 'block, counted from 1 (default: the last with global and local heads, else the last)')
    .option('--html', 'also write index.html, a page with everything')
    .option('--out <folder>', 'where pictures go (default: runs/<date>-explain)');
  addWeightsOptionsForEach(command);
  addDeviceOptions(command);
  addDisplayOptions(command);
  addExamples(command, [
    ['glit explain --run runs/photos cat.jpg --html', 'the found network, and a page to look at'],
    ['glit explain --model deit_tiny_patch16_224.pth --class 281 --class 207 pets.jpg', 'two classes by number'],
    [
      'glit explain --run runs/photos --model deit.safetensors photos/test --html',
      'two networks for each image, one below the other',
    ],
    ['glit explain --model best.onnx photos/test --block 3 --out maps', 'all images of a folder, another block'],
  ]);
  command.action((images: string[]) =>
    withEnvironment(command, async ({ display, signal }) => {
      const given = command.opts<{
        model?: readonly string[];
        run?: string;
        class?: readonly string[];
        block?: string;
        html?: boolean;
        out?: string;
      }>();
      if (images.length === 0) throw new UserError('nothing to explain; give image files or a folder of them');
      const files = modelsOf(given);
      const reading = weightsOptionsForEach(command, files);
      const folder = await ExplanationFolder.create(given.out ?? newRunName(command.name()), files, {
        page: given.html,
      });
      const compared = compareModels(
        files.map((file, at) => ({ file, ...reading[at] })),
        images,
        {
          classes: given.class,
          block: given.block === undefined ? undefined : wholeNumber(given.block, '--block', 1),
          ...deviceOf(command),
          emit: display.listen,
          signal,
        },
      );
      const unreadable: string[] = [];
      let blocks: readonly ExplainedBlock[] = [];
      for await (const each of compared) {
        const { image } = each;
        if ('unreadable' in each) {
          unreadable.push(`${image} cannot be read: ${each.unreadable}`);
          continue;
        }
        const { explanations } = each;
        blocks = explanations.map(({ block }) => block);
        const written = await folder.write(explanations);
        display.show(image);
        for (const [at, explanation] of explanations.entries()) {
          const lines = explanation.classes.map((each, index) => classLine(each, written[at][index].overlay));
          if (files.length > 1) lines.unshift(`  ${folder.models[at].name}`);
          display.show(lines.join('\n'), jsonOf(files[at], explanation, written[at]));
        }
      }
      const [first] = unreadable;
      if (blocks.length === 0) {
        throw new UserError(
          unreadable.length === 1 ? first : `none of ${unreadable.length} images can be read; ${first}`,
        );
      }
      for (const [at, block] of blocks.entries()) display.show(blockLine(block, folder.models[at].folder));
      for (const message of unreadable) display.listen({ type: 'warning', message });
      const { page } = folder;
      if (page !== undefined) display.show(`page  ${page}`, { type: 'explanationPage', file: page });
    }),
  );
}

interface GivenModels {
  readonly model?: readonly string[];
  readonly run?: string;
}

/** The files of the models: the exported file or the weights of the run, then those that are named. */
function modelsOf({ model = [], run }: GivenModels): readonly string[] {
  if (run !== undefined) return [modelOfRun(run), ...model];
  if (model.length > 0) return model;
  throw new UserError('no model was given; use --model FILE, or --run with the folder of a run');
}

function modelOfRun(run: string): string {
  const found = ['best.onnx', 'weights.safetensors'].map((name) => join(run, name)).find((file) => existsSync(file));
  if (found !== undefined) return found;
  throw new UserError(`${run} has neither best.onnx nor weights.safetensors; give the folder of a finished run`);
}

/** What the overlays show, from left to right. */
function blockLine({ number, title, maps }: ExplainedBlock, folder: string): string {
  const parts = maps.slice(1);
  const halves = parts.length === 0 ? '' : `, then of its ${parts.join(' and ')} half`;
  return `${folder}: the image, and over it the map of block ${number} (${title})${halves}`;
}

function classLine({ name, probability, maps }: ExplainedClass, overlay: string): string {
  const empty = maps[0].peak > 0 ? '' : ' (no positive evidence)';
  return `  ${percent(probability).padStart(8)}  ${name}${empty}  ${overlay}`;
}

function jsonOf(
  model: string,
  { image, block, classes }: ExplainedImage,
  written: readonly WrittenClass[],
): JsonObject {
  return {
    type: 'explanation',
    model,
    image,
    block: { number: block.number, title: block.title },
    classes: classes.map(({ name, number, probability, maps }, at) => ({
      name,
      number,
      probability,
      overlay: written[at].overlay,
      maps: written[at].maps.map(({ part, file }, index) => ({ part, file, peak: maps[index].peak })),
    })),
  };
}
