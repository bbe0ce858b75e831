import { add, branch, input, mul, slice, type Value } from '../graph/index.js';
import type { Network } from '../model/network.js';
import { feeds, programOf, type ProgramGraph } from '../program/program.js';
import { fedGroup, GRADIENT, inputName, outputName } from '../program/sources.js';
import type { ParameterGroup } from '../nn/group.js';
import { backward, placesOf, type BackwardFeed, type DifferentiatedPlace } from './backward.js';
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
 * are not touched, not even by weight decay.
 */
export function trainingStep(
  network: Network,
  images: Value,
  { dropPath, ...settings }: StepSettings,
): ProgramGraph<StepFeed, 'loss' | 'logits' | 'gradientNorm'> {
  const { loss, logits, places, feeds: given } = backward(network, images, { dropPath });
  const updated = places.map((place) => ({ ...place, gradients: place.groups.map(() => place.gradient) }));
  const { feeds: scalars, gradientNorm, updates } = optimize(updated, settings);
  return programOf({
    feeds: { ...given, ...scalars },
    results: { loss, logits, gradientNorm },
    updates: { ...newStatistics(places), ...updates },
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
  const { loss, logits, places, feeds: given } = backward(network, images, { dropPath, share: 1 / batches });
  const { carry } = feeds({ carry: ['float32', []] });
  const updates: Record<string, Value> = newStatistics(places);
  for (const { position, index, groups, gradient } of places) {
    const [total] = branch(
      index,
      groups.map((group) => ({
        captures: [gradient, fedGradient(group), carry],
        body: (part: Value, before: Value, kept: Value) => [add(mul(before, kept), part)],
      })),
    );
    updates[outputName(position, GRADIENT)] = total;
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
  const { path } = feeds({ path: ['int64', [network.choices.length]] });
  const indices = network.choices.map((_, position) => slice(path, 0, position, position + 1));
  const sources = [[network.trunk], ...network.choices].map((groups) => groups.map(fedGroup));
  const updated = placesOf(network, indices, sources).map((place) => ({
    ...place,
    gradients: place.groups.map(fedGradient),
    statistics: place.sources[0].buffers,
  }));
  const { feeds: scalars, gradientNorm, updates } = optimize(updated, settings);
  return programOf({ feeds: { path, ...scalars }, results: { gradientNorm }, updates });
}

function fedGradient(group: ParameterGroup): Value {
  return input(inputName(group, GRADIENT), 'float32', [group.size]);
}

function newStatistics(places: readonly DifferentiatedPlace[]): Record<string, Value> {
  return Object.fromEntries(
    places.flatMap(({ position, statistics }) =>
      statistics === undefined ? [] : [[outputName(position, 'buffers'), statistics] as const],
    ),
  );
}
