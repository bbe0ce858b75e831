import type { Command } from 'commander';
import { UserError } from '../../errors.js';
import { exportWeights } from '../../pipeline/exportWeights.js';
import { addDisplayOptions, addExamples, withEnvironment } from '../environment.js';

/** `glit export`: weights as an ONNX model. */
export function addExport(program: Command): void {
  const command = program
    .command('export')
    .argument('[run]', 'folder of a finished run')
    .summary('write weights as an ONNX model')
    .description(
      'Writes a run, or a safetensors file, as an ONNX model and runs it once to see that it works. Weights that glit has ' +
        'written say their architecture and classes; others, such as converted official ones, need --arch.',
    )
    .option('--weights <file>', 'a safetensors file, instead of a run')
    .option('--arch <architecture>', 'what the weights belong to: a JSON file or a preset')
    .requiredOption('--out <file>', 'the ONNX file to write');
  addDisplayOptions(command);
  addExamples(command, [
    ['glit export runs/photos --out photos.onnx', 'the found network of a run'],
    ['glit export --weights deit.safetensors --arch deit-tiny --out deit.onnx', 'weights from elsewhere'],
  ]);
  command.action((run: string | undefined) =>
    withEnvironment(command, async ({ display }) => {
      const { weights, arch, out } = command.opts<{ weights?: string; arch?: string; out: string }>();
      if (run !== undefined && weights !== undefined) {
        throw new UserError(`both the run ${run} and --weights ${weights} are given; leave one out`);
      }
      const from = run ?? weights;
      if (from === undefined) throw new UserError('nothing to export; give the folder of a run, or --weights FILE');
      const { architecture, classes, named } = await exportWeights(from, { out, architecture: arch });
      if (!named) {
        display.listen({
          type: 'warning',
          message: `${from} does not name its classes; they are called by their numbers`,
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
