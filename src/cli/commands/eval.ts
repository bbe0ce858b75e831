import { type Command, Option } from 'commander';
import { percent } from '../../pipeline/report.js';
import { evaluateFile } from '../../pipeline/useModel.js';
import { addDeviceOptions, deviceOf, wholeNumber } from '../deviceOptions.js';
import { addDisplayOptions, addExamples, withEnvironment } from '../environment.js';

/** `glit eval`: the accuracy of an exported model. */
export function addEval(program: Command): void {
  const command = program
    .command('eval')
    .summary('measure an exported model on a folder of images')
    .description(
      'Measures the top-1 accuracy of an exported model from its file. The classes must be those of the model.',
    )
    .requiredOption('--model <file>', 'best.onnx of a run')
    .requiredOption('--data <folder>', 'images, a folder per class')
    .addOption(new Option('--split <name>', 'which images').choices(['train', 'test']).default('test'))
    .option('--seed <number>', "the run's: it splits a folder that has no test images of its own", '0')
    .option('--batch-size <images>', 'images at a time', '100')
    .option('--workers <count>', 'threads that read images');
  addDeviceOptions(command);
  addDisplayOptions(command);
  addExamples(command, [['glit eval --model runs/photos/best.onnx --data photos', 'accuracy on the test images']]);
  command.action(() =>
    withEnvironment(command, async ({ display, signal }) => {
      const { model, data, split, seed, batchSize, workers } = command.opts<{
        model: string;
        data: string;
        split: 'train' | 'test';
        seed: string;
        batchSize: string;
        workers?: string;
      }>();
      const { accuracy, images } = await evaluateFile(model, {
        data,
        split,
        seed: wholeNumber(seed, '--seed', 0),
        batchSize: wholeNumber(batchSize, '--batch-size', 1),
        workers: workers === undefined ? undefined : wholeNumber(workers, '--workers', 0),
        ...deviceOf(command),
        emit: display.listen,
        signal,
      });
      display.show(`${percent(accuracy)} of ${images} ${split} images`, {
        type: 'evaluation',
        stage: 'eval',
        what: model,
        split,
        accuracy,
        images,
      });
    }),
  );
}
