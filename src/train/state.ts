import { groupsOf, type Network } from '../model/network.js';
import { inputName, outputName, VECTORS, type Vector } from '../model/sources.js';
import type { ParameterGroup } from '../nn/group.js';
import type { Rng } from '../random/rng.js';
import type { Device, DeviceTensor } from '../runtime/device.js';
import type { Path } from '../space/space.js';
import { zeros, type Tensor } from '../tensor/tensor.js';

/** Variables of a network by name, on the host: what a weights file holds. */
export type Weights = ReadonlyMap<string, Tensor<'float32'>>;

/** Which vectors a state holds besides parameters and buffers. */
export interface StateOptions {
  /** Adam's moments. */
  readonly moments?: boolean;
  /** The moving average of parameters and buffers. */
  readonly average?: boolean;
}

/**
 * The flat vectors of a network on a device, where training steps replace them. Programs name them by group: feed
 * {@link inputs}, and let {@link updates} take the results of a path.
 */
export class NetworkState {
  private constructor(
    readonly network: Network,
    private readonly device: Device,
    private readonly slots: ReadonlyMap<string, DeviceTensor>,
  ) {}

  /** A network's state from its first values: those named in `start`, the others drawn. */
  static initialize(
    device: Device,
    network: Network,
    rng: Rng,
    { start, ...options }: StateOptions & { readonly start?: Weights | undefined } = {},
  ): Promise<NetworkState> {
    return NetworkState.upload(device, network, (group) => group.initialize(rng, start), options);
  }

  /** A network's state from named weights. Throws a RangeError that names one that is missing or of another shape. */
  static load(device: Device, network: Network, weights: Weights, options: StateOptions = {}): Promise<NetworkState> {
    return NetworkState.upload(device, network, (group) => group.pack(weights), options);
  }

  private static async upload(
    device: Device,
    network: Network,
    valuesOf: (group: ParameterGroup) => { readonly parameters: Tensor; readonly buffers: Tensor },
    { moments = false, average = false }: StateOptions,
  ): Promise<NetworkState> {
    const slots = new Map<string, DeviceTensor>();
    for (const group of groupsOf(network)) {
      const { parameters, buffers } = valuesOf(group);
      const moment = zeros('float32', [moments ? group.size : 0]);
      const vectors: Readonly<Record<Vector, Tensor>> = {
        parameters,
        buffers,
        first: moment,
        second: moment,
        average: average ? parameters : zeros('float32', [0]),
        averageBuffers: average ? buffers : zeros('float32', [0]),
      };
      for (const vector of VECTORS) {
        if (vectors[vector].data.length > 0) slots.set(inputName(group, vector), await device.upload(vectors[vector]));
      }
    }
    return new NetworkState(network, device, slots);
  }

  /** The vectors that a program reads, by input name. */
  inputs(names: readonly string[]): Record<string, DeviceTensor> {
    return Object.fromEntries(names.flatMap((name) => this.entry(name)));
  }

  /** For each output of a program that is a new vector of the path's choices, or of the trunk: what it replaces. */
  updates(path: Path, outputs: readonly string[]): Record<string, DeviceTensor> {
    return Object.fromEntries(
      groupsAt(this.network, path).flatMap(({ position, group }) =>
        VECTORS.flatMap((vector) => {
          const name = outputName(position, vector);
          const slot = this.slots.get(inputName(group, vector));
          return slot !== undefined && outputs.includes(name) ? [[name, slot] as const] : [];
        }),
      ),
    );
  }

  /** The variables by name, on the host. */
  weights(): Promise<Weights> {
    return this.named('parameters', 'buffers');
  }

  /** The moving averages by name, on the host; undefined when none are kept. */
  async averages(): Promise<Weights | undefined> {
    const kept = this.slots.has(inputName(this.network.trunk, 'average'));
    return kept ? this.named('average', 'averageBuffers') : undefined;
  }

  private async named(parameters: Vector, buffers: Vector): Promise<Weights> {
    const weights = new Map<string, Tensor<'float32'>>();
    for (const group of groupsOf(this.network)) {
      const flat = await this.vector(group, parameters);
      const state = await this.vector(group, buffers);
      for (const [name, value] of group.unpack(flat, state)) weights.set(name, value);
    }
    return weights;
  }

  private async vector(group: ParameterGroup, vector: Vector): Promise<Tensor<'float32'>> {
    const slot = this.slots.get(inputName(group, vector));
    return slot === undefined ? zeros('float32', [0]) : ((await this.device.download(slot)) as Tensor<'float32'>);
  }

  /** Every vector under its input name: what a training run needs to go on later. */
  async snapshot(): Promise<Map<string, Tensor>> {
    const vectors = new Map<string, Tensor>();
    for (const [name, slot] of this.slots) vectors.set(name, await this.device.download(slot));
    return vectors;
  }

  /** Puts back a {@link snapshot} of the same network. */
  async restore(vectors: ReadonlyMap<string, Tensor>): Promise<void> {
    for (const [name, slot] of this.slots) {
      const vector = vectors.get(name);
      if (vector === undefined) throw new RangeError(`${name} is missing in the snapshot`);
      await this.device.write(slot, vector);
    }
  }

  /** Gives the memory on the device back. */
  free(): void {
    for (const slot of this.slots.values()) this.device.free(slot);
  }

  private entry(name: string): [string, DeviceTensor][] {
    const slot = this.slots.get(name);
    return slot === undefined ? [] : [[name, slot]];
  }
}

/** The groups that a path uses, and the place of each: the trunk, and the chosen one of every block. */
export function groupsAt(
  { trunk, choices }: Network,
  path: Path,
): readonly { readonly position: 'trunk' | number; readonly group: ParameterGroup }[] {
  return [
    { position: 'trunk', group: trunk },
    ...path.map((choice, position) => ({ position, group: choices[position][choice] })),
  ];
}
