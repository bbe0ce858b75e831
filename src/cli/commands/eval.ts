import { type Command, Option } from 'commander';
import { requireFreeFolder } from '../../checkpoint/freeFolder.js';
import { MOST_THREADS } from '../../config/config.js';
import { percent } from '../../run/results/report.js';
import { writeAssessment } from '../../modelfile/assessmentFiles.js';
import { evaluateFile } from '../../modelfile/useModel.js';
import { addDeviceOptions, deviceOf, wholeNumber } from '../deviceOptions.js';
import { addWeightsOptions, MODEL_FILES, once, weightsOptionsOf } from '../modelOptions.js';
import { addDisplayOptions, addExamples, withEnvironment } from '../environment.js';

/** `glit eval`: the accuracy of a model. */
export function addEval(program: Command): void {
  const command = program
    .command('eval')
    .summary('measure a model on a folder of images')
    .description(
      'Measures the top-1 accuracy of a model from its file: an exported one, or weights of glit or official ones ' +
        "(GLiT, DeiT, ViT, ResNet, ResNeXt, Swin). The classes must be the model's; if its file does not name them, they " +
        'are matched by number or in sorted order.',
    )
    .requiredOption('--model <file>', MODEL_FILES, once('--model'))
    .requiredOption('--data <folder>', 'images: class folders, CIFAR or IDX files, .tar shards or .parquet files')
    .addOption(
      new Option('--split <name>', 'which images; all: of a folder that has no splits')
        .choices(['train', 'test', 'all'])
        .default('test'),
    )
    .option('--seed <number>', "what splits a folder without test images (default: the model's seed, else 0)")
    .option(
      '--out <folder>',
      'a new folder for classes.csv, the confusion matrix, and pictures of samples and of the surest mistakes',
    )
    .option('--batch-size <images>', 'images at a time', '100')
    .option('--workers <count>', 'threads that read images (default: as many as are useful, at most 8)');
  addWeightsOptions(command);
  addDeviceOptions(command);
  addDisplayOptions(command);
  addExamples(command, [
    ['glit eval --model runs/photos/best.onnx --data photos', 'accuracy on the test images'],
    [
      'glit eval --model runs/photos/best.onnx --data new --split all --out new-test',
      'all images of another folder, class by class, with the mistakes',
    ],
    ['glit eval --model deit_tiny_patch16_224.pth --data imagenet', "DeiT's own weights"],
    ['glit eval --model checkpoint.pth --ema --data imagenet', 'the moving average in a training checkpoint'],
  ]);
  command.action(() =>
    withEnvironment(command, async ({ display, signal }) => {
      const { model, data, split, seed, batchSize, workers, out } = command.opts<{
        model: string;
        data: string;
        split: 'train' | 'test' | 'all';
        seed?: string;
        batchSize: string;
        workers?: string;
        out?: string;
      }>();
      if (out !== undefined) await requireFreeFolder(out);
      const evaluation = await evaluateFile(model, {
        data,
        split,
        seed: seed === undefined ? undefined : wholeNumber(seed, '--seed', 0),
        batchSize: wholeNumber(batchSize, '--batch-size', 1),
        workers: workers === undefined ? undefined : wholeNumber(workers, '--workers', 0, MOST_THREADS),
        ...weightsOptionsOf(command),
        ...deviceOf(command),
        emit: display.listen,
        signal,
      });
      const { accuracy, images } = evaluation;
      const which = split === 'all' ? 'images' : `${split} images`;
      if (out !== undefined) await writeAssessment(out, evaluation, `${data}, ${which}`);
      const written = out === undefined ? '' : `\nwritten ${out}: class by class, with samples and the surest mistakes`;
      display.show(`${percent(accuracy)} of ${images} ${which}${written}`, {
        type: 'fileEvaluation',
        model,
        split,
        accuracy,
        images,
        ...(out !== undefined && { folder: out }),
      });
    }),
  );
}
