import { input, lower } from '../graph/index.js';
import { forward, type Network } from '../model/network.js';
import type { Tensor } from '../tensor/tensor.js';
import { evaluationPhases, fixedGroups } from './sources.js';

/**
 * A plain network with its weights as an ONNX model for use anywhere: input `pixel_values`, normalised float32 [batch,
 * 3, S, S] with a free batch size, output `logits` [batch, classes]. `weights` are the network's variables by name,
 * which become initializers with the same names.
 */
export function inferenceModel(
  network: Network,
  weights: ReadonlyMap<string, Tensor>,
  metadata: Readonly<Record<string, string>> = {},
): Uint8Array {
  const { imageSize } = network.backbone;
  const { trunk, choices } = fixedGroups(network, weights);
  const { logits } = forward(network, {
    images: input('pixel_values', 'float32', [1, 3, imageSize, imageSize]),
    trunk,
    choices,
    phases: evaluationPhases(network),
  });
  return lower({ logits }, { freeBatch: true, metadata });
}
