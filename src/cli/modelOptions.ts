import type { Command } from 'commander';
import type { WeightsOptions } from '../modelfile/weightsFile.js';

/** What `--model` of a command may name, in the words of its help. */
export const MODEL_FILES = 'best.onnx of a run, or weights: .safetensors, .pth';

/** Adds the options that say how weights are to be understood where their file does not say so itself. */
export function addWeightsOptions(command: Command): Command {
  return command
    .option('--arch <architecture>', 'what the weights belong to, where they do not show it: a JSON file or a preset')
    .option('--ema', 'the moving average of the weights in a .pth checkpoint, instead of the weights')
    .option('--classes <file>', 'names of the classes, in the order of the outputs: one a line, or a JSON list');
}

/** What {@link addWeightsOptions} was told. */
export function weightsOptionsOf(command: Command): WeightsOptions {
  const { arch, ema, classes } = command.opts<{ arch?: string; ema?: boolean; classes?: string }>();
  return { architecture: arch, average: ema, classNames: classes };
}
