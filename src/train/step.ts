import { add, branch, mul, type Value } from '../graph/index.js';
import type { Network } from '../model/network.js';
import { feeds, programOf, type ProgramGraph } from '../program/program.js';
import { fedNetwork, GRADIENT, groupVectors, joined, outputName, partsOf } from '../program/sources.js';
import { backward, placesOf, type BackwardFeed } from './backward.js';
import type { FlatVariables } from '../nn/group.js';
import { optimize, type ScalarFeed, type UpdateSettings } from './optimize.js';

export interface StepSettings extends UpdateSettings {
  /** Whether to drop residual branches. */
  readonly dropPath: boolean;
}

/** The feeds of a whole step. */
export type StepFeed = BackwardFeed | ScalarFeed;

/**
 * One training step: forward, loss, gradient, clipping, optimizer, running statistics and moving average. It reads the
 * vectors of every group and replaces the changed ones. Results: `loss`, `gradientNorm` (before clipping), `logits` [B,
 * C].
 *
 * In a supernet, only the path's choices are read and replaced: the parameters, slots and statistics of other choices
 * are not touched, not even by weight decay. In an entangled supernet, a choice is a slice, and the same holds for
 * everything outside it: no gradient, no weight decay, no change of moments or statistics.
 */
export function trainingStep(
  network: Network,
  images: Value,
  { dropPath, ...settings }: StepSettings,
): ProgramGraph<StepFeed, 'loss' | 'logits' | 'gradientNorm'> {
  const { loss, logits, places, statistics, feeds: given } = backward(network, images, { dropPath });
  const updated = places.map((place) => ({ ...place, gradient: () => [place.gradient] }));
  const { feeds: scalars, gradientNorm, updates } = optimize(network, updated, settings);
  return programOf({
    feeds: { ...given, ...scalars },
    results: { loss, logits, gradientNorm },
    updates: { ...statistics, ...updates },
  });
}

/**
 * The part of a step that runs for each of its `batches` batches, if there are several: forward, loss and gradient, and
 * the running statistics, which are updated batch by batch.
 *
 * Its feeds are those of {@link trainingStep} without the optimizer's scalars, plus the scalar `carry`, which
 * multiplies the accumulated gradient before the batch's own is added: 0 in the first batch of a step, then 1. It
 * replaces the statistics and the gradient vectors of the path's groups; after the last batch, these hold the gradient
 * of the mean loss.
 */
export function gradientStep(
  network: Network,
  images: Value,
  { dropPath, batches }: { readonly dropPath: boolean; readonly batches: number },
): ProgramGraph<BackwardFeed | 'carry', 'loss' | 'logits'> {
  const passed = backward(network, images, { dropPath, share: 1 / batches });
  const { loss, logits, places, statistics, feeds: given } = passed;
  const { carry } = feeds({ carry: ['float32', []] });
  const updates: Record<string, Value> = { ...statistics };
  const vectors = groupVectors();
  for (const { name, index, options, gradient } of places) {
    const totals = branch(
      index,
      options.map((option) => ({
        captures: [gradient, carry, ...option.groups.flatMap((group) => vectors(group, GRADIENT) ?? [])],
        body: (part: Value, kept: Value, ...before: readonly Value[]) =>
          partsOf(option, GRADIENT, add(mul(joined(before), kept), part)),
      })),
    );
    totals.forEach((total, at) => (updates[outputName(name, GRADIENT, at)] = total));
  }
  return programOf({ feeds: { ...given, carry }, results: { loss, logits }, updates });
}

/**
 * The part of a step after its last {@link gradientStep}: clipping, optimizer and moving average. It reads the vectors
 * of every group, including the gradient and the new statistics. Result: `gradientNorm` (before clipping).
 */
export function updateStep(
  network: Network,
  settings: UpdateSettings,
): ProgramGraph<'path' | ScalarFeed, 'gradientNorm'> {
  const { path } = feeds({ path: ['int64', [network.branches.length]] });
  const vectors = groupVectors();
  const updated = placesOf(network, fedNetwork(network, path)).map((place) => ({
    ...place,
    gradient: (option: FlatVariables) => option.groups.flatMap((group) => vectors(group, GRADIENT) ?? []),
    statistics: place.sources[0].buffers,
  }));
  const { feeds: scalars, gradientNorm, updates } = optimize(network, updated, settings);
  return programOf({ feeds: { path, ...scalars }, results: { gradientNorm }, updates });
}
