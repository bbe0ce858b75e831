import { costOf } from '../src/measure/cost.js';
import { normalizePixels, pixelImages } from '../src/program/images.js';
import { IMAGENET_NORMALIZATION } from '../src/family/preprocessing.js';
import { inferenceModel } from '../src/program/inference.js';
import { evaluationProgram } from '../src/program/evaluation.js';
import { architectureOf } from '../src/model/inherit.js';
import { groupsOf, pathFeed, plainNetwork, type Network } from '../src/model/network.js';
import { CompiledProgram } from '../src/program/compiled.js';
import { seeded } from '../src/random/rng.js';
import type { Device } from '../src/runtime/device.js';
import type { Path } from '../src/space/space.js';
import { float32, scalar, tensor, type Tensor } from '../src/tensor/tensor.js';
import { optimizerFeeds } from '../src/train/optimize.js';
import { adamw } from '../src/train/optimizers/adamw.js';
import { smoothTargets } from '../src/train/loss.js';
import { NetworkState } from '../src/train/state.js';
import { trainingStep } from '../src/train/step.js';
import { timed, type Subject } from './timing.js';

/** A network workload with a fixed batch size: every call of `run` is one step or one batch. */
export interface Workload extends Subject {
  readonly images: number;
  /** Floating-point operations of one run: two per multiply-add, and three passes in training. */
  readonly flop: number;
  close(): Promise<void>;
}

/** Training steps with clipping, as in training: images from the host, everything else on the device. */
export async function training(
  name: string,
  device: Device,
  network: Network,
  batch: number,
  path: Path = network.choices.map(() => 0),
  clock: typeof timed = timed,
): Promise<Workload> {
  const { imageSize, classes } = network.backbone;
  const optimizer = adamw();
  const images = pixelImages(batch, imageSize, IMAGENET_NORMALIZATION);
  const graph = trainingStep(network, images, { optimizer, clipNorm: 1, dropPath: false });
  const program = await CompiledProgram.compile(device, graph, name);
  const state = await NetworkState.initialize(device, network, seeded(1), { slots: optimizer.slots });
  const labels = Array.from({ length: batch }, (_, at) => at % classes);
  const fixed = {
    images: pixels(batch, imageSize),
    path: pathFeed(network, path),
    targets: tensor('float32', [batch, classes], smoothTargets(labels, classes, 0.1)),
    keep: float32([0], []),
    momentum: scalar(0.1),
  };
  let step = 0;
  const work = (): Promise<unknown> => {
    const scalars = optimizerFeeds(network, optimizer, { updates: ++step, learningRate: 1e-4, weightDecay: 0.05 });
    return program.on(state.at(path)).run({ ...fixed, ...scalars });
  };
  return {
    ...clock(name, work),
    images: batch,
    flop: 6 * batch * costOf(architectureOf(network, path)).macs,
    async close() {
      await program.release();
      state.free();
    },
  };
}

/** An exported network: weights are constants, images come normalised from the host. */
export async function inference(name: string, device: Device, network: Network, batch: number): Promise<Workload> {
  const { imageSize } = network.backbone;
  const weights = new Map<string, Tensor<'float32'>>();
  for (const group of groupsOf(network)) {
    const { parameters, buffers } = group.initialize(seeded(1));
    for (const [variable, value] of group.unpack(parameters, buffers)) weights.set(variable, value);
  }
  const program = await device.compile(inferenceModel(network, weights), name);
  const normalized = normalizePixels(pixels(batch, imageSize).data, imageSize, IMAGENET_NORMALIZATION);
  const inputs = { pixel_values: float32([batch, 3, imageSize, imageSize], normalized) };
  const path = network.choices.map(() => 0);
  return {
    ...timed(name, () => program.run(inputs)),
    images: batch,
    flop: 2 * batch * costOf(architectureOf(network, path)).macs,
    close: () => program.release(),
  };
}

/** A supernet path as in scoring: weights and path are inputs, images come as pixels. */
export async function candidate(
  name: string,
  device: Device,
  network: Network,
  batch: number,
  path: Path,
  clock: typeof timed = timed,
): Promise<Workload> {
  const { imageSize } = network.backbone;
  const images = pixelImages(batch, imageSize, IMAGENET_NORMALIZATION);
  const program = await CompiledProgram.compile(device, evaluationProgram(network, images), name);
  const state = await NetworkState.initialize(device, network, seeded(1));
  const bound = program.on(state.at(path));
  const feeds = { images: pixels(batch, imageSize), path: pathFeed(network, path) };
  return {
    ...clock(name, () => bound.run(feeds)),
    images: batch,
    flop: 2 * batch * costOf(architectureOf(network, path)).macs,
    async close() {
      await program.release();
      state.free();
    },
  };
}

/** The plain network of one path. */
export function alone(network: Network, path: Path): Network {
  return plainNetwork(architectureOf(network, path));
}

function pixels(batch: number, size: number): Tensor<'uint8'> {
  const data = Uint8Array.from({ length: batch * 3 * size * size }, (_, at) => (at * 7919) % 256);
  return tensor('uint8', [batch, 3, size, size], data);
}
