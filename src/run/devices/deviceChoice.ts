/** `--device auto`: the fastest engine for a run's networks whose results agree with ONNX Runtime's. */
import type { Config } from '../../config/config.js';
import { architecture } from '../../family/architecture.js';
import type { Architecture } from '../../family/family.js';
import { block } from '../../family/glit/block.js';
import { glitArchitecture } from '../../family/glit/architecture.js';
import { Interrupted, stopIfAborted, UserError } from '../../errors.js';
import { pathFeed, plainNetwork, type Network } from '../../model/network.js';
import { CompiledProgram } from '../../program/compiled.js';
import { pixelImages } from '../../program/images.js';
import { seeded } from '../../random/rng.js';
import { openDevice, type DeviceKind, type DeviceOptions, type Precision } from '../../runtime/device.js';
import { quantile } from '../../statistics/quantile.js';
import type { DeviceChosen, DeviceTried } from '../../telemetry/events.js';
import { float32, scalar, tensor } from '../../tensor/tensor.js';
import { smoothTargets } from '../../train/loss.js';
import { optimizerFeeds } from '../../train/optimize.js';
import { adamw } from '../../train/optimizers/adamw.js';
import { NetworkState } from '../../train/state.js';
import { trainingStep } from '../../train/step.js';
import { backboneOf } from '../levels/hierarchicalSearch.js';

/** An engine that `auto` tries. */
interface Engine {
  readonly kind: DeviceKind;
  readonly precision: Precision;
  /** The largest relative difference from ONNX Runtime's loss and gradient norm over the steps of the check. */
  readonly bound: number;
}

/** ONNX Runtime first: the others are compared with it. A GPU is another device, not another engine of this one. */
const ENGINES: readonly Engine[] = [
  { kind: 'cpu', precision: 'float32', bound: 0 },
  // The rounding of float32, after a few steps of AdamW.
  { kind: 'openvino', precision: 'float32', bound: 1e-3 },
  // bfloat16 carries 8 bits, and a step sums over thousands of products.
  { kind: 'openvino', precision: 'bfloat16', bound: 2e-2 },
];

/** Steps that are compared and not timed, and steps that are timed. */
const COMPARED = 3;
const TIMED = 5;
const CLASSES = 10;

/** A device in place of `auto`, and what was measured to choose it. */
export interface Choice {
  readonly device: Config['device'] & { readonly kind: DeviceKind };
  readonly chosen: DeviceChosen;
}

