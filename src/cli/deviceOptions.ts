import { type Command, Option } from 'commander';
import { UserError } from '../errors.js';
import { DEVICE_KINDS, type DeviceKind } from '../runtime/device.js';

/** Adds the options for where a finished model runs. */
export function addDeviceOptions(command: Command): Command {
  return command
    .addOption(new Option('--device <kind>', 'where the model runs').choices(DEVICE_KINDS).default('cpu'))
    .option('--threads <count>', 'threads of the cpu device');
}

/** The values of {@link addDeviceOptions}. */
export function deviceOf(command: Command): { readonly kind: DeviceKind; readonly threads: number | undefined } {
  const { device, threads } = command.opts<{ device: DeviceKind; threads?: string }>();
  return { kind: device, threads: threads === undefined ? undefined : wholeNumber(threads, '--threads', 1) };
}

/** Parses an option's argument: a whole number of at least `least`. */
export function wholeNumber(text: string, option: string, least: number): number {
  const value = Number(text);
  if (text.trim() === '' || !Number.isSafeInteger(value) || value < least) {
    throw new UserError(`${option} is "${text}"; give a whole number of at least ${least}`);
  }
  return value;
}
