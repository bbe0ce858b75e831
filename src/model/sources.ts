import { input, reshape, split, type Value } from '../graph/index.js';
import type { ParameterGroup } from '../nn/group.js';
import { evaluation, training } from '../nn/phase.js';
import type { GroupSource, PhaseSource } from './network.js';

/** The flat vectors of a group that programs read and replace: weights, Adam's moments, the moving average. */
export const VECTORS = ['parameters', 'buffers', 'first', 'second', 'average', 'averageBuffers'] as const;
export type Vector = (typeof VECTORS)[number];

/** Where a step has several batches, the sum of their gradients so far is one more vector; see Accumulator. */
export const GRADIENT = 'gradient';

/** A program's input for a vector of a group. */
export function inputName(group: ParameterGroup, vector: Vector | typeof GRADIENT): string {
  return `${group.prefix}${vector}`;
}

/** A program's output with the new vector of a place: the trunk, or the choice of block `position` that ran. */
export function outputName(position: number | 'trunk', vector: Vector | typeof GRADIENT): string {
  return position === 'trunk' ? `next.${vector}` : `next.blocks.${position}.${vector}`;
}

/** A group fed as flat vectors, under the names of {@link inputName}. */
export function fedGroup(group: ParameterGroup): FedGroup {
  const parameters = input(inputName(group, 'parameters'), 'float32', [group.size]);
  const buffers = group.bufferSize === 0 ? [] : [input(inputName(group, 'buffers'), 'float32', [group.bufferSize])];
  return {
    parameters,
    buffers: buffers[0],
    captures: [parameters, ...buffers],
    open: ([flat, state]) => group.open(flat, state),
  };
}

/** A group whose flat vectors are inputs; `buffers` is undefined where it has none. */
export interface FedGroup extends GroupSource {
  readonly parameters: Value;
  readonly buffers: Value | undefined;
}

/** Every block in evaluation. */
export function evaluationPhases(depth: number): readonly PhaseSource[] {
  return Array.from({ length: depth }, () => ({ captures: [], open: () => evaluation }));
}

/** Every block in training: `momentum` a scalar, `keep` the factors of drop path, [2 · depth, B], or none. */
export function trainingPhases(depth: number, momentum: Value, keep?: Value): readonly PhaseSource[] {
  const rows =
    keep === undefined
      ? undefined
      : split(
          keep,
          0,
          Array.from({ length: 2 * depth }, () => 1),
        );
  return Array.from({ length: depth }, (_, block) => {
    if (rows === undefined) return { captures: [momentum], open: ([inner]) => training({ momentum: inner }) };
    const [first, second] = [rows[2 * block], rows[2 * block + 1]].map((row) => reshape(row, [row.shape[1]]));
    return {
      captures: [momentum, first, second],
      open: ([inner, mixer, ffn]) => training({ momentum: inner, keep: [mixer, ffn] }),
    };
  });
}