export interface ChoiceOptions {
  /** The network to compare with. Default: one of the configuration's size, with convolution heads and attention heads. */
  readonly architecture?: Architecture | undefined;
  /** Default: the configuration's. */
  readonly threads?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Trains a network of the run for a few steps on every engine that there is, and takes the fastest that computes what
 * ONNX Runtime does: in the given precision if one is given, else in any. Throws a UserError when none has the given one.
 */
export async function chooseDevice(
  config: Config,
  { architecture: given = mixedNetwork(config), threads = config.device.threads, signal }: ChoiceOptions = {},
): Promise<Choice> {
  const network = plainNetwork(
    architecture(given.family, { ...given, backbone: { ...given.backbone, classes: CLASSES } }),
  );
  const { kind: _, precision, ...rest } = config.device;
  const tried: DeviceTried[] = [];
  let expected: readonly number[] | undefined;
  for (const { kind, precision: own, bound } of ENGINES) {
    const isWanted = precision === undefined || own === precision;
    if (kind !== 'cpu' && !isWanted) continue;
    try {
      const { results, milliseconds } = await measured({ kind, threads, precision: own }, network, config, signal);
      expected ??= results;
      const difference = Math.max(...expected.map((value, at) => Math.abs(results[at] - value) / Math.abs(value)));
      // `!(… <= …)` also catches NaN
      const wrong = !(difference <= bound) ? `its results are off by ${difference.toPrecision(1)}` : undefined;
      const refused = isWanted ? wrong : `it computes in ${own}`;
      tried.push({ device: kind, precision: own, milliseconds, ...(refused !== undefined && { refused }) });
    } catch (error) {
      // ONNX Runtime has to work; another engine that cannot compile or run the network is not taken.
      if (kind === 'cpu' || error instanceof Interrupted || !(error instanceof Error)) throw error;
      tried.push({ device: kind, precision: own, refused: error.message.split('\n', 1)[0] });
    }
  }
  const usable = tried.filter(({ refused }) => refused === undefined);
  const [best] = usable.sort((a, b) => (a.milliseconds ?? Infinity) - (b.milliseconds ?? Infinity));
  if (best === undefined) {
    const reasons = tried.map(({ device, refused }) => `${device}: ${refused}`).join('; ');
    throw new UserError(`no engine computes in ${precision} here (${reasons}); leave the precision out`);
  }
  const { device: kind, precision: taken } = best as DeviceTried & { readonly device: DeviceKind };
  return {
    device: { ...rest, kind, ...(taken !== 'float32' && { precision: taken }) },
    chosen: { type: 'deviceChosen', device: kind, precision: taken, tried },
  };
}

/** A GLiT of the configuration's size. From block to block it has another number of attention heads, of all that there can be. */
function mixedNetwork(config: Config): Architecture {
  const { depth, heads } = config.model;
  return glitArchitecture({
    name: 'the check of the device',
    backbone: backboneOf(config, CLASSES),
    blocks: Array.from({ length: depth }, (_, at) => {
      const globalHeads = (Math.ceil(heads / 2) + at) % (heads + 1);
      return block({ globalHeads, localHeads: heads - globalHeads }, config.space.defaults);
    }),
  });
}

/** Losses and gradient norms of the compared steps, and the milliseconds of a later one. */
async function measured(options: DeviceOptions, network: Network, config: Config, signal: AbortSignal | undefined) {
  const { batchSize } = config.retrain.recipe;
  const device = await openDevice(options);
  try {
    const optimizer = adamw();
    const images = pixelImages(batchSize, network.backbone.imageSize, network.preprocessing);
    const graph = trainingStep(network, images, { optimizer, clipNorm: 1, dropPath: false });
    const program = await CompiledProgram.compile(device, graph, 'the check of the device');
    const state = await NetworkState.initialize(device, network, seeded(1), { slots: optimizer.slots });
    const feeds = feedsFor(network, batchSize);
    const results: number[] = [];
    const milliseconds: number[] = [];
    for (let step = 1; step <= COMPARED + TIMED; step++) {
      stopIfAborted(signal);
      const scalars = optimizerFeeds(network, optimizer, { updates: step, learningRate: 1e-4, weightDecay: 0.05 });
      const began = performance.now();
      const { loss, gradientNorm } = await program
        .on(state.at(network.choices.map(() => 0)))
        .run({ ...feeds, ...scalars });
      if (step > COMPARED) milliseconds.push(performance.now() - began);
      else results.push(Number(loss.data[0]), Number(gradientNorm.data[0]));
    }
    return {
      results,
      milliseconds: quantile(
        milliseconds.sort((a, b) => a - b),
        0.5,
      ),
    };
  } finally {
    await device.close();
  }
}

function feedsFor(network: Network, batch: number) {
  const { imageSize } = network.backbone;
  const draws = seeded('the check of the device');
  const pixels = Uint8Array.from({ length: batch * 3 * imageSize * imageSize }, () => 256 * draws.uniform());
  const labels = Array.from({ length: batch }, (_, at) => at % CLASSES);
  return {
    images: tensor('uint8', [batch, 3, imageSize, imageSize], pixels),
    path: pathFeed(
      network,
      network.choices.map(() => 0),
    ),
    targets: tensor('float32', [batch, CLASSES], smoothTargets(labels, CLASSES, 0.1)),
    keep: float32([0], []),
    momentum: scalar(0.1),
  };
}
