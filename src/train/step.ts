import {
  add,
  branch,
  div,
  input,
  lower,
  minimum,
  mul,
  pullBack,
  constant,
  sqrt,
  sum,
  type Value,
} from '../graph/index.js';
import { forward, type Network } from '../model/network.js';
import { fedGroup, inputName, outputName, trainingPhases, type Vector } from '../model/sources.js';
import type { ParameterGroup } from '../nn/group.js';
import { adamw, type AdamWInputs } from './adamw.js';
import { crossEntropy } from './loss.js';

export interface StepSettings {
  /** Largest global norm of the gradient; a longer one is shortened to it. None: no clipping. */
  readonly clipNorm?: number;
  /** Whether residual branches are dropped: the program then takes `keep`, see dropPathMask. */
  readonly dropPath: boolean;
  /** Decay of the moving average of parameters and buffers (EMA); only for plain networks. None: no average. */
  readonly averageDecay?: number;
}

/**
 * One training step as an ONNX model: forward, loss, gradient, clipping, AdamW, running statistics and moving average.
 *
 * Inputs: what `images` reads, `targets` [B, C], the scalars `momentum`, `stepSize`, `secondCorrection` and `decayFactor`,
 * `keep` [2 · depth, B] with drop path, `path` int64 [depth] for a supernet, and the vectors of every group (VECTORS). Outputs: `loss`, `gradientNorm` (before clipping), `logits` [B, C] and the new vectors.
 *
 * Of a supernet only the path's own choices are read and replaced: the others' parameters, moments and statistics are not
 * touched, not even by weight decay.
 */
export function trainingStep(
  network: Network,
  images: Value,
  { clipNorm, dropPath, averageDecay }: StepSettings,
): Uint8Array {
  const depth = network.choices.length;
  const [batch] = images.shape;
  const scalarInput = (name: string): Value => input(name, 'float32', []);
  const trunk = fedGroup(network.trunk);
  const choices = network.choices.map((groups) => groups.map(fedGroup));
  const phases = trainingPhases(
    depth,
    scalarInput('momentum'),
    dropPath ? input('keep', 'float32', [2 * depth, batch]) : undefined,
  );
  const path = input('path', 'int64', [depth]);
  const { logits, indices, buffers } = forward(network, { images, path, trunk, choices, phases });
  const loss = crossEntropy(logits, input('targets', 'float32', logits.shape));

  // One place for the trunk and one for every block; a place's gradient is that of the choice that ran.
  const places = [
    { position: 'trunk' as const, index: indices[0], groups: [network.trunk], sources: [trunk], buffers: undefined },
    ...network.choices.map((groups, position) => {
      return { position, index: indices[position], groups, sources: choices[position], buffers: buffers[position] };
    }),
  ];
  // The choices of a place share one gradient, so that of its first choice stands for all.
  const sources = places.flatMap((place) => place.sources);
  const pulled = pullBack(
    [loss],
    [constant(1)],
    sources.map(({ parameters }) => parameters),
  );
  const slopes = places.map((place) => pulled[sources.indexOf(place.sources[0])] as Value);

  const squares = places.map(
    ({ index, groups }, at) =>
      branch(
        index,
        groups.map(() => ({ captures: [slopes[at]], body: (slope) => [sum(mul(slope, slope))] })),
      )[0],
  );
  const gradientNorm = sqrt(squares.reduce(add));
  const factor = clipNorm === undefined ? undefined : minimum(constant(1), div(clipNorm, add(gradientNorm, 1e-6)));

  const rates: AdamWInputs = {
    stepSize: scalarInput('stepSize'),
    secondCorrection: scalarInput('secondCorrection'),
    keep: scalarInput('decayFactor'),
  };
  const outputs: Record<string, Value> = { loss, gradientNorm, logits };
  places.forEach(({ position, index, groups, sources, buffers: statistics }, at) => {
    const moment = (group: ParameterGroup, vector: Vector): Value =>
      input(inputName(group, vector), 'float32', [group.size]);
    const [parameters, first, second] = branch(
      index,
      groups.map((group, choice) => ({
        captures: [
          slopes[at],
          sources[choice].parameters,
          moment(group, 'first'),
          moment(group, 'second'),
          rates.stepSize,
          rates.secondCorrection,
          rates.keep,
          ...(factor ? [factor] : []),
        ],
        body: (
          slope: Value,
          old: Value,
          m: Value,
          v: Value,
          stepSize: Value,
          secondCorrection: Value,
          keep: Value,
          shortening?: Value,
        ) => {
          const clipped = shortening === undefined ? slope : mul(slope, shortening);
          const next = adamw(
            { parameters: old, first: m, second: v },
            clipped,
            { stepSize, secondCorrection, keep },
            group.decayedSize,
          );
          return [next.parameters, next.first, next.second];
        },
      })),
    );
    outputs[outputName(position, 'parameters')] = parameters;
    outputs[outputName(position, 'first')] = first;
    outputs[outputName(position, 'second')] = second;
    if (statistics !== undefined) outputs[outputName(position, 'buffers')] = statistics;
    if (averageDecay === undefined) return;
    const [group] = groups;
    const follow = (vector: 'average' | 'averageBuffers', size: number, value: Value): void => {
      const before = input(inputName(group, vector), 'float32', [size]);
      outputs[outputName(position, vector)] = add(mul(before, averageDecay), mul(value, 1 - averageDecay));
    };
    follow('average', group.size, parameters);
    if (statistics !== undefined) follow('averageBuffers', group.bufferSize, statistics);
  });
  return lower(outputs);
}
