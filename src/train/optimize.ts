import { add, branch, constant, div, input, minimum, mul, sqrt, sum, type Value } from '../graph/index.js';
import { feeds, type FeedType } from '../program/program.js';
import { inputName, outputName, type Vector } from '../program/sources.js';
import type { ParameterGroup } from '../nn/group.js';
import type { Place } from './backward.js';
import type { Optimizer } from './optimizers/optimizer.js';

/** A place and its gradient. */
export interface UpdatedPlace extends Place {
  /** The gradient as each group's arm captures it. */
  readonly gradients: readonly Value[];
  /** The BatchNorm statistics that the moving average follows; undefined if there are none. */
  readonly statistics: Value | undefined;
}

export interface UpdateSettings {
  readonly optimizer: Optimizer;
  /** Largest global norm of the gradient; larger ones are scaled down to it. Default: no clipping. */
  readonly clipNorm?: number;
  /** Decay of the moving average of parameters and buffers (EMA); only for plain networks. Default: no average. */
  readonly averageDecay?: number;
}

/** The feed names of an optimizer's scalars. */
export type ScalarFeed = `optimizer.${string}`;

/** An optimizer's scalars as feeds of a step, by name, each from `of`. */
export function scalarFeeds<T>({ scalars }: Optimizer, of: (at: number) => T): Record<ScalarFeed, T> {
  return Object.fromEntries(scalars.map((name, at) => [`optimizer.${name}`, of(at)]));
}

/**
 * Clipping, the optimizer and the moving average, for the groups that ran. The graph reads the parameters, slots and
 * averages of every group; `updates` has the new ones, by output name. `gradientNorm` is the norm before clipping.
 */
export function optimize(places: readonly UpdatedPlace[], { optimizer, clipNorm, averageDecay }: UpdateSettings) {
  const squares = places.map(
    ({ index, groups, gradients }) =>
      branch(
        index,
        groups.map((_, choice) => ({ captures: [gradients[choice]], body: (grad) => [sum(mul(grad, grad))] })),
      )[0],
  );
  const gradientNorm = sqrt(squares.reduce(add));
  const factor = clipNorm === undefined ? undefined : minimum(constant(1), div(clipNorm, add(gradientNorm, 1e-6)));

  const { slots } = optimizer;
  const scalars = feeds(scalarFeeds(optimizer, (): FeedType => ['float32', []]));
  const rates = Object.values(scalars);
  const updates: Record<string, Value> = {};
  for (const { position, index, groups, sources, gradients, statistics } of places) {
    const slotOf = (group: ParameterGroup, slot: Vector): Value =>
      input(inputName(group, slot), 'float32', [group.size]);
    const [parameters, ...next] = branch(
      index,
      groups.map((group, choice) => ({
        captures: [
          gradients[choice],
          sources[choice].parameters,
          ...slots.map((slot) => slotOf(group, slot)),
          ...rates,
          ...(factor ? [factor] : []),
        ],
        body: (grad: Value, old: Value, ...rest: readonly Value[]) => {
          const shortening = factor && rest[slots.length + rates.length];
          const updated = optimizer.update({
            parameters: old,
            gradient: shortening === undefined ? grad : mul(grad, shortening),
            slots: rest.slice(0, slots.length),
            scalars: rest.slice(slots.length, slots.length + rates.length),
            decayed: group.decayedSize,
          });
          return [updated.parameters, ...updated.slots];
        },
      })),
    );
    updates[outputName(position, 'parameters')] = parameters;
    slots.forEach((slot, at) => (updates[outputName(position, slot)] = next[at]));
    if (averageDecay === undefined) continue;
    const [group] = groups;
    const follow = (vector: 'average' | 'averageBuffers', size: number, value: Value): void => {
      const before = input(inputName(group, vector), 'float32', [size]);
      updates[outputName(position, vector)] = add(mul(before, averageDecay), mul(value, 1 - averageDecay));
    };
    follow('average', group.size, parameters);
    if (statistics !== undefined) follow('averageBuffers', group.bufferSize, statistics);
  }
  return { feeds: scalars, gradientNorm, updates };
}
