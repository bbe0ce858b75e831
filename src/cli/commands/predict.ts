import type { Command } from 'commander';
import { UserError } from '../../errors.js';
import { imageFiles } from '../../explain/imageFiles.js';
import { percent } from '../../run/results/report.js';
import { predictTensor } from '../../modelfile/predictTensor.js';
import { predict } from '../../modelfile/useModel.js';
import { addDeviceOptions, deviceOf } from '../deviceOptions.js';
import { addWeightsOptions, MODEL_FILES, once, weightsOptionsOf } from '../modelOptions.js';
import { addDisplayOptions, addExamples, withEnvironment } from '../environment.js';

/** `glit predict IMAGE…`: what a model sees. */
export function addPredict(program: Command): void {
  const command = program
    .command('predict')
    .argument('[images...]', 'image files, or folders of them')
    .summary('classify images with a model')
    .description(
      'Prints the five likeliest classes of each image. An image that cannot be read is reported and skipped. With --tensor ' +
        'the model runs on prepared input instead, to compare it with other implementations.',
    )
    .requiredOption('--model <file>', MODEL_FILES, once('--model'))
    .option('--tensor <file>', 'safetensors with `images` [B, 3, S, S], float32 and normalised, instead of images')
    .option('--out <file>', 'safetensors to write `logits` [B, classes] to; goes with --tensor');
  addWeightsOptions(command);
  addDeviceOptions(command);
  addDisplayOptions(command);
  addExamples(command, [
    ['glit predict --model runs/photos/best.onnx cat.jpg dog.png', 'five classes for each of two images'],
    ['glit predict --model runs/photos/best.onnx *.jpg --json', 'for other programs to read'],
    ['glit predict --model glit.pth --tensor in.safetensors --out out.safetensors', 'logits of prepared input'],
  ]);
  command.action((images: string[]) =>
    withEnvironment(command, async ({ display, signal }) => {
      const { model, tensor, out } = command.opts<{ model: string; tensor?: string; out?: string }>();
      const options = { ...weightsOptionsOf(command), ...deviceOf(command), emit: display.listen, signal };
      if (tensor !== undefined || out !== undefined) {
        if (tensor === undefined || out === undefined) {
          throw new UserError('--tensor FILE and --out FILE go together; give both, or images');
        }
        if (images.length > 0) throw new UserError(`both --tensor ${tensor} and images were given; remove one`);
        const [count, classes] = await predictTensor(model, tensor, { out, ...options });
        display.show(`${out}: logits of ${count} images, ${classes} classes`, {
          type: 'logits',
          out,
          images: count,
          classes,
        });
        return;
      }
      if (images.length === 0) throw new UserError('nothing to predict; give image files, or --tensor FILE');
      const files = await imageFiles(images);
      const unreadable: string[] = [];
      for await (const prediction of predict(model, files, options)) {
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
      if (first !== undefined && unreadable.length === files.length) {
        throw new UserError(files.length === 1 ? first : `none of ${files.length} images can be read; ${first}`);
      }
      for (const message of unreadable) display.listen({ type: 'warning', message });
    }),
  );
}
