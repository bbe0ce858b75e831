import type { Value } from '../graph/index.js';
import { forward, type Network } from '../model/network.js';
import { feeds, programOf, type ProgramGraph } from './program.js';
import { evaluationPhases, fedGroup, outputName, trainingPhases } from './sources.js';

/** The feeds of every program that runs a network: images and, for a supernet, the path. */
export type NetworkFeed = 'images' | 'path';

/**
 * Evaluation: `images`, the `path` int64 [depth] of a supernet, and the flat vectors of every group → `logits` [B,
 * classes].
 */
export function evaluationProgram(network: Network, images: Value): ProgramGraph<NetworkFeed, 'logits'> {
  const { path } = feeds({ path: ['int64', [network.choices.length]] });
  const { logits } = forward(network, {
    images,
    path,
    trunk: fedGroup(network.trunk),
    choices: network.choices.map((groups) => groups.map(fedGroup)),
    phases: evaluationPhases(network),
  });
  return programOf({ feeds: { images, path }, results: { logits } });
}

/**
 * A forward pass in training mode, without drop path, that only updates BatchNorm's running statistics, with the scalar
 * `momentum`. It returns nothing and replaces the buffers of the trunk and of the path's choices. Undefined if the
 * network has no statistics.
 */
export function calibrationProgram(
  network: Network,
  images: Value,
): ProgramGraph<NetworkFeed | 'momentum', never> | undefined {
  const fed = feeds({ path: ['int64', [network.choices.length]], momentum: ['float32', []] });
  const { buffers, trunkBuffers } = forward(network, {
    images,
    path: fed.path,
    trunk: fedGroup(network.trunk),
    choices: network.choices.map((groups) => groups.map(fedGroup)),
    phases: trainingPhases(network, fed.momentum),
  });
  const places = [['trunk', trunkBuffers] as const, ...buffers.map((value, position) => [position, value] as const)];
  const updates = places.flatMap(([place, value]) =>
    value === undefined ? [] : [[outputName(place, 'buffers'), value] as const],
  );
  if (updates.length === 0) return undefined;
  return programOf({ feeds: { images, ...fed }, results: {}, updates: Object.fromEntries(updates) });
}
