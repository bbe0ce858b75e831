import { branch, concat, constant, input, reshape, split, type Value } from '../graph/index.js';
import type { Option } from '../model/branches.js';
import { groupsOf, indexOf, type GroupSource, type Network, type Phases } from '../model/network.js';
import type { FlatVariables, ParameterGroup } from '../nn/group.js';
import { evaluation, training } from '../nn/phase.js';
import { Scope } from '../nn/scope.js';
import { cut } from '../nn/slices.js';
import { tensor, zeros, type Tensor } from '../tensor/tensor.js';

/** A flat vector of a group: `parameters`, `buffers`, a slot of the optimizer, a moving average, a gradient. */
export type Vector = string;

/** With several batches per step, the gradient accumulated so far is one more vector; see Accumulator. */
export const GRADIENT = 'gradient';

/** The name of a program's input for a group's vector. */
export function inputName(group: ParameterGroup, vector: Vector): string {
  return `${group.prefix}${vector}`;
}

/**
 * The name of a program's output with a new vector of the trunk, or of a branch's option that ran: of the option's group
 * number `at`.
 */
export function outputName(branch: number | 'trunk', vector: Vector, at = 0): string {
  const name = branch === 'trunk' ? `next.${vector}` : `next.blocks.${branch}.${vector}`;
  return at === 0 ? name : `${name}.${at}`;
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

/** Where a program finds the variables of a network: the trunk and, for every branch, its options. */
export interface FedNetwork {
  readonly trunk: FedGroup;
  readonly choices: readonly (readonly FedGroup[])[];
  /** The index of every branch, int64 [1]. */
  readonly indices: readonly Value[];
}

/** A network whose groups are fed as flat vectors, for the feed `path`, int64 [branches]. */
export function fedNetwork({ trunk, branches }: Network, path: Value): FedNetwork {
  const indices = branches.map((_, at) => indexOf(path, at));
  const choices = branches.map(({ options }, at) => fedOptions(options, indices[at]));
  return { trunk: fedGroup(trunk), choices, indices };
}

/**
 * Options that are groups of their own are fed as they are. Where options share groups, the flat vectors of the option
 * that runs are put together first; as graph values, they have a gradient.
 */
function fedOptions(options: readonly Option[], index: Value): readonly FedGroup[] {
  const vectors = groupVectors();
  const open =
    ({ variables }: Option) =>
    ([flat, state]: readonly Value[]): Scope =>
      variables.open(flat, state);
  const owned = options.flatMap(({ variables: { groups } }) => (groups.length === 1 ? groups : []));
  if (new Set(owned).size === options.length) {
    return owned.map((group, at) => ({ ...fedGroup(group), open: open(options[at]) }));
  }
  const arms = options.map(({ variables: { groups } }) => {
    const own = (['parameters', 'buffers'] as const).map((vector) =>
      groups.flatMap((group) => vectors(group, vector) ?? []),
    );
    const [{ length }] = own;
    return {
      captures: own.flat(),
      body: (...parts: readonly Value[]) => [joined(parts.slice(0, length)), joined(parts.slice(length))],
    };
  });
  const [parameters, flatBuffers] = branch(index, arms);
  const hasBuffers = options.some(({ variables: { groups } }) => groups.some(({ bufferSize }) => bufferSize > 0));
  const buffers = hasBuffers ? [flatBuffers] : [];
  return options.map((option) => ({
    parameters,
    buffers: buffers[0],
    captures: [parameters, ...buffers],
    open: open(option),
  }));
}

/** The vectors of groups as inputs, one value for each; undefined for an empty one. */
export function groupVectors(): (group: ParameterGroup, vector: Vector) => Value | undefined {
  const known = new Map<string, Value>();
  return (group, vector) => {
    const name = inputName(group, vector);
    const size = vector === 'buffers' ? group.bufferSize : group.size;
    if (size === 0) return undefined;
    const value = known.get(name) ?? input(name, 'float32', [size]);
    known.set(name, value);
    return value;
  };
}

/** Flat vectors one after another; an empty vector if there are none. */
export function joined(parts: readonly Value[]): Value {
  return parts.length === 0 ? constant(zeros('float32', [0])) : concat(parts, 0);
}

/** Cuts a flat vector into those of the groups that store it. */
export function partsOf({ groups }: FlatVariables, vector: Vector, flat: Value): readonly Value[] {
  const sizes = groups.map(({ size, bufferSize }) => (vector === 'buffers' ? bufferSize : size));
  return cut(flat, sizes);
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
