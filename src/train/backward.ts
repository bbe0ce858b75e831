import { constant, vjp, type Value } from '../graph/index.js';
import { forward, type Network } from '../model/network.js';
import type { NetworkFeed } from '../program/evaluation.js';
import { feeds } from '../program/program.js';
import { fedGroup, trainingPhases, type FedGroup } from '../program/sources.js';
import type { ParameterGroup } from '../nn/group.js';
import { crossEntropy } from './loss.js';

/** A part of a network where one parameter group is active: the trunk, or a block with one of its choices. */
export interface Place {
  readonly position: 'trunk' | number;
  /** The active group's index, int64 [1]. */
  readonly index: Value;
  readonly groups: readonly ParameterGroup[];
  readonly sources: readonly FedGroup[];
}

/** A place after a forward and a backward pass. */
export interface DifferentiatedPlace extends Place {
  /** The gradient of the loss with respect to the parameters of the group that ran. */
  readonly gradient: Value;
  /** The new BatchNorm statistics of the group that ran; undefined if no group has any. */
  readonly statistics: Value | undefined;
}

/**
 * The host's feeds of a forward and backward pass: `targets` [B, C]; `momentum` of the running statistics; `keep`, the
 * factors of drop path (see dropPathMask), which only programs with drop path read.
 */
export type BackwardFeed = NetworkFeed | 'targets' | 'momentum' | 'keep';

export interface BackwardSettings {
  /** Whether to drop residual branches. */
  readonly dropPath: boolean;
  /** The factor on the gradient: one over the number of batches per step. */
  readonly share?: number;
}

/** The forward and backward pass in training. The graph also reads the parameters and buffers of every group. */
export function backward(network: Network, images: Value, { dropPath, share = 1 }: BackwardSettings) {
  const depth = network.choices.length;
  const [batch] = images.shape;
  const trunk = fedGroup(network.trunk);
  const choices = network.choices.map((groups) => groups.map(fedGroup));
  const fed = feeds({
    path: ['int64', [depth]],
    targets: ['float32', [batch, network.backbone.classes]],
    momentum: ['float32', []],
    keep: ['float32', [network.space.family.residualBranches * depth, batch]],
  });
  const phases = trainingPhases(network, fed.momentum, dropPath ? fed.keep : undefined);
  const passed = forward(network, { images, path: fed.path, trunk, choices, phases });
  const { logits, indices, buffers, trunkBuffers } = passed;
  const loss = crossEntropy(logits, fed.targets);

  const places = placesOf(network, indices, [[trunk], ...choices]);
  // The choices of a place share one gradient: use that of the first.
  const sources = places.flatMap((place) => place.sources);
  const pulled = vjp(
    [loss],
    [constant(share)],
    sources.map(({ parameters }) => parameters),
  );
  const given: Readonly<Record<BackwardFeed, Value>> = { images, ...fed };
  return {
    feeds: given,
    loss,
    logits,
    places: places.map((place): DifferentiatedPlace => ({
      ...place,
      gradient: pulled[sources.indexOf(place.sources[0])] as Value,
      statistics: place.position === 'trunk' ? trunkBuffers : buffers[place.position],
    })),
  };
}

/** The places of a network, trunk first, with the `indices` of the blocks and the `sources` of all places. */
export function placesOf(
  { trunk, choices }: Network,
  indices: readonly Value[],
  sources: readonly Place['sources'][],
): readonly Place[] {
  return [
    // The trunk is the only group of its place, so its index does not matter.
    { position: 'trunk', index: indices[0], groups: [trunk], sources: sources[0] },
    ...choices.map((groups, position) => {
      return { position, index: indices[position], groups, sources: sources[position + 1] };
    }),
  ];
}
