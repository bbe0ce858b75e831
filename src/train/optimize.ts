import { add, branch, constant, div, input, minimum, mul, sqrt, sum, type Value } from '../graph/index.js';
import { inputName, outputName, type Vector } from '../model/sources.js';
import type { ParameterGroup } from '../nn/group.js';
import { adamw, type AdamWInputs } from './adamw.js';
import type { Place } from './backward.js';

/** A place and its gradient. */
export interface UpdatedPlace extends Place {
  /** The gradient as the arm of each group captures it. */
  readonly slopes: readonly Value[];
  /** What the moving average of the BatchNorm statistics follows; undefined where there are none. */
  readonly statistics: Value | undefined;
}

export interface OptimizerSettings {
  /** Largest global norm of the gradient; a longer one is shortened to it. None: no clipping. */
  readonly clipNorm?: number;
  /** Decay of the moving average of parameters and buffers (EMA); only for plain networks. None: no average. */
  readonly averageDecay?: number;
}

/**
 * Clipping, AdamW and the moving average of the groups that ran. Inputs: the scalars `stepSize`, `epsilon` and
 * `decayFactor`, moments and averages. Outputs: `gradientNorm` (before clipping) and the new vectors, by name.
 */
export function optimize(
  places: readonly UpdatedPlace[],
  { clipNorm, averageDecay }: OptimizerSettings,
): Record<string, Value> {
  const squares = places.map(
    ({ index, groups, slopes }) =>
      branch(
        index,
        groups.map((_, choice) => ({ captures: [slopes[choice]], body: (slope) => [sum(mul(slope, slope))] })),
      )[0],
  );
  const gradientNorm = sqrt(squares.reduce(add));
  const factor = clipNorm === undefined ? undefined : minimum(constant(1), div(clipNorm, add(gradientNorm, 1e-6)));

  const rates: AdamWInputs = {
    stepSize: input('stepSize', 'float32', []),
    epsilon: input('epsilon', 'float32', []),
    keep: input('decayFactor', 'float32', []),
  };
  const outputs: Record<string, Value> = { gradientNorm };
  for (const { position, index, groups, sources, slopes, statistics } of places) {
    const moment = (group: ParameterGroup, vector: Vector): Value =>
      input(inputName(group, vector), 'float32', [group.size]);
    const [parameters, first, second] = branch(
      index,
      groups.map((group, choice) => ({
        captures: [
          slopes[choice],
          sources[choice].parameters,
          moment(group, 'first'),
          moment(group, 'second'),
          rates.stepSize,
          rates.epsilon,
          rates.keep,
          ...(factor ? [factor] : []),
        ],
        body: (
          slope: Value,
          old: Value,
          m: Value,
          v: Value,
          stepSize: Value,
          epsilon: Value,
          keep: Value,
          shortening?: Value,
        ) => {
          const clipped = shortening === undefined ? slope : mul(slope, shortening);
          const next = adamw(
            { parameters: old, first: m, second: v },
            clipped,
            { stepSize, epsilon, keep },
            group.decayedSize,
          );
          return [next.parameters, next.first, next.second];
        },
      })),
    );
    outputs[outputName(position, 'parameters')] = parameters;
    outputs[outputName(position, 'first')] = first;
    outputs[outputName(position, 'second')] = second;
    if (averageDecay === undefined) continue;
    const [group] = groups;
    const follow = (vector: 'average' | 'averageBuffers', size: number, value: Value): void => {
      const before = input(inputName(group, vector), 'float32', [size]);
      outputs[outputName(position, vector)] = add(mul(before, averageDecay), mul(value, 1 - averageDecay));
    };
    follow('average', group.size, parameters);
    if (statistics !== undefined) follow('averageBuffers', group.bufferSize, statistics);
  }
  return outputs;
}
