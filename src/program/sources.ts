import { constant, input, reshape, split, type Value } from '../graph/index.js';
import { groupsOf, type GroupSource, type Network, type Phases } from '../model/network.js';
import type { ParameterGroup } from '../nn/group.js';
import { evaluation, training } from '../nn/phase.js';
import { Scope } from '../nn/scope.js';
import { tensor, type Tensor } from '../tensor/tensor.js';

/** A flat vector of a group: `parameters`, `buffers`, a slot of the optimizer, a moving average, a gradient. */
export type Vector = string;

/** With several batches per step, the gradient accumulated so far is one more vector; see Accumulator. */
export const GRADIENT = 'gradient';

/** The name of a program's input for a group's vector. */
export function inputName(group: ParameterGroup, vector: Vector): string {
  return `${group.prefix}${vector}`;
}

/** The name of a program's output with a new vector of the trunk, or of the choice that ran in block `position`. */
export function outputName(position: number | 'trunk', vector: Vector): string {
  return position === 'trunk' ? `next.${vector}` : `next.blocks.${position}.${vector}`;
}

/** A group fed as flat vectors, named by {@link inputName}. */
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

/** A group whose flat vectors are inputs; `buffers` is undefined if it has none. */
export interface FedGroup extends GroupSource {
  readonly parameters: Value;
  readonly buffers: Value | undefined;
}

/** All groups of a plain network with fixed weights: constants under their own names. */
export function fixedGroups(
  network: Network,
  weights: ReadonlyMap<string, Tensor>,
): { readonly trunk: GroupSource; readonly choices: readonly (readonly GroupSource[])[] } {
  const [trunk, ...choices] = groupsOf(network).map((group): GroupSource => {
    const { parameters, buffers } = group.pack(weights);
    const named = [...group.unpack(parameters, buffers)].map(
      ([name, { shape, data }]) =>
        [name.slice(group.prefix.length), constant(tensor('float32', shape, data), name)] as const,
    );
    return { captures: [], open: () => Scope.over(new Map(named)) };
  });
  return { trunk, choices: choices.map((source) => [source]) };
}

/** The phases of all parts of a network in evaluation. */
export function evaluationPhases({ choices }: Network): Phases {
  return { stem: evaluation, blocks: choices.map(() => ({ captures: [], open: () => evaluation })) };
}

/**
 * The phases of all parts of a network in training, with the scalar `momentum` and the drop-path factors `keep`,
 * [branches of all blocks, B], if there is drop path.
 */
export function trainingPhases({ choices, space }: Network, momentum: Value, keep?: Value): Phases {
  const { residualBranches } = space.family;
  const stem = training({ momentum });
  if (keep === undefined) {
    const blocks = choices.map(() => ({
      captures: [momentum],
      open: ([inner]: readonly Value[]) => training({ momentum: inner }),
    }));
    return { stem, blocks };
  }
  const rows = split(
    keep,
    0,
    Array.from({ length: residualBranches * choices.length }, () => 1),
  ).map((row) => reshape(row, [row.shape[1]]));
  const blocks = choices.map((_, block) => ({
    captures: [momentum, ...rows.slice(residualBranches * block, residualBranches * (block + 1))],
    open: ([inner, ...branches]: readonly Value[]) => training({ momentum: inner, keep: branches }),
  }));
  return { stem, blocks };
}
