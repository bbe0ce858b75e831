import type { Command } from 'commander';
import { UserError } from '../../errors.js';
import { percent } from '../../pipeline/report.js';
import { predict } from '../../pipeline/useModel.js';
import { addDeviceOptions, deviceOf } from '../deviceOptions.js';
import { addDisplayOptions, addExamples, withEnvironment } from '../environment.js';

/** `glit predict IMAGE…`: what an exported model sees. */
export function addPredict(program: Command): void {
  const command = program
    .command('predict')
    .argument('<images...>', 'image files')
    .summary('classify images with an exported model')
    .description(
      'Tells the five likeliest classes of each image. An image that cannot be read is named and passed over.',
    )
    .requiredOption('--model <file>', 'best.onnx of a run');
  addDeviceOptions(command);
  addDisplayOptions(command);
  addExamples(command, [
    ['glit predict --model runs/photos/best.onnx cat.jpg dog.png', 'five classes for each of two images'],
    ['glit predict --model runs/photos/best.onnx *.jpg --json', 'for other programs to read'],
  ]);
  command.action((images: string[]) =>
    withEnvironment(command, async ({ display, signal }) => {
      const { model } = command.opts<{ model: string }>();
      const unreadable: string[] = [];
      for await (const prediction of predict(model, images, { ...deviceOf(command), signal })) {
        if ('unreadable' in prediction) {
          unreadable.push(`${prediction.image} cannot be read: ${prediction.unreadable}`);
          continue;
        }
        const lines = prediction.classes.map(
          ({ name, probability }) => `  ${percent(probability).padStart(8)}  ${name}`,
        );
        display.show([prediction.image, ...lines].join('\n'), { type: 'prediction', ...prediction });
      }
      const [first] = unreadable;
      if (first !== undefined && unreadable.length === images.length) {
        throw new UserError(images.length === 1 ? first : `none of ${images.length} images can be read; ${first}`);
      }
      for (const message of unreadable) display.listen({ type: 'warning', message });
    }),
  );
}
