import { UserError } from '../errors.js';
import type { Layout, Shapes } from '../family/family.js';
import type { ParameterGroup } from '../nn/group.js';
import { formatShape, sameShape } from '../tensor/shape.js';
import { zeros, type DType, type Shape, type Tensor } from '../tensor/tensor.js';
import { architectureOf } from './inherit.js';
import { groupsOf, type Network } from './network.js';

/** Tensors by name, in storage order. */
export type StateDict = ReadonlyMap<string, Tensor>;

/** A required tensor of a network's state. */
interface Entry {
  /** This project's name. */
  readonly name: string;
  readonly dtype: DType;
  readonly shape: Shape;
}

/** PyTorch counts the batches seen by each BatchNorm. Nothing reads the count; it is kept for round trips. */
const COUNTER = 'num_batches_tracked';

/** The shapes of a state's tensors. */
export function shapesOf(state: StateDict): Shapes {
  return new Map([...state].map(([name, { shape }]) => [name, shape]));
}

/**
 * Converts a state to this project's names, `blocks.<i>.…`, from its family's official names or this project's; the
 * names show which. BatchNorm's batch counters are kept; tensors that follow from the architecture are dropped.
 * `source` names the state in errors, usually the file.
 *
 * Throws a UserError that names tensors that are missing, unexpected, or have the wrong type or shape.
 */
export function readStateDict(network: Network, state: StateDict, source: string): Map<string, Tensor> {
  const entries = entriesOf(network);
  const names = namesIn(network, entries, state);
  const given = (name: string): string => names.get(name) ?? name;
  const missing = entries.map(({ name }) => name).filter((name) => !state.has(given(name)) && !isCounter(name));
  if (missing.length > 0) throw fault(source, 'lacks', missing.map(given));
  const known = new Set(entries.map(({ name }) => given(name)));
  const isDerived = (name: string): boolean =>
    network.space.family.layouts.some((layout) => layout.isDerived?.(name) === true);
  const unexpected = [...state.keys()].filter((name) => !known.has(name) && !isDerived(name));
  if (unexpected.length > 0) throw fault(source, 'has, but the network does not know,', unexpected);
  const found = entries.flatMap((entry) => {
    const value = state.get(given(entry.name));
    return value === undefined ? [] : [{ entry, value }];
  });
  const unfit = found.filter(({ entry, value }) => value.dtype !== entry.dtype || !sameShape(value.shape, entry.shape));
  if (unfit.length > 0) {
    const [{ entry, value }] = unfit;
    const others = unfit.length === 1 ? '' : `, and ${unfit.length - 1} more do not fit`;
    throw new UserError(
      `${source}: ${given(entry.name)} is ${value.dtype}${formatShape(value.shape)}, but the network's is ` +
        `${entry.dtype}${formatShape(entry.shape)}${others}; use the architecture that the weights belong to`,
    );
  }
  return new Map(found.map(({ entry, value }) => [entry.name, value]));
}

/**
 * A plain network's state under official names: those of the first layout of its family that can hold it. Unknown batch
 * counters are 0.
 */
export function toOfficialStateDict(network: Network, state: StateDict): Map<string, Tensor> {
  const { family } = network.space;
  const architecture = architectureOf(network, onlyPath(network));
  const layout = family.layouts.find((each) => each.obstacle(architecture) === undefined);
  if (layout === undefined) throw new UserError(`${family.name} has no official names for this network`);
  return toLayout(network, state, layout);
}

/**
 * A plain network's state under the names and in the order of `layout`. Throws a UserError when the layout cannot hold
 * the network.
 */
export function toLayout(network: Network, state: StateDict, layout: Layout): Map<string, Tensor> {
  const architecture = architectureOf(network, onlyPath(network));
  const obstacle = layout.obstacle(architecture);
  if (obstacle !== undefined) throw new UserError(`${obstacle}; write the weights under other names`);
  const checked = readStateDict(network, state, 'the state');
  const entries = entriesOf(network);
  const byName = new Map(entries.map((entry) => [entry.name, entry]));
  const names = layout.officialNames([...byName.keys()], architecture);
  return new Map([
    ...[...names].map(([own, official]): [string, Tensor] => {
      const { dtype, shape } = byName.get(own) as Entry;
      return [official, checked.get(own) ?? zeros(dtype, shape)];
    }),
    ...(layout.derived?.(architecture) ?? []),
  ]);
}

/** Maps a network's names to those of the state, using the layout with the most names in common. */
function namesIn(network: Network, entries: readonly Entry[], state: StateDict): ReadonlyMap<string, string> {
  const own = entries.map(({ name }) => name);
  const usual = new Map(own.map((name) => [name, name]));
  // A supernet has only its own names.
  if (network.choices.some((choices) => choices.length > 1)) return usual;
  const architecture = architectureOf(network, onlyPath(network));
  const layouts = network.space.family.layouts
    .filter((layout) => layout.obstacle(architecture) === undefined)
    .map((layout) => layout.officialNames(own, architecture));
  const shared = (names: ReadonlyMap<string, string>): number =>
    [...names.values()].filter((name) => state.has(name)).length;
  return [usual, ...layouts].reduce((best, names) => (shared(names) > shared(best) ? names : best));
}

function onlyPath({ choices }: Network): readonly number[] {
  return choices.map(() => 0);
}

/** The entries of a network's state: stem, blocks, head, each in declaration order. */
function entriesOf(network: Network): readonly Entry[] {
  const [trunk, ...blocks] = groupsOf(network);
  const { stemVariables } = network;
  return [
    ...groupEntries(trunk, trunk.names.slice(0, stemVariables)),
    ...blocks.flatMap((block) => groupEntries(block, block.names)),
    ...groupEntries(trunk, trunk.names.slice(stemVariables)),
  ];
}

function groupEntries({ prefix, parameters, buffers }: ParameterGroup, names: readonly string[]): Entry[] {
  const shapes = new Map([...parameters, ...buffers].map(({ name, shape }) => [name, shape]));
  return names.flatMap((name): Entry[] => {
    const entry: Entry = { name: prefix + name, dtype: 'float32', shape: shapes.get(name) ?? [] };
    if (!name.endsWith('running_var')) return [entry];
    return [entry, { name: prefix + name.replace('running_var', COUNTER), dtype: 'int64', shape: [] }];
  });
}

function isCounter(name: string): boolean {
  return name.endsWith(`.${COUNTER}`);
}

function fault(source: string, verb: string, names: readonly string[]): UserError {
  const shown = names.slice(0, 3).join(', ');
  const others = names.length > 3 ? ` and ${names.length - 3} more tensors` : '';
  return new UserError(`${source} ${verb} ${shown}${others}; use the architecture that the weights belong to`);
}
