import type { Communicator } from '../comm/communicator.js';
import { groupsOf, type Network } from '../model/network.js';
import type { StateView } from '../program/compiled.js';
import { inputName, outputName, type Vector } from '../program/sources.js';
import type { ParameterGroup } from '../nn/group.js';
import type { Rng } from '../random/rng.js';
import type { Device, DeviceTensor } from '../runtime/device.js';
import type { Path } from '../space/space.js';
import { zeros, type Tensor } from '../tensor/tensor.js';

/** Variables of a network by name, on the host, as in a weights file. */
export type Weights = ReadonlyMap<string, Tensor<'float32'>>;

/** The vectors of a state besides parameters and buffers. */
export interface StateOptions {
  /** The optimizer's slots, initially zero. */
  readonly slots?: readonly string[];
  /** The moving average of parameters and buffers. */
  readonly average?: boolean;
}

/**
 * The flat vectors of a network on a device, where training steps replace them. Programs name them by group; {@link at}
 * gives those that a program of one path reads and replaces.
 */
export class NetworkState {
  private constructor(
    readonly network: Network,
    private readonly device: Device,
    private readonly vectors: readonly Vector[],
    private readonly tensors: ReadonlyMap<string, DeviceTensor>,
  ) {}

  /** A network's initial state: values in `start`, the others drawn. */
  static initialize(
    device: Device,
    network: Network,
    rng: Rng,
    { start, ...options }: StateOptions & { readonly start?: Weights | undefined } = {},
  ): Promise<NetworkState> {
    return NetworkState.upload(device, network, (group) => group.initialize(rng, start), options);
  }

  /**
   * A network's state from named weights. Throws a RangeError that names a weight that is missing or has a wrong shape.
   */
  static load(device: Device, network: Network, weights: Weights, options: StateOptions = {}): Promise<NetworkState> {
    return NetworkState.upload(device, network, (group) => group.pack(weights), options);
  }

  private static async upload(
    device: Device,
    network: Network,
    valuesOf: (group: ParameterGroup) => { readonly parameters: Tensor; readonly buffers: Tensor },
    { slots = [], average = false }: StateOptions,
  ): Promise<NetworkState> {
    const tensors = new Map<string, DeviceTensor>();
    const vectors = ['parameters', 'buffers', ...slots, ...(average ? ['average', 'averageBuffers'] : [])];
    for (const group of groupsOf(network)) {
      const { parameters, buffers } = valuesOf(group);
      const zero = zeros('float32', [group.size]);
      const first = new Map<Vector, Tensor>([
        ['parameters', parameters],
        ['buffers', buffers],
        ['average', parameters],
        ['averageBuffers', buffers],
      ]);
      for (const vector of vectors) {
        const value = first.get(vector) ?? zero;
        if (value.data.length > 0) tensors.set(inputName(group, vector), await device.upload(value));
      }
    }
    return new NetworkState(network, device, vectors, tensors);
  }

  /** The vectors that a program of this path reads and replaces: those of the trunk and of the path's choices. */
  at(path: Path): StateView {
    return {
      inputs: (names) =>
        Object.fromEntries(
          names.flatMap((name) => {
            const tensor = this.tensors.get(name);
            return tensor === undefined ? [] : [[name, tensor] as const];
          }),
        ),
      updates: (outputs) => {
        const known = new Set(outputs);
        return Object.fromEntries(
          groupsAt(this.network, path).flatMap(({ branch, at, group }) =>
            this.vectors.flatMap((vector) => {
              const name = outputName(branch, vector, at);
              const tensor = this.tensors.get(inputName(group, vector));
              return tensor !== undefined && known.has(name) ? [[name, tensor] as const] : [];
            }),
          ),
        );
      },
    };
  }

  /** The variables by name, on the host. */
  weights(): Promise<Weights> {
    return this.named('parameters', 'buffers');
  }

  /** The moving averages by name, on the host; undefined if there are none. */
  async averages(): Promise<Weights | undefined> {
    const kept = this.tensors.has(inputName(this.network.trunk, 'average'));
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
    const tensor = this.tensors.get(inputName(group, vector));
    return tensor === undefined ? zeros('float32', [0]) : ((await this.device.download(tensor)) as Tensor<'float32'>);
  }

  /** Every vector by input name: what a training run needs to resume. */
  async snapshot(): Promise<Map<string, Tensor>> {
    const vectors = new Map<string, Tensor>();
    for (const [name, tensor] of this.tensors) vectors.set(name, await this.device.download(tensor));
    return vectors;
  }

  /** Restores a {@link snapshot} of the same network. */
  async restore(vectors: ReadonlyMap<string, Tensor>): Promise<void> {
    for (const [name, tensor] of this.tensors) {
      const vector = vectors.get(name);
      if (vector === undefined) throw new RangeError(`${name} is missing in the snapshot`);
      await this.device.write(tensor, vector);
    }
  }

  /** Makes the vectors on all ranks those of rank 0, to the last bit. */
  async spread(ranks: Communicator): Promise<void> {
    if (ranks.size === 1) return;
    for (const tensor of this.tensors.values()) {
      const own = ranks.rank === 0 ? bytesOf(await this.device.download(tensor)) : new Uint8Array(0);
      const bytes = await ranks.broadcast(0, own);
      if (ranks.rank === 0) continue;
      const values = new Float32Array(bytes.buffer, bytes.byteOffset, bytes.length / Float32Array.BYTES_PER_ELEMENT);
      await this.device.write(tensor, { dtype: 'float32', shape: tensor.shape, data: values });
    }
  }

  /** Frees the device memory. */
  free(): void {
    for (const tensor of this.tensors.values()) this.device.free(tensor);
  }
}

function bytesOf({ data }: Tensor): Uint8Array {
  return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
}

/** The groups of a path, with their outputs' names: the trunk's, and those of the option of every branch. */
export function groupsAt(
  { trunk, branches }: Network,
  path: Path,
): readonly { readonly branch: 'trunk' | number; readonly at: number; readonly group: ParameterGroup }[] {
  return [
    { branch: 'trunk', at: 0, group: trunk },
    ...branches.flatMap(({ position, options, optionOf }, branch) =>
      options[optionOf[path[position]]].variables.groups.map((group, at) => ({ branch, at, group })),
    ),
  ];
}
