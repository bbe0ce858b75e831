import { constant, input, lower, type Value } from '../graph/index.js';
import { Scope } from '../nn/scope.js';
import { tensor, type Tensor } from '../tensor/tensor.js';
import { forward, groupsOf, type GroupSource, type Network } from './network.js';
import { evaluationPhases, fedGroup, outputName, trainingPhases } from './sources.js';

/**
 * Evaluation as an ONNX model whose weights are inputs: what `images` reads, the flat vectors of every group, and for a
 * supernet `path` int64 [depth]. Output: `logits` [B, classes].
 */
export function evaluationProgram(network: Network, images: Value): Uint8Array {
  const { logits } = forward(network, {
    images,
    path: input('path', 'int64', [network.choices.length]),
    trunk: fedGroup(network.trunk),
    choices: network.choices.map((groups) => groups.map(fedGroup)),
    phases: evaluationPhases(network.choices.length),
  });
  return lower({ logits });
}

/**
 * A forward pass in training mode, without drop path, that only moves BatchNorm's running statistics: inputs as in
 * {@link evaluationProgram} and the scalar `momentum`; for each block the output `next.blocks.<i>.buffers`.
 * Undefined when no choice has statistics.
 */
export function calibrationProgram(network: Network, images: Value): Uint8Array | undefined {
  const depth = network.choices.length;
  const { buffers } = forward(network, {
    images,
    path: input('path', 'int64', [depth]),
    trunk: fedGroup(network.trunk),
    choices: network.choices.map((groups) => groups.map(fedGroup)),
    phases: trainingPhases(depth, input('momentum', 'float32', [])),
  });
  const outputs = buffers.flatMap((value, position) =>
    value === undefined ? [] : [[outputName(position, 'buffers'), value] as const],
  );
  return outputs.length === 0 ? undefined : lower(Object.fromEntries(outputs));
}

/**
 * A plain network with its weights as an ONNX model for use anywhere: input `pixel_values`, normalised float32
 * [batch, 3, S, S] with a free batch size, output `logits` [batch, classes]. `weights` are the network's variables by name.
 */
export function inferenceModel(
  network: Network,
  weights: ReadonlyMap<string, Tensor>,
  metadata: Readonly<Record<string, string>> = {},
): Uint8Array {
  const { imageSize } = network.backbone;
  const [trunk, ...choices] = groupsOf(network).map((group): GroupSource => {
    const { parameters, buffers } = group.pack(weights);
    const named = [...group.unpack(parameters, buffers)].map(
      ([name, { shape, data }]) => [name.slice(group.prefix.length), constant(tensor('float32', shape, data))] as const,
    );
    return { captures: [], open: () => Scope.over(new Map(named)) };
  });
  const { logits } = forward(network, {
    images: input('pixel_values', 'float32', [1, 3, imageSize, imageSize]),
    trunk,
    choices: choices.map((source) => [source]),
    phases: evaluationPhases(choices.length),
  });
  return lower({ logits }, { freeBatch: true, metadata });
}
