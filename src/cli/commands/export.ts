import type { Command } from 'commander';
import { UserError } from '../../errors.js';
import { exportWeights } from '../../modelfile/exportWeights.js';
import { exportInherited } from '../../run/exportInherited.js';
import { percent } from '../../run/report.js';
import type { Architecture } from '../../family/family.js';
import type { WeightsOptions } from '../../modelfile/weightsFile.js';
import type { JsonObject } from '../../telemetry/events.js';
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
        'is written as the search scored it: with the weights of the supernet and BatchNorm statistics from training images.',
    )
    .option('--weights <file>', 'weights, instead of a run: .safetensors, .pth')
    .option(
      '--inherited',
      "the best candidate of the search in the run, or --arch, untrained: with its supernet's weights",
    )
    .requiredOption('--out <file>', 'the ONNX file to write');
  addWeightsOptions(command);
  addDisplayOptions(command);
  addExamples(command, [
    ['glit export runs/photos --out photos.onnx', 'the found network of a run'],
    ['glit export runs/photos --inherited --out candidate.onnx', 'the best candidate of its search, not retrained'],
    ['glit export --weights deit_tiny_patch16_224.pth --out deit.onnx', 'weights from elsewhere'],
    ['glit export --weights checkpoint.pth --ema --classes names.txt --out glit.onnx', 'an average, with class names'],
  ]);
  command.action((run: string | undefined) =>
    withEnvironment(command, async ({ display, signal }) => {
      const { weights, out, inherited } = command.opts<{ weights?: string; out: string; inherited?: boolean }>();
      if (run !== undefined && weights !== undefined) {
        throw new UserError(`both the run ${run} and --weights ${weights} were given; remove one`);
      }
      if (inherited === true) {
        if (run === undefined) throw new UserError('--inherited is for the folder of a run; give one');
        await exportFromSupernet(run, out, weightsOptionsOf(command), { display, signal });
        return;
      }
      const from = run ?? weights;
      if (from === undefined) throw new UserError('nothing to export; give the folder of a run, or --weights FILE');
      const { architecture, classes, named } = await exportWeights(from, {
        out,
        ...weightsOptionsOf(command),
        emit: display.listen,
      });
      if (!named) {
        display.listen({
          type: 'warning',
          message: `${from} does not name its classes; using numbers`,
        });
      }
      display.show(describe(out, architecture, classes), resultOf(out, architecture, classes));
    }),
  );
}

async function exportFromSupernet(
  run: string,
  out: string,
  { architecture: given, average, classNames }: WeightsOptions,
  { display, signal }: Environment,
): Promise<void> {
  if (average === true) throw new UserError("--ema is for PyTorch's checkpoints, not for --inherited; remove it");
  const options = { out, architecture: given, classNames, emit: display.listen, signal };
  const { architecture, classes, level, heldOut, images, fitness } = await exportInherited(run, options);
  const inSearch = fitness === undefined ? '' : ` (${percent(fitness)} in the search)`;
  display.show(
    `${describe(out, architecture, classes)}, weights of the ${level} level's supernet\n` +
      `${percent(heldOut)} of ${images} held-out images, measured from the model${inSearch}`,
    { ...resultOf(out, architecture, classes), level, heldOut, images, fitness: fitness ?? null },
  );
}

function describe(out: string, { name = 'network', backbone }: Architecture, classes: readonly string[]): string {
  return `${out}: ${name}, ${backbone.imageSize} px, ${classes.length} classes`;
}

function resultOf(out: string, { name, backbone }: Architecture, classes: readonly string[]): JsonObject {
  return { type: 'export', out, architecture: name ?? null, imageSize: backbone.imageSize, classes };
}
