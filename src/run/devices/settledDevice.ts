import type { Config } from '../../config/config.js';
import { UserError } from '../../errors.js';
import type { DeviceKind, DeviceOptions } from '../../runtime/device.js';

/** The device of a configuration, with `auto` settled. Throws a UserError where it is not: only a new run chooses. */
export function settledDevice({ kind, ...options }: Config['device']): DeviceOptions & { readonly kind: DeviceKind } {
  if (kind !== 'auto') return { kind, ...options };
  throw new UserError('--device auto is settled when a run starts; name a device here');
}
