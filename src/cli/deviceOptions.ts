import { type Command, Option } from 'commander';
import { MOST_THREADS } from '../config/config.js';
import { UserError } from '../errors.js';
import { DEVICE_KINDS, PRECISIONS, type DeviceKind, type Precision } from '../runtime/device.js';

/** Adds the options for where a finished model runs. */
export function addDeviceOptions(command: Command): Command {
  return command
    .addOption(new Option('--device <kind>', 'where the model runs').choices(DEVICE_KINDS).default('cpu'))
    .addOption(new Option('--precision <name>', 'bfloat16 on openvino only').choices(PRECISIONS).default('float32'))
    .option('--threads <count>', 'CPU threads (default: all)');
}

/** The values of {@link addDeviceOptions}. */
export function deviceOf(command: Command): {
  readonly kind: DeviceKind;
  readonly precision: Precision;
  readonly threads: number | undefined;
} {
  const { device, precision, threads } = command.opts<{
    device: DeviceKind;
    precision: Precision;
    threads?: string;
  }>();
  return {
    kind: device,
    precision,
    threads: threads === undefined ? undefined : wholeNumber(threads, '--threads', 1, MOST_THREADS),
  };
}

/** Parses an option's argument: a whole number from `least` to `most`. */
export function wholeNumber(text: string, option: string, least: number, most = Infinity): number {
  const value = Number(text);
  if (text.trim() === '' || !Number.isSafeInteger(value) || value < least || value > most) {
    const range = most === Infinity ? `of at least ${least}` : `from ${least} to ${most}`;
    throw new UserError(`${option} is "${text}"; give a whole number ${range}`);
  }
  return value;
}
