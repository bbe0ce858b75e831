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
      'Writes the weights of a PyTorch checkpoint or a safetensors file as the other or the same, under the names of the ' +
        'official GLiT and DeiT. Nothing in a checkpoint is executed. A safetensors file also tells the architecture and the ' +
        'classes, where they are known.',
    )
    .addOption(new Option('--names <whose>', 'names of the tensors; official by default').choices(['official', 'glit']))
    .option('--all', 'every tensor of a checkpoint, optimizer state and all, under its place in it');
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
          throw new UserError('--all takes every tensor as it is; leave the other options out');
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
