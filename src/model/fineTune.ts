import { architecture } from '../space/architecture.js';
import type { Tensor } from '../tensor/tensor.js';
import { architectureOf } from './inherit.js';
import { plainNetwork, type Network } from './network.js';
import { patchRows, resizedPositions } from './positionEmbedding.js';
import { readStateDict, type StateDict } from './stateDict.js';

/**
 * First values for training a plain network from weights of the same architecture, which may be for another number of
 * classes and another image size: then the head is left out, to be drawn anew, and the position embedding is resized, see
 * {@link resizedPositions}. The weights may have the names of this project, of GLiT's released code or of DeiT; `source`
 * names them in errors, usually the file.
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
  const { imageSize, patchSize, classes } = network.backbone;
  const start = new Map<string, Tensor<'float32'>>();
  for (const [name, value] of state) {
    // What is not float32 are PyTorch's counters of batches.
    if (!isFloat32(value)) continue;
    if (classes !== pretrained.backbone.classes && name.startsWith('head.')) continue;
    start.set(name, name === 'pos_embed' ? resizedPositions(value, imageSize / patchSize) : value);
  }
  return start;
}

/** The network with the classes and the image size that the weights are for, as far as they tell; the rest is checked later. */
function pretrainedNetwork(weights: StateDict, network: Network): Network {
  const { backbone, blocks } = architectureOf(
    network,
    network.choices.map(() => 0),
  );
  const classes = weights.get('head.weight')?.shape[0] ?? backbone.classes;
  const rows = patchRows(weights.get('pos_embed')?.shape ?? []);
  const imageSize = rows === undefined ? backbone.imageSize : rows * backbone.patchSize;
  return plainNetwork(architecture({ backbone: { ...backbone, classes: Math.max(1, classes), imageSize }, blocks }));
}

function isFloat32(value: Tensor): value is Tensor<'float32'> {
  return value.dtype === 'float32';
}
