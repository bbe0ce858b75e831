import { architecture } from '../family/architecture.js';
import type { Tensor } from '../tensor/tensor.js';
import { architectureOf } from './inherit.js';
import { plainNetwork, type Network } from './network.js';
import { readStateDict, shapesOf, type StateDict } from './stateDict.js';

/**
 * Initial values for training a plain network, from weights of the same architecture. The weights may be for another
 * number of classes, then the classifier is dropped and initialized randomly, as it is if they are for other classes
 * (`sameClasses`); and for another image size, then the family resizes what depends on it. They may have this project's
 * names or any official ones; `source` names them in errors, usually the file.
 *
 * Throws a UserError that names the first tensor that is missing, unexpected, or has a wrong shape for another reason.
 */
export function fineTuned(
  weights: StateDict,
  network: Network,
  source = 'the weights',
  { sameClasses = true }: { readonly sameClasses?: boolean } = {},
): ReadonlyMap<string, Tensor<'float32'>> {
  const pretrained = pretrainedNetwork(weights, network);
  const state = readStateDict(pretrained, weights, source);
  const { backbone } = network;
  const { family } = network.space;
  const start = new Map<string, Tensor<'float32'>>();
  for (const [name, value] of state) {
    // Only PyTorch's batch counters are not float32.
    if (!isFloat32(value)) continue;
    const keepsClassifier = sameClasses && backbone.classes === pretrained.backbone.classes;
    if (!keepsClassifier && name.startsWith(family.classifier)) continue;
    start.set(name, family.resized(name, value, backbone));
  }
  return start;
}

/** The network with the weights' number of classes and image size, as far as they show; the rest is checked later. */
function pretrainedNetwork(weights: StateDict, network: Network): Network {
  const path = network.choices.map(() => 0);
  const { family, backbone, ...described } = architectureOf(network, path);
  return plainNetwork(architecture(family, { ...described, backbone: family.asTrained(backbone, shapesOf(weights)) }));
}

function isFloat32(value: Tensor): value is Tensor<'float32'> {
  return value.dtype === 'float32';
}
