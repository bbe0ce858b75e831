import { input, reshape, split, type Value } from '../graph/index.js';
import type { ParameterGroup } from '../nn/group.js';
import { evaluation, training } from '../nn/phase.js';
import type { GroupSource, PhaseSource } from './network.js';

/** Names of a group's flat tensors among the inputs and outputs of a program. */
export function tensorNames(group: ParameterGroup): { readonly parameters: string; readonly buffers: string } {
  return { parameters: `${group.prefix}parameters`, buffers: `${group.prefix}buffers` };
}

/** A group fed as flat vectors, under the names of {@link tensorNames}. */
export function fedGroup(group: ParameterGroup): GroupSource & { readonly parameters: Value } {
  const names = tensorNames(group);
  const parameters = input(names.parameters, 'float32', [group.size]);
  const buffers = group.bufferSize === 0 ? [] : [input(names.buffers, 'float32', [group.bufferSize])];
  return { parameters, captures: [parameters, ...buffers], open: ([flat, state]) => group.open(flat, state) };
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
