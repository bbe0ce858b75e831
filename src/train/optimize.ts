import {
  add,
  branch,
  concat,
  constant,
  div,
  expand,
  input,
  minimum,
  mul,
  reshape,
  slice,
  sqrt,
  sum,
  type Value,
} from '../graph/index.js';
import { groupsOf, type Network } from '../model/network.js';
import { feeds, type FeedType } from '../program/program.js';
import { groupVectors, inputName, joined, outputName, partsOf } from '../program/sources.js';
import type { FlatVariables, ParameterGroup } from '../nn/group.js';
import type { Place } from './backward.js';
import { float32, scalar, type Tensor } from '../tensor/tensor.js';
import type { Optimizer, StepRates } from './optimizers/optimizer.js';

/** A place and its gradient. */
export interface UpdatedPlace extends Place {
  /** What an option's arm captures of the gradient: the flat vector, or its parts. */
  readonly gradient: (option: FlatVariables) => readonly Value[];
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
function scalarFeeds<T>({ scalars }: Optimizer, of: (at: number) => T): Record<ScalarFeed, T> {
  return Object.fromEntries(scalars.map((name, at) => [`optimizer.${name}`, of(at)]));
}

/**
 * Clipping, the optimizer and the moving average, for the groups that ran. The graph reads the parameters, slots and
 * averages of every group; `updates` has the new ones, by output name. `gradientNorm` is the norm before clipping.
 *
 * The optimizer's scalars are feeds: one for all groups of a plain network and, in a supernet, where a step updates some
 * groups only, one for each, [groups].
 */
export function optimize(
  network: Network,
  places: readonly UpdatedPlace[],
  { optimizer, clipNorm, averageDecay }: UpdateSettings,
) {
  const squares = places.map(
    ({ index, options, gradient }) =>
      branch(
        index,
        options.map((option) => ({
          captures: gradient(option),
          body: (...parts) => [option.size === 0 ? constant(0) : parts.map((part) => sum(mul(part, part))).reduce(add)],
        })),
      )[0],
  );
  const gradientNorm = sqrt(squares.reduce(add));
  const factor = clipNorm === undefined ? undefined : minimum(constant(1), div(clipNorm, add(gradientNorm, 1e-6)));

  const { slots } = optimizer;
  const groups = groupsOf(network);
  const shape = isPlain(network) ? [] : [groups.length];
  const scalars = feeds(scalarFeeds(optimizer, (): FeedType => ['float32', shape]));
  const rates = Object.values(scalars);
  const updates: Record<string, Value> = {};
  const vectors = groupVectors();
  for (const { name, index, options, sources, gradient, statistics } of places) {
    const most = Math.max(...options.map(({ groups }) => groups.length));
    const results = branch(
      index,
      options.map((option, choice) => {
        const grads = gradient(option);
        const moments = slots.map((slot) => option.groups.flatMap((group) => vectors(group, slot) ?? []));
        return {
          captures: [sources[choice].parameters, ...rates, ...(factor ? [factor] : []), ...grads, ...moments.flat()],
          body: (old: Value, ...rest: readonly Value[]) => {
            const take = (count: number): readonly Value[] => rest.slice(next, (next += count));
            let next = 0;
            const inner = take(rates.length);
            const shortening = factor && take(1)[0];
            const grad = joined(take(grads.length));
            const before = moments.map((parts) => joined(take(parts.length)));
            if (option.size === 0) return Array.from({ length: most * (1 + slots.length) }, () => joined([]));
            const updated = optimizer.update({
              parameters: old,
              gradient: shortening === undefined ? grad : mul(grad, shortening),
              slots: before,
              scalars: inner.map((scalar, at) =>
                shape.length === 0
                  ? scalar
                  : scalarOf(option, groups, scalar, optimizer.counted.includes(optimizer.scalars[at])),
              ),
              decayRuns: option.decayRuns,
            });
            return [updated.parameters, ...updated.slots].flatMap((flat) => {
              const parts = partsOf(option, 'parameters', flat);
              return Array.from({ length: most }, (_, at) => parts[at] ?? joined([]));
            });
          },
        };
      }),
    );
    ['parameters', ...slots].forEach((vector, row) => {
      for (let at = 0; at < most; at++) updates[outputName(name, vector, at)] = results[row * most + at];
    });
    if (averageDecay === undefined) continue;
    const [group] = options[0].groups;
    const follow = (vector: 'average' | 'averageBuffers', size: number, value: Value): void => {
      const before = input(inputName(group, vector), 'float32', [size]);
      updates[outputName(name, vector)] = add(mul(before, averageDecay), mul(value, 1 - averageDecay));
    };
    follow('average', group.size, results[0]);
    if (statistics !== undefined) follow('averageBuffers', group.bufferSize, statistics);
  }
  return { feeds: scalars, gradientNorm, updates };
}

/** What an optimizer step gets. */
export interface OptimizerRates extends Omit<StepRates, 'updates'> {
  /** Updates of every group, this one included, in the order of {@link groupsOf}; or one number for all. */
  readonly updates: number | Float64Array;
}

/** The optimizer's scalars for a step of the network, see {@link optimize}. */
export function optimizerFeeds(
  network: Network,
  optimizer: Optimizer,
  { updates, ...rates }: OptimizerRates,
): Record<ScalarFeed, Tensor> {
  if (isPlain(network) && typeof updates === 'number') {
    const values = optimizer.scalarsAt({ ...rates, updates });
    return scalarFeeds(optimizer, (at) => scalar(values[at]));
  }
  const counts = typeof updates === 'number' ? groupsOf(network).map(() => updates) : Array.from(updates);
  // The step does not read what is for groups that were never updated.
  const values = counts.map((count) => optimizer.scalarsAt({ ...rates, updates: Math.max(1, count) }));
  return scalarFeeds(optimizer, (at) =>
    float32(
      [counts.length],
      values.map((each) => each[at]),
    ),
  );
}

/** Whether every step updates every group. */
export function isPlain({ branches }: Network): boolean {
  return branches.every(({ options }) => options.length === 1);
}

/** An option's part of a scalar that is given for all groups: [] or, where its groups differ, a value per parameter. */
function scalarOf(option: FlatVariables, groups: readonly ParameterGroup[], all: Value, differs: boolean): Value {
  const own = option.groups.filter(({ size }) => size > 0);
  const ofGroup = (group: ParameterGroup): Value => {
    const at = groups.indexOf(group);
    return reshape(slice(all, 0, at, at + 1), []);
  };
  if (own.length === 1 || !differs) return ofGroup(own[0]);
  return concat(
    own.map((group) => expand(ofGroup(group), [group.size])),
    0,
  );
}
