import { groupsOf, type Network } from '../model/network.js';
import { GRADIENT, inputName, outputName } from '../program/sources.js';
import type { StateView } from '../program/compiled.js';
import type { Device, DeviceTensor } from '../runtime/device.js';
import type { Path } from '../space/space.js';
import { zeros } from '../tensor/tensor.js';
import { groupsAt } from './state.js';

/**
 * What the batches of one step pass on to the next, on a device: the accumulated gradient and the BatchNorm statistics.
 * Only the step's last batch writes the statistics to the state. So between two batches the state is still that of the
 * previous step, and can be saved at any time.
 */
export class Accumulator {
  private constructor(
    private readonly device: Device,
    private readonly network: Network,
    /** By input name. */
    private readonly gradients: ReadonlyMap<string, DeviceTensor>,
    private readonly statistics: ReadonlyMap<string, DeviceTensor>,
  ) {}

  static async create(device: Device, network: Network): Promise<Accumulator> {
    const gradients = new Map<string, DeviceTensor>();
    const statistics = new Map<string, DeviceTensor>();
    for (const group of groupsOf(network)) {
      gradients.set(inputName(group, GRADIENT), await device.upload(zeros('float32', [group.size])));
      if (group.bufferSize === 0) continue;
      statistics.set(inputName(group, 'buffers'), await device.upload(zeros('float32', [group.bufferSize])));
    }
    return new Accumulator(device, network, gradients, statistics);
  }

  /**
   * The vectors that the program of batch `batch` of a step reads and replaces: the accumulated gradient, and the
   * statistics after earlier batches. The `last` batch writes the state's statistics.
   */
  at(path: Path, { batch, last }: { readonly batch: number; readonly last: boolean }): StateView {
    const readable = new Map([...this.gradients, ...(batch === 0 ? [] : this.statistics)]);
    return {
      inputs: (names) =>
        Object.fromEntries(
          names.flatMap((name) => {
            const slot = readable.get(name);
            return slot === undefined ? [] : [[name, slot] as const];
          }),
        ),
      updates: (outputs) => this.updates(path, outputs, last),
    };
  }

  private updates(path: Path, outputs: readonly string[], last: boolean): Record<string, DeviceTensor> {
    const updates: Record<string, DeviceTensor> = {};
    const known = new Set(outputs);
    for (const { branch, at, group } of groupsAt(this.network, path)) {
      for (const [vector, slots] of [
        [GRADIENT, this.gradients],
        ['buffers', last ? undefined : this.statistics],
      ] as const) {
        const name = outputName(branch, vector, at);
        const slot = slots?.get(inputName(group, vector));
        if (slot !== undefined && known.has(name)) updates[name] = slot;
      }
    }
    return updates;
  }

  /** Frees the device memory. */
  free(): void {
    for (const slot of [...this.gradients.values(), ...this.statistics.values()]) this.device.free(slot);
  }
}
