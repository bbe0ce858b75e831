import { type Command, Option } from 'commander';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { UserError } from '../../errors.js';
import { explain, type ExplainedBlock, type ExplainedClass } from '../../explain/explain.js';
import { ExplanationFolder } from '../../explain/folder.js';
import { percent } from '../../run/report.js';
import { addDeviceOptions, deviceOf, wholeNumber } from '../deviceOptions.js';
import { addDisplayOptions, addExamples, withEnvironment } from '../environment.js';
import { addWeightsOptions, MODEL_FILES, weightsOptionsOf } from '../modelOptions.js';
import { newRunName } from '../runName.js';

/** `glit explain IMAGE…`: where a model looks. */
export function addExplain(program: Command): void {
  const command = program
    .command('explain')
    .argument('[images...]', 'image files, or folders of them')
    .summary('show where in an image a model sees a class')
    .description(
      'Writes for each image and class what Grad-CAM shows of a block: a PNG with the image and the map laid over it, and ' +
        'the map in grey. For a block with global and local heads there is also a map of each half. An image that cannot ' +
        'be read is named and passed over.',
    )
    .option('--model <file>', MODEL_FILES)
    .addOption(new Option('--run <folder>', 'folder of a finished run, for its model').conflicts('model'))
    .option(
      '--class <name>',
      'class to explain, by name or number; may be given more than once (default: the predicted one)',
      (name: string, others?: readonly string[]) => [...(others ?? []), name],
    )
    .option('--block <number>', 'block, counted from 1 (default: the last with global and local heads, else the last)')
    .option('--html', 'also a page with everything on it, index.html')
    .option('--out <folder>', 'where pictures go (default: runs/<date>-explain)');
  addWeightsOptions(command);
  addDeviceOptions(command);
  addDisplayOptions(command);
  addExamples(command, [
    ['glit explain --run runs/photos cat.jpg --html', 'the found network, and a page to look at'],
    ['glit explain --model deit_tiny_patch16_224.pth --class 281 --class 207 pets.jpg', 'two classes by number'],
    ['glit explain --model best.onnx photos/test --block 3 --out maps', 'all images of a folder, another block'],
  ]);
  command.action((images: string[]) =>
    withEnvironment(command, async ({ display, signal }) => {
      const given = command.opts<{
        model?: string;
        run?: string;
        class?: readonly string[];
        block?: string;
        html?: boolean;
        out?: string;
      }>();
      if (images.length === 0) throw new UserError('nothing to explain; give image files or a folder of them');
      const model = modelOf(given);
      const folder = await ExplanationFolder.create(given.out ?? newRunName(command.name()), { page: given.html });
      const explanations = explain(model, images, {
        classes: given.class,
        block: given.block === undefined ? undefined : wholeNumber(given.block, '--block', 1),
        ...weightsOptionsOf(command),
        ...deviceOf(command),
        emit: display.listen,
        signal,
      });
      const unreadable: string[] = [];
      let block: ExplainedBlock | undefined;
      for await (const explanation of explanations) {
        const { image } = explanation;
        if ('unreadable' in explanation) {
          unreadable.push(`${image} cannot be read: ${explanation.unreadable}`);
          continue;
        }
        const { classes } = explanation;
        ({ block } = explanation);
        const written = await folder.write(explanation);
        const lines = classes.map((each, at) => classLine(each, written[at].overlay));
        display.show([image, ...lines].join('\n'), {
          type: 'explanation',
          image,
          block: { number: block.number, title: block.title },
          classes: classes.map(({ name, number, probability, maps }, at) => ({
            name,
            number,
            probability,
            overlay: written[at].overlay,
            maps: written[at].maps.map(({ part, file }, index) => ({ part, file, peak: maps[index].peak })),
          })),
        });
      }
      const [first] = unreadable;
      if (block === undefined) {
        throw new UserError(
          unreadable.length === 1 ? first : `none of ${unreadable.length} images can be read; ${first}`,
        );
      }
      display.show(blockLine(block, folder.root));
      for (const message of unreadable) display.listen({ type: 'warning', message });
      if (given.html === true) {
        const page = await folder.writePage(model);
        display.show(`page  ${page}`, { type: 'explanationPage', file: page });
      }
    }),
  );
}

/** The named model, or a run's model: its exported file, else its weights. */
function modelOf({ model, run }: { readonly model?: string; readonly run?: string }): string {
  if (model !== undefined) return model;
  if (run === undefined) throw new UserError('no model is named; give --model FILE, or --run with the folder of a run');
  const found = ['best.onnx', 'weights.safetensors'].map((name) => join(run, name)).find((file) => existsSync(file));
  if (found === undefined) {
    throw new UserError(`${run} has neither best.onnx nor weights.safetensors; give the folder of a finished run`);
  }
  return found;
}

/** What the overlays show, from left to right. */
function blockLine({ number, title, maps }: ExplainedBlock, folder: string): string {
  const parts = maps.slice(1);
  const halves = parts.length === 0 ? '' : `, then of its ${parts.join(' and ')} half`;
  return `${folder}: the image, and over it the map of block ${number} (${title})${halves}`;
}

function classLine({ name, probability, maps }: ExplainedClass, overlay: string): string {
  const empty = maps[0].peak > 0 ? '' : ' (nothing speaks for it)';
  return `  ${percent(probability).padStart(8)}  ${name}${empty}  ${overlay}`;
}
