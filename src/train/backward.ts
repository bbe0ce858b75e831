import { constant, input, pullBack, type Value } from '../graph/index.js';
import { forward, type Network } from '../model/network.js';
import { fedGroup, trainingPhases, type FedGroup } from '../model/sources.js';
import type { ParameterGroup } from '../nn/group.js';
import { crossEntropy } from './loss.js';

/** A part of a network in which one group of parameters is at work: the trunk, or a block, of whose choices one runs. */
export interface Place {
  readonly position: 'trunk' | number;
  /** Which of the groups it is, int64 [1]. */
  readonly index: Value;
  readonly groups: readonly ParameterGroup[];
  readonly sources: readonly FedGroup[];
}

/** A place after a forward and a backward pass. */
export interface DifferentiatedPlace extends Place {
  /** The gradient of the loss by the parameters of the group that ran. */
  readonly slope: Value;
  /** The new BatchNorm statistics of the group that ran; undefined where no group has any. */
  readonly statistics: Value | undefined;
}

export interface BackwardSettings {
  /** Whether residual branches are dropped: the program then takes `keep`, see dropPathMask. */
  readonly dropPath: boolean;
  /** What the gradient is multiplied by: one over the number of batches that make up a step. */
  readonly share?: number;
}

/**
 * The forward and the backward pass in training. Inputs: what `images` reads, `targets` [B, C], the scalar `momentum`, `keep`
 * [2 · depth, B] with drop path, `path` int64 [depth] for a supernet, and parameters and buffers of every group.
 */
export function backward(network: Network, images: Value, { dropPath, share = 1 }: BackwardSettings) {
  const depth = network.choices.length;
  const [batch] = images.shape;
  const trunk = fedGroup(network.trunk);
  const choices = network.choices.map((groups) => groups.map(fedGroup));
  const phases = trainingPhases(
    depth,
    input('momentum', 'float32', []),
    dropPath ? input('keep', 'float32', [2 * depth, batch]) : undefined,
  );
  const path = input('path', 'int64', [depth]);
  const { logits, indices, buffers } = forward(network, { images, path, trunk, choices, phases });
  const loss = crossEntropy(logits, input('targets', 'float32', logits.shape));

  const places = placesOf(network, indices, [[trunk], ...choices]);
  // The choices of a place share one gradient, so that of its first choice stands for all.
  const sources = places.flatMap((place) => place.sources);
  const pulled = pullBack(
    [loss],
    [constant(share)],
    sources.map(({ parameters }) => parameters),
  );
  return {
    loss,
    logits,
    places: places.map((place): DifferentiatedPlace => ({
      ...place,
      slope: pulled[sources.indexOf(place.sources[0])] as Value,
      statistics: place.position === 'trunk' ? undefined : buffers[place.position],
    })),
  };
}

/** The places of a network, the trunk first. `indices` are those of the blocks, `sources` those of every place. */
export function placesOf(
  { trunk, choices }: Network,
  indices: readonly Value[],
  sources: readonly Place['sources'][],
): readonly Place[] {
  return [
    // The trunk is the only group of its place, so its index says nothing.
    { position: 'trunk', index: indices[0], groups: [trunk], sources: sources[0] },
    ...choices.map((groups, position) => {
      return { position, index: indices[position], groups, sources: sources[position + 1] };
    }),
  ];
}
