import type { Command } from 'commander';
import { UserError } from '../errors.js';
import { isPytorchFile, type WeightsOptions } from '../modelfile/weightsFile.js';

/** What `--model` accepts, as its help says it. */
export const MODEL_FILES = 'best.onnx of a run, or weights: .safetensors, .pth';

const ARCH = [
  '--arch <architecture>',
  'the architecture of the weights, if they do not show it: a JSON file or a preset',
] as const;
const EMA = ['--ema', 'the moving average of the weights in a .pth checkpoint, instead of the weights'] as const;
const CLASSES = ['--classes <file>', 'class names in output order: one per line, or a JSON list'] as const;
const FOR_EACH = 'for several models once for all, or once for each in their order';

/** Adds the options that describe weights whose file does not describe itself. */
export function addWeightsOptions(command: Command): Command {
  return command
    .option(...ARCH, once('--arch'))
    .option(...EMA)
    .option(...CLASSES, once('--classes'));
}

/** The values of {@link addWeightsOptions}. */
export function weightsOptionsOf(command: Command): WeightsOptions {
  const { arch, ema, classes } = command.opts<{ arch?: string; ema?: boolean; classes?: string }>();
  return { architecture: arch, average: ema, classNames: classes };
}

/** The same options for a command that takes several models. */
export function addWeightsOptionsForEach(command: Command): Command {
  return command
    .option(ARCH[0], `${ARCH[1]}; ${FOR_EACH}`, collected)
    .option(...EMA)
    .option(CLASSES[0], `${CLASSES[1]}; ${FOR_EACH}`, collected);
}

/**
 * What {@link addWeightsOptionsForEach} was told of each file. Among several, --ema is for the PyTorch checkpoints, since
 * no other file has an average. Throws a UserError when an option is given neither once nor once for each.
 */
export function weightsOptionsForEach(command: Command, files: readonly string[]): readonly WeightsOptions[] {
  const { arch, ema, classes } = command.opts<{
    arch?: readonly string[];
    ema?: boolean;
    classes?: readonly string[];
  }>();
  const architectures = forEach(files, '--arch', arch);
  const classNames = forEach(files, '--classes', classes);
  const mixed = files.some(isPytorchFile);
  return files.map((file, at) => ({
    architecture: architectures[at],
    average: mixed && !isPytorchFile(file) ? false : ema,
    classNames: classNames[at],
  }));
}

/** Gathers the arguments of an option that may be given more than once. */
export function collected(argument: string, before: readonly string[] = []): readonly string[] {
  return [...before, argument];
}

/** Reads the argument of an option for one model. Throws a UserError when it is given again. */
export function once(option: string): (argument: string, before?: string) => string {
  return (argument, before) => {
    if (before === undefined) return argument;
    throw new UserError(`${option} is given twice, ${before} and ${argument}; remove one`);
  };
}

function forEach(
  files: readonly string[],
  option: string,
  given: readonly string[] = [],
): readonly (string | undefined)[] {
  if (given.length <= 1) return files.map(() => given.at(0));
  if (given.length === files.length) return given;
  throw new UserError(
    `${option} is given ${given.length} times for ${files.length} model${files.length === 1 ? '' : 's'}; ` +
      'give it once for all, or once for each in their order',
  );
}
