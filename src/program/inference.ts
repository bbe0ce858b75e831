import { constant, input, lower } from '../graph/index.js';
import { Scope } from '../nn/scope.js';
import { tensor, type Tensor } from '../tensor/tensor.js';
import { forward, groupsOf, type GroupSource, type Network } from '../model/network.js';
import { evaluationPhases } from './sources.js';

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
    phases: evaluationPhases(network),
  });
  return lower({ logits }, { freeBatch: true, metadata });
}
