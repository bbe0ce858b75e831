import type { Communicator } from '../comm/communicator.js';
import type { StepShare } from '../loader/loader.js';
import type { Network } from '../model/network.js';
import { GRADIENT, inputName } from '../program/sources.js';
import type { StateView } from '../program/compiled.js';
import type { Device, DeviceTensor } from '../runtime/device.js';
import type { Path } from '../space/space.js';
import { tensor, type Tensor } from '../tensor/tensor.js';
import { groupsAt } from './state.js';

/** The sums of a step over all ranks, on the host. */
export interface StepSums {
  readonly tally: readonly number[];
  /** Queues the writing of gradient and statistics to the device; everything is queued when this returns. */
  readonly write: () => Promise<unknown>;
}

/** What a rank brings to the sum of a step. */
export interface RankPart {
  readonly path: Path;
  readonly share: StepShare;
  /** Of the running statistics. */
  readonly momentum: number;
  /** The state before the step. */
  readonly before: StateView;
  /** What this rank accumulated. */
  readonly own: StateView;
  readonly tally: readonly number[];
}

/**
 * Adds up what the ranks accumulated in a step, in one all-reduce: the gradients of the path's groups, the BatchNorm
 * statistics, and a tally.
 *
 * One process moves the running statistics batch by batch, r ← (1 − m) r + m s. Over the n batches of a step that is a
 * sum, of which every rank can compute a part. With c batches per rank, rank k starts at r as all do, and then has R. The
 * statistics after the step are (1 − m)^n r + Σ_k (1 − m)^(n − c (k + 1)) (R − (1 − m)^c r), the same up to rounding.
 */
export class RankSum {
  constructor(
    private readonly ranks: Communicator,
    private readonly device: Device,
    private readonly network: Network,
  ) {}

  async of({ path, share, momentum, before, own, tally }: RankPart): Promise<StepSums> {
    const groups = groupsAt(this.network, path).map(({ group }) => group);
    const gradients = groups.flatMap((group) => Object.values(own.inputs([inputName(group, GRADIENT)])));
    const statistics = groups.flatMap((group) => {
      const name = [inputName(group, 'buffers')];
      const [was] = Object.values(before.inputs(name));
      const [is] = Object.values(own.inputs(name));
      return was === undefined || is === undefined ? [] : [{ was, is }];
    });
    const { first, count, of } = share;
    const kept = (batches: number): number => (1 - momentum) ** batches;
    const parts = await Promise.all([
      ...gradients.map((tensor) => this.read(tensor)),
      ...statistics.map(async ({ was, is }) => {
        const [old, moved] = await Promise.all([this.read(was), this.read(is)]);
        const [later, ofOwn, whole] = [kept(of - first - count), kept(count), first === 0 ? kept(of) : 0];
        return moved.map((value, at) => later * (value - ofOwn * old[at]) + whole * old[at]);
      }),
      Promise.resolve(Float32Array.from(tally)),
    ]);
    const values = joined(parts);
    await this.ranks.allReduce(values);

    const sums = split(values, parts);
    const tensors = [...gradients, ...statistics.map(({ was }) => was)];
    return {
      tally: [...sums[tensors.length]],
      write: () =>
        Promise.all(
          tensors.map((to, at) =>
            this.device.write(to, tensor('float32', to.shape, sums[at].slice()), { transfer: true }),
          ),
        ),
    };
  }

  private async read(from: DeviceTensor): Promise<Float32Array> {
    return ((await this.device.download(from)) as Tensor<'float32'>).data;
  }
}

function joined(parts: readonly Float32Array[]): Float32Array {
  const values = new Float32Array(parts.reduce((sum, { length }) => sum + length, 0));
  let start = 0;
  for (const part of parts) {
    values.set(part, start);
    start += part.length;
  }
  return values;
}

/** Views of `values` as long as `parts`. */
function split(values: Float32Array, parts: readonly Float32Array[]): readonly Float32Array[] {
  let start = 0;
  return parts.map(({ length }) => values.subarray(start, (start += length)));
}
