import { architecture } from '../family/architecture.js';
import type { Tensor } from '../tensor/tensor.js';
import { architectureOf } from './inherit.js';
import { plainNetwork, type Network } from './network.js';
import { readStateDict, shapesOf, type StateDict } from './stateDict.js';

/**
 * First values for training a plain network from weights of the same architecture, which may be for another number of
 * classes and another image size: then the classifier is left out, to be drawn, and what depends on the image size is
 * resized by the family. The weights may have the names of this project or any official ones; `source` names them in
 * errors, usually the file.
 *
 * Throws a UserError that names the first tensor that is missing, unexpected, or of another shape for any other reason.
 */
export function fineTuned(
  weights: StateDict,
  network: Network,
  source = 'the weights',
): ReadonlyMap<string, Tensor<'float32'>> {
  const pretrained = pretrainedNetwork(weights, network);
  const state = readStateDict(pretrained, weights, source);
  const { backbone } = network;
  const { family } = network.space;
  const start = new Map<string, Tensor<'float32'>>();
  for (const [name, value] of state) {
    // What is not float32 are PyTorch's counters of batches.
    if (!isFloat32(value)) continue;
    if (backbone.classes !== pretrained.backbone.classes && name.startsWith(family.classifier)) continue;
    start.set(name, family.resized(name, value, backbone));
  }
  return start;
}

/** The network with the classes and the image size that the weights are for, as far as they show; the rest is checked later. */
function pretrainedNetwork(weights: StateDict, network: Network): Network {
  const path = network.choices.map(() => 0);
  const { family, backbone, ...described } = architectureOf(network, path);
  return plainNetwork(architecture(family, { ...described, backbone: family.asTrained(backbone, shapesOf(weights)) }));
}

function isFloat32(value: Tensor): value is Tensor<'float32'> {
  return value.dtype === 'float32';
}
