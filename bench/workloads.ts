import { costOf } from '../src/model/cost.js';
import { IMAGENET_NORMALIZATION, normalizePixels, pixelImages } from '../src/model/images.js';
import { evaluationProgram, inferenceModel } from '../src/model/inference.js';
import { groupsOf, plainNetwork, type Network } from '../src/model/network.js';
import { seeded } from '../src/random/rng.js';
import type { Device } from '../src/runtime/device.js';
import { architecture, type Architecture } from '../src/space/architecture.js';
import { blocksOf, type Path } from '../src/space/space.js';
import { float32, int64, scalar, tensor, type Tensor } from '../src/tensor/tensor.js';
import { adamwScalars } from '../src/train/adamw.js';
import { smoothTargets } from '../src/train/loss.js';
import { NetworkState } from '../src/train/state.js';
import { trainingStep } from '../src/train/step.js';
import { timed, type Subject } from './timing.js';

/** A network at work on batches of one size: every call of `run` is one step or one batch. */
export interface Workload extends Subject {
  readonly images: number;
  /** Floating-point operations of one run: two for every multiply-add, and three passes in training. */
  readonly flop: number;
  close(): Promise<void>;
}

/** Training steps with clipping, as the trainer makes them: images from the host, everything else on the device. */
export async function training(
  name: string,
  device: Device,
  network: Network,
  batch: number,
  path: Path = network.choices.map(() => 0),
): Promise<Workload> {
  const { imageSize, classes } = network.backbone;
  const program = await device.compile(
    trainingStep(network, pixelImages(batch, imageSize, IMAGENET_NORMALIZATION), { clipNorm: 1, dropPath: false }),
    name,
  );
  const state = await NetworkState.initialize(device, network, seeded(1), { moments: true });
  const [inputs, outputs] = [program.signature.inputs, program.signature.outputs].map((infos) =>
    infos.map((info) => info.name),
  );
  const labels = Array.from({ length: batch }, (_, at) => at % classes);
  const fixed = {
    ...state.inputs(inputs),
    ...pathInput(inputs, path),
    images: pixels(batch, imageSize),
    targets: tensor('float32', [batch, classes], smoothTargets(labels, classes, 0.1)),
    momentum: scalar(0.1),
  };
  const updates = state.updates(path, outputs);
  let step = 0;
  const work = (): Promise<unknown> => {
    const { stepSize, epsilon, keep } = adamwScalars({ step: ++step, learningRate: 1e-4, weightDecay: 0.05 });
    const rates = {
      stepSize: scalar(stepSize),
      epsilon: scalar(epsilon),
      decayFactor: scalar(keep),
    };
    return program.run(known(inputs, { ...fixed, ...rates }), { outputs: ['loss'], updates });
  };
  return {
    ...timed(name, work),
    images: batch,
    flop: 6 * batch * costOf(architectureOf(network, path)).macs,
    async close() {
      await program.release();
      state.free();
    },
  };
}

/** A network of its own as it is exported: weights are constants, images come normalised from the host. */
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

/** A path of a supernet as the search scores it: weights and path are inputs, images come as pixels. */
export async function candidate(
  name: string,
  device: Device,
  network: Network,
  batch: number,
  path: Path,
): Promise<Workload> {
  const { imageSize } = network.backbone;
  const images = pixelImages(batch, imageSize, IMAGENET_NORMALIZATION);
  const program = await device.compile(evaluationProgram(network, images), name);
  const state = await NetworkState.initialize(device, network, seeded(1));
  const names = program.signature.inputs.map((info) => info.name);
  const inputs = { ...state.inputs(names), ...pathInput(names, path), images: pixels(batch, imageSize) };
  return {
    ...timed(name, () => program.run(inputs)),
    images: batch,
    flop: 2 * batch * costOf(architectureOf(network, path)).macs,
    async close() {
      await program.release();
      state.free();
    },
  };
}

/** The network of one path on its own. */
export function alone(network: Network, path: Path): Network {
  return plainNetwork(architectureOf(network, path));
}

function architectureOf({ backbone, space }: Network, path: Path): Architecture {
  return architecture({ backbone, blocks: blocksOf(space, path) });
}

function pathInput(names: readonly string[], path: Path): Record<string, Tensor> {
  return names.includes('path') ? { path: int64([path.length], path) } : {};
}

/** Networks without BatchNorm take no momentum. */
function known<T>(names: readonly string[], values: Readonly<Record<string, T>>): Record<string, T> {
  return Object.fromEntries(Object.entries(values).filter(([name]) => names.includes(name)));
}

function pixels(batch: number, size: number): Tensor<'uint8'> {
  const data = Uint8Array.from({ length: batch * 3 * size * size }, (_, at) => (at * 7919) % 256);
  return tensor('uint8', [batch, 3, size, size], data);
}
