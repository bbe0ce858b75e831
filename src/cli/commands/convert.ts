import { type Command, Option } from 'commander';
import { UserError } from '../../errors.js';
import { convertAllTensors, convertWeights } from '../../modelfile/convertWeights.js';
import { addDisplayOptions, addExamples, withEnvironment } from '../environment.js';
import { addWeightsOptions, weightsOptionsOf } from '../modelOptions.js';

/** `glit convert IN OUT`: weights in another format or under other names. */
export function addConvert(program: Command): void {
  const command = program
    .command('convert')
    .argument('<in>', 'weights: .pth, .safetensors, or the folder of a finished run')
    .argument('<out>', 'the file to write: .safetensors or .pth')
    .summary('write weights in another format or under other names')
    .description(
      'Writes the weights of a PyTorch checkpoint or a safetensors file in either format, under the tensor ' +
        'names of the official code. Nothing in a checkpoint is executed. A safetensors file also records the architecture and the ' +
        'class names, if they are known.',
    )
    .addOption(new Option('--names <whose>', 'names of the tensors; official by default').choices(['official', 'glit']))
    .option('--all', 'every tensor of a checkpoint, including optimizer state, named by its path');
  addWeightsOptions(command);
  addDisplayOptions(command);
  addExamples(command, [
    ['glit convert deit_tiny_patch16_224.pth deit.safetensors', 'a checkpoint without Python'],
    ['glit convert checkpoint.pth --ema average.safetensors', 'the moving average of a training checkpoint'],
    ['glit convert runs/photos found.pth', 'a found network for the official code: torch.load(...)["model"]'],
    ['glit convert checkpoint.pth --all everything.safetensors', 'optimizer state, too'],
  ]);
  command.action((source: string, out: string) =>
    withEnvironment(command, async ({ display }) => {
      const { names, all } = command.opts<{ names?: 'official' | 'glit'; all?: boolean }>();
      const options = weightsOptionsOf(command);
      if (all === true) {
        if (names !== undefined || Object.values(options).some((value) => value !== undefined)) {
          throw new UserError('--all takes every tensor unchanged; remove the other options');
        }
        const tensors = await convertAllTensors(source, { out });
        display.show(`${out}: ${tensors} tensors`, { type: 'conversion', out, tensors });
        return;
      }
      const { tensors, part, architecture } = await convertWeights(source, {
        out,
        names,
        ...options,
        emit: display.listen,
      });
      const of = part === undefined ? '' : ` of "${part}"`;
      const network = architecture === undefined ? '' : `, ${architecture.name ?? 'network'}`;
      display.show(`${out}: ${tensors} tensors${of}${network}`, {
        type: 'conversion',
        out,
        tensors,
        part: part ?? null,
        architecture: architecture?.name ?? null,
      });
    }),
  );
}
