import { constant, vjp, type Value } from '../graph/index.js';
import { forward, type Network } from '../model/network.js';
import type { NetworkFeed } from '../program/evaluation.js';
import { feeds } from '../program/program.js';
import { fedNetwork, trainingPhases, type FedGroup, type FedNetwork } from '../program/sources.js';
import { newStatistics } from '../program/statistics.js';
import type { FlatVariables } from '../nn/group.js';
import { crossEntropy } from './loss.js';

/** A part of a network where one of several options is active: the trunk, which has one, or a branch. */
export interface Place {
  /** Its name in outputs. */
  readonly name: 'trunk' | number;
  /** The active option's index, int64 [1]. */
  readonly index: Value;
  readonly options: readonly FlatVariables[];
  readonly sources: readonly FedGroup[];
}

/** A place after a forward and a backward pass. */
export interface DifferentiatedPlace extends Place {
  /** The gradient of the loss with respect to the parameters of the option that ran. */
  readonly gradient: Value;
  /** The new BatchNorm statistics of the option that ran; undefined if no option has any. */
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
  const fed = feeds({
    path: ['int64', [network.branches.length]],
    targets: ['float32', [batch, network.backbone.classes]],
    momentum: ['float32', []],
    keep: ['float32', [network.space.family.residualBranches * depth, batch]],
  });
  const phases = trainingPhases(network, fed.momentum, dropPath ? fed.keep : undefined);
  const variables = fedNetwork(network, fed.path);
  const passed = forward(network, { images, ...variables, phases });
  const { logits, buffers, trunkBuffers } = passed;
  const loss = crossEntropy(logits, fed.targets);

  const places = placesOf(network, variables);
  // The options of a place share one gradient: use that of the first.
  const parameters = [...new Set(places.flatMap(({ sources }) => sources.map((source) => source.parameters)))];
  const pulled = vjp([loss], [constant(share)], parameters);
  const given: Readonly<Record<BackwardFeed, Value>> = { images, ...fed };
  return {
    feeds: given,
    loss,
    logits,
    statistics: newStatistics(network, variables, passed),
    places: places.map((place): DifferentiatedPlace => ({
      ...place,
      gradient: pulled[parameters.indexOf(place.sources[0].parameters)] as Value,
      statistics: place.name === 'trunk' ? trunkBuffers : buffers[place.name],
    })),
  };
}

/** The places of a network that have parameters, trunk first. */
export function placesOf({ trunk, branches }: Network, fed: FedNetwork): readonly Place[] {
  const places: readonly Place[] = [
    // The trunk is the only option of its place, so its index does not matter.
    { name: 'trunk', index: fed.indices[0], options: [trunk], sources: [fed.trunk] },
    ...branches.map(({ options }, at) => ({
      name: at,
      index: fed.indices[at],
      options: options.map(({ variables }) => variables),
      sources: fed.choices[at],
    })),
  ];
  return places.filter(({ options }) => options.some(({ size }) => size > 0));
}
