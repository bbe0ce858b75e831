import { stopIfAborted } from '../errors.js';
import type { Architecture } from '../family/family.js';
import { groupsOf, plainNetwork } from '../model/network.js';
import { inferenceModel } from '../program/inference.js';
import type { Rng } from '../random/rng.js';
import type { Device, Program } from '../runtime/device.js';
import { tensor, type Tensor } from '../tensor/tensor.js';
import { latenciesOf, type Latency, type Visit } from './drift.js';
import { quantile } from './errors.js';

export interface StopwatchSettings {
  /** Images per run. */
  readonly batch: number;
  /** How often each network is visited. */
  readonly rounds: number;
  /** Runs of each network before the first round. */
  readonly warmUp: number;
  /** For weights, images and the order in each round. */
  readonly rng: Rng;
  /** Called after each visit. */
  readonly onVisit?: () => void;
  readonly signal?: AbortSignal | undefined;
}

/** The runs of a visit take about this long, within the limits below. */
const VISIT_MILLISECONDS = 10;
const FEWEST_RUNS = 3;
const MOST_RUNS = 20;

/** Sessions that are open at once have models of this size together: ONNX Runtime keeps its own copy of the weights. */
const OPEN_BYTES = 2 ** 29;

/**
 * Times networks with random weights as the models that glit exports. Every round visits all networks in another order,
 * so that what slows the machine for some seconds slows all of them; {@link latenciesOf} takes it out. Other programs can
 * only add time, so the runs of a visit count with their tenth percentile: a latency is what a network takes while little
 * disturbs it.
 */
export async function timeNetworks(
  device: Device,
  architectures: readonly Architecture[],
  settings: StopwatchSettings,
): Promise<readonly Latency[]> {
  const latencies: Latency[] = [];
  let open: Program[] = [];
  let bytes = 0;
  const timeOpen = async (): Promise<void> => {
    try {
      latencies.push(...(await timePrograms(open, imagesFor(architectures[0], settings), settings)));
    } finally {
      for (const program of open) await program.release();
      open = [];
      bytes = 0;
    }
  };
  for (const architecture of architectures) {
    stopIfAborted(settings.signal);
    const model = randomModel(architecture, settings.rng);
    if (open.length > 0 && bytes + model.byteLength > OPEN_BYTES) await timeOpen();
    open.push(await device.compile(model, 'network to time'));
    bytes += model.byteLength;
  }
  if (open.length > 0) await timeOpen();
  return latencies;
}

async function timePrograms(
  programs: readonly Program[],
  images: Tensor,
  { rounds, warmUp, rng, onVisit, signal }: StopwatchSettings,
): Promise<readonly Latency[]> {
  const feeds = { pixel_values: images };
  const runs: number[] = [];
  for (const program of programs) {
    stopIfAborted(signal);
    const took = await program.time(feeds, Math.max(1, warmUp));
    const runsInVisit = Math.round(VISIT_MILLISECONDS / quantile(took, 0.5));
    runs.push(Math.min(MOST_RUNS, Math.max(FEWEST_RUNS, runsInVisit)));
  }
  const visits: Visit[] = [];
  for (let round = 0; round < rounds; round++) {
    for (const at of rng.fork('order').fork(round).permutation(programs.length)) {
      stopIfAborted(signal);
      visits.push({ network: at, milliseconds: quantile(await programs[at].time(feeds, runs[at]), 0.1) });
      onVisit?.();
    }
  }
  return latenciesOf(visits, programs.length);
}

/** The exported model of an architecture with drawn weights. */
function randomModel(architecture: Architecture, rng: Rng): Uint8Array {
  const network = plainNetwork(architecture);
  const weights = new Map<string, Tensor>();
  for (const group of groupsOf(network)) {
    const { parameters, buffers } = group.initialize(rng.fork('weights'));
    for (const [name, value] of group.unpack(parameters, buffers)) weights.set(name, value);
  }
  return inferenceModel(network, weights);
}

function imagesFor({ backbone: { imageSize } }: Architecture, { batch, rng }: StopwatchSettings): Tensor {
  const data = new Float32Array(batch * 3 * imageSize ** 2);
  rng.fork('images').fillNormal(data);
  return tensor('float32', [batch, 3, imageSize, imageSize], data);
}
