import { add, branch, input, lower, mul, slice, type Value } from '../graph/index.js';
import type { Network } from '../model/network.js';
import { fedGroup, GRADIENT, inputName, outputName } from '../model/sources.js';
import type { ParameterGroup } from '../nn/group.js';
import { backward, placesOf, type DifferentiatedPlace } from './backward.js';
import { optimize, type OptimizerSettings } from './optimize.js';

export interface StepSettings extends OptimizerSettings {
  /** Whether residual branches are dropped: the program then takes `keep`, see dropPathMask. */
  readonly dropPath: boolean;
}

/**
 * One training step as an ONNX model: forward, loss, gradient, clipping, AdamW, running statistics and moving average.
 *
 * Inputs: what `images` reads, `targets` [B, C], the scalars `momentum`, `stepSize`, `epsilon` and `decayFactor`,
 * `keep` [2 · depth, B] with drop path, `path` int64 [depth] for a supernet, and the vectors of every group (VECTORS). Outputs:
 * `loss`, `gradientNorm` (before clipping), `logits` [B, C] and the new vectors.
 *
 * Of a supernet only the path's own choices are read and replaced: the others' parameters, moments and statistics are not
 * touched, not even by weight decay.
 */
export function trainingStep(network: Network, images: Value, { dropPath, ...settings }: StepSettings): Uint8Array {
  const { loss, logits, places } = backward(network, images, { dropPath });
  const updated = places.map((place) => ({ ...place, slopes: place.groups.map(() => place.slope) }));
  return lower({ loss, logits, ...newStatistics(places), ...optimize(updated, settings) });
}

/**
 * The part of a step that is done for each of its `batches` batches, where that is more than one: forward, loss and
 * gradient, and the running statistics, which move batch by batch.
 *
 * Inputs: as of {@link trainingStep}, without what its optimizer reads, the gradient vector of every group, and the scalar
 * `carry`, what that is multiplied by: 0 in the first batch of a step, then 1. Outputs: `loss`, `logits` and, of the path's
 * groups, the new statistics and the gradient of the mean of the batches' losses so far.
 */
export function gradientStep(
  network: Network,
  images: Value,
  { dropPath, batches }: { readonly dropPath: boolean; readonly batches: number },
): Uint8Array {
  const { loss, logits, places } = backward(network, images, { dropPath, share: 1 / batches });
  const carry = input('carry', 'float32', []);
  const outputs: Record<string, Value> = { loss, logits, ...newStatistics(places) };
  for (const { position, index, groups, slope } of places) {
    const [total] = branch(
      index,
      groups.map((group) => ({
        captures: [slope, fedGradient(group), carry],
        body: (part: Value, before: Value, kept: Value) => [add(mul(before, kept), part)],
      })),
    );
    outputs[outputName(position, GRADIENT)] = total;
  }
  return lower(outputs);
}

/**
 * The part of a step that follows its last {@link gradientStep}: clipping, AdamW and moving average. Inputs: `stepSize`,
 * `epsilon`, `decayFactor`, `path` for a supernet, and the vectors of every group, gradient included, with the
 * statistics of after the step. Outputs: `gradientNorm` (before clipping) and the new vectors.
 */
export function updateStep(network: Network, settings: OptimizerSettings): Uint8Array {
  const path = input('path', 'int64', [network.choices.length]);
  const indices = network.choices.map((_, position) => slice(path, 0, position, position + 1));
  const sources = [[network.trunk], ...network.choices].map((groups) => groups.map(fedGroup));
  const updated = placesOf(network, indices, sources).map((place) => ({
    ...place,
    slopes: place.groups.map(fedGradient),
    statistics: place.sources[0].buffers,
  }));
  return lower(optimize(updated, settings));
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
