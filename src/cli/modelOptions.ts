import type { Command } from 'commander';
import type { WeightsOptions } from '../modelfile/weightsFile.js';

/** What `--model` accepts, as its help says it. */
export const MODEL_FILES = 'best.onnx of a run, or weights: .safetensors, .pth';

/** Adds the options that describe weights whose file does not describe itself. */
export function addWeightsOptions(command: Command): Command {
  return command
    .option('--arch <architecture>', 'what the weights belong to, where they do not show it: a JSON file or a preset')
    .option('--ema', 'the moving average of the weights in a .pth checkpoint, instead of the weights')
    .option('--classes <file>', 'names of the classes, in the order of the outputs: one a line, or a JSON list');
}

/** The values of {@link addWeightsOptions}. */
export function weightsOptionsOf(command: Command): WeightsOptions {
  const { arch, ema, classes } = command.opts<{ arch?: string; ema?: boolean; classes?: string }>();
  return { architecture: arch, average: ema, classNames: classes };
}
