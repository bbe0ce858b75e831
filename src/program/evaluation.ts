import type { Value } from '../graph/index.js';
import { forward, type Network } from '../model/network.js';
import { feeds, programOf, type ProgramGraph } from './program.js';
import { evaluationPhases, fedNetwork, trainingPhases } from './sources.js';
import { newStatistics } from './statistics.js';

/** The feeds of every program that runs a network: images and, for a supernet, the path (see pathFeed). */
export type NetworkFeed = 'images' | 'path';

/**
 * Evaluation: `images`, the `path` of a supernet, int64 [branches], and the flat vectors of every group → `logits` [B,
 * classes].
 */
export function evaluationProgram(network: Network, images: Value): ProgramGraph<NetworkFeed, 'logits'> {
  const { path } = feeds({ path: ['int64', [network.branches.length]] });
  const { logits } = forward(network, {
    images,
    ...fedNetwork(network, path),
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
  const fed = feeds({ path: ['int64', [network.branches.length]], momentum: ['float32', []] });
  const given = fedNetwork(network, fed.path);
  const passed = forward(network, {
    images,
    ...given,
    phases: trainingPhases(network, fed.momentum),
  });
  const updates = newStatistics(network, given, passed);
  if (Object.keys(updates).length === 0) return undefined;
  return programOf({ feeds: { images, ...fed }, results: {}, updates });
}
