import type { Command } from 'commander';
import { UserError } from '../../errors.js';
import { exportWeights } from '../../modelfile/exportWeights.js';
import { addWeightsOptions, weightsOptionsOf } from '../modelOptions.js';
import { addDisplayOptions, addExamples, withEnvironment } from '../environment.js';

/** `glit export`: weights as an ONNX model. */
export function addExport(program: Command): void {
  const command = program
    .command('export')
    .argument('[run]', 'folder of a finished run')
    .summary('write weights as an ONNX model')
    .description(
      'Writes a run, a safetensors file or a PyTorch checkpoint as an ONNX model and runs it once to see that it works. ' +
        'Weights written by glit record their architecture and classes. For others, such as the official ones, the ' +
        'architecture is recognised from the shapes or given with --arch.',
    )
    .option('--weights <file>', 'weights, instead of a run: .safetensors, .pth')
    .requiredOption('--out <file>', 'the ONNX file to write');
  addWeightsOptions(command);
  addDisplayOptions(command);
  addExamples(command, [
    ['glit export runs/photos --out photos.onnx', 'the found network of a run'],
    ['glit export --weights deit_tiny_patch16_224.pth --out deit.onnx', 'weights from elsewhere'],
    ['glit export --weights checkpoint.pth --ema --classes names.txt --out glit.onnx', 'an average, with class names'],
  ]);
  command.action((run: string | undefined) =>
    withEnvironment(command, async ({ display }) => {
      const { weights, out } = command.opts<{ weights?: string; out: string }>();
      if (run !== undefined && weights !== undefined) {
        throw new UserError(`both the run ${run} and --weights ${weights} were given; remove one`);
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
      const { imageSize } = architecture.backbone;
      display.show(`${out}: ${architecture.name ?? 'network'}, ${imageSize} px, ${classes.length} classes`, {
        type: 'export',
        out,
        architecture: architecture.name ?? null,
        imageSize,
        classes,
      });
    }),
  );
}
