import { existsSync } from 'node:fs';
import { Option, type Command } from 'commander';
import { UserError } from '../../errors.js';
import { BUILT_IN } from '../../loader/openDataset.js';
import { isPlain, MODEL_PRECISIONS, type ModelForm } from '../../modelfile/exportModel.js';
import { exportWeights, type ExportOptions } from '../../modelfile/exportWeights.js';
import { isModelFile } from '../../modelfile/writeModel.js';
import { imagesOfRun } from '../../run/imagesOfRun.js';
import { exportInherited } from '../../run/exportInherited.js';
import { percent } from '../../run/results/report.js';
import { gradCamFiles } from '../../explain/gradCamFiles.js';
import type { Architecture } from '../../family/family.js';
import type { JsonObject } from '../../telemetry/events.js';
import type { Display } from '../display.js';
import { addWeightsOptions, weightsOptionsOf } from '../modelOptions.js';
import { addDisplayOptions, addExamples, withEnvironment, type Environment } from '../environment.js';

/** `glit export`: weights as an ONNX model. */
export function addExport(program: Command): void {
  const command = program
    .command('export')
    .argument('[run]', 'folder of a finished run')
    .summary('write weights as an ONNX model')
    .description(
      'Writes a run, a safetensors file or a PyTorch checkpoint as an ONNX model and runs it once to see that it works. ' +
        'Weights written by glit record their architecture and classes. For others, such as the official ones, the ' +
        'architecture is recognised from the shapes or given with --arch. With --inherited, a candidate of a finished search ' +
        'is written as the search scored it: with the weights of the supernet and BatchNorm statistics from training images. ' +
        'In int8, activations have one scale per batch, so scores depend a little on the other images in it.',
    )
    .option('--weights <file>', 'weights, instead of a run: .safetensors, .pth')
    .option(
      '--inherited',
      "the best candidate of the search in the run, or --arch, untrained: with its supernet's weights",
    )
    .requiredOption('--out <path>', 'the ONNX file to write, or a folder for transformers.js')
    .addOption(
      new Option('--precision <name>', 'float32, float16 for all, or int8 for the weights of matrix products').choices(
        MODEL_PRECISIONS,
      ),
    )
    .option('--with-preprocessing', 'take pixels, uint8 [batch, size, size, 3], and give probabilities')
    .option('--with-grad-cam', 'of a folder: add onnx/grad_cam.onnx, which gives heat maps of a class')
    .option('--data <folder>', "images to measure the new form on (default: the run's)");
  addWeightsOptions(command);
  addDisplayOptions(command);
  addExamples(command, [
    ['glit export runs/photos --out photos.onnx', 'the found network of a run'],
    ['glit export runs/photos --precision int8 --out small.onnx', 'smaller; prints what it costs'],
    ['glit export runs/photos --with-preprocessing --out easy.onnx', 'pixels in, probabilities out'],
    ['glit export runs/photos --precision float16 --out web', 'a folder for transformers.js'],
    ['glit export runs/photos --with-grad-cam --out web', 'the same, with heat maps for examples/browser'],
    ['glit export runs/photos --inherited --out candidate.onnx', 'the best candidate of its search, not retrained'],
    ['glit export --weights deit_tiny_patch16_224.pth --out deit.onnx', 'weights from elsewhere'],
    ['glit export --weights checkpoint.pth --ema --classes names.txt --out glit.onnx', 'an average, with class names'],
  ]);
  command.action((run: string | undefined) =>
    withEnvironment(command, async (environment) => {
      const { display, signal } = environment;
      const { weights, out, inherited, data, withGradCam, precision, withPreprocessing } = command.opts<ExportFlags>();
      const form = { precision, withPreprocessing };
      if (run !== undefined && weights !== undefined) {
        throw new UserError(`both the run ${run} and --weights ${weights} were given; remove one`);
      }
      if (withGradCam === true && (isModelFile(out) || inherited === true)) {
        throw new UserError('--with-grad-cam is for a model folder of trained weights; give a folder as --out');
      }
      if (inherited === true) {
        if (run === undefined) throw new UserError('--inherited is for the folder of a run; give one');
        if (data !== undefined)
          throw new UserError('--inherited measures on held-out images of the run; remove --data');
        await exportFromSupernet(run, { out, form, ...weightsOptionsOf(command) }, environment);
        return;
      }
      const from = run ?? weights;
      if (from === undefined) throw new UserError('nothing to export; give the folder of a run, or --weights FILE');
      const images = await testImagesFor(run, { out, data, form }, display);
      const { architecture, classes, named, accuracy } = await exportWeights(from, {
        out,
        form,
        more: withGradCam === true ? await gradCamFiles(from, weightsOptionsOf(command)) : undefined,
        images: images && { ...images, split: 'test', emit: display.listen, signal },
        ...weightsOptionsOf(command),
        emit: display.listen,
      });
      if (!named) {
        display.listen({
          type: 'warning',
          message: `${from} does not name its classes; using numbers`,
        });
      }
      const inFloat32 =
        accuracy && !isPlain(form) ? ` (${percent(accuracy.float32)} in float32, normalised outside)` : '';
      const measured =
        accuracy &&
        `\n${percent(accuracy.written)} of ${accuracy.images} test images, measured from the model${inFloat32}`;
      display.show(`${describe(out, architecture, classes)}${measured ?? ''}`, {
        ...resultOf(out, architecture, classes),
        ...(accuracy && { accuracy: { ...accuracy } }),
      });
    }),
  );
}

interface ExportFlags extends ModelForm {
  readonly withGradCam?: boolean;
  readonly weights?: string;
  readonly out: string;
  readonly inherited?: boolean;
  readonly data?: string;
}

/** The images on which an export is measured: those that the user names; a run's own if its form can change accuracy. */
async function testImagesFor(
  run: string | undefined,
  { out, data, form }: { readonly out: string; readonly data: string | undefined; readonly form: ModelForm },
  { listen }: Display,
): Promise<{ readonly data: string; readonly seed?: number } | undefined> {
  if (run === undefined) return data === undefined ? undefined : { data };
  if (isModelFile(out) && isPlain(form) && data === undefined) return undefined;
  const own = await imagesOfRun(run);
  const images = { ...own, data: data ?? own.data };
  if (data !== undefined || images.data === BUILT_IN || existsSync(images.data)) return images;
  listen({
    type: 'warning',
    message: `the images of ${run} are no longer at ${images.data}; give --data to measure the model`,
  });
  return undefined;
}

async function exportFromSupernet(
  run: string,
  { out, form, architecture: given, average, classNames }: ExportOptions,
  { display, signal }: Environment,
): Promise<void> {
  if (!isModelFile(out)) throw new UserError(`--inherited writes an .onnx file, and ${out} is none; rename it`);
  if (average === true) throw new UserError("--ema is for PyTorch's checkpoints, not for --inherited; remove it");
  const options = { out, form, architecture: given, classNames, emit: display.listen, signal };
  const { architecture, classes, level, heldOut, images, fitness } = await exportInherited(run, options);
  const inSearch = fitness === undefined ? '' : ` (${percent(fitness)} in the search)`;
  display.show(
    `${describe(out, architecture, classes)}, weights of the ${level} level's supernet\n` +
      `${percent(heldOut)} of ${images} held-out images, measured from the model${inSearch}`,
    { ...resultOf(out, architecture, classes), level, heldOut, images, fitness: fitness ?? null },
  );
}

function describe(out: string, { name = 'network', backbone }: Architecture, classes: readonly string[]): string {
  const what = isModelFile(out) ? '' : 'the folder ';
  return `${what}${out}: ${name}, ${backbone.imageSize} px, ${classes.length} classes`;
}

function resultOf(out: string, { name, backbone }: Architecture, classes: readonly string[]): JsonObject {
  return { type: 'export', out, architecture: name ?? null, imageSize: backbone.imageSize, classes };
}
