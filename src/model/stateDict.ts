import { UserError } from '../errors.js';
import type { ParameterGroup } from '../nn/group.js';
import { formatShape, sameShape } from '../tensor/shape.js';
import { zeros, type DType, type Shape, type Tensor } from '../tensor/tensor.js';
import { groupsOf, type Network } from './network.js';

/** Tensors by name, in the order in which they are stored. */
export type StateDict = ReadonlyMap<string, Tensor>;

/** A tensor that a network's state must have. */
interface Entry {
  readonly name: string;
  readonly dtype: DType;
  readonly shape: Shape;
}

/** PyTorch counts the batches that moved a BatchNorm's statistics. Nothing reads the count; it is kept for the round trip. */
const COUNTER = 'num_batches_tracked';

/** The official order of what is outside of the blocks, around them. */
const BEFORE_BLOCKS = ['cls_token', 'pos_embed', 'patch_embed.proj.weight', 'patch_embed.proj.bias'];
const AFTER_BLOCKS = ['norm.weight', 'norm.bias', 'head.weight', 'head.bias'];

/** The official order within a block; a block has some of these modules. */
const MODULES = ['norm1', 'attn.qkv', 'attn.proj', 'attn.net.1', 'attn.net.3.conv', 'attn.net.4', 'attn.net.6'];
const WITHIN_BLOCK = [...MODULES, 'norm2', 'mlp.fc1', 'mlp.fc2'].flatMap((module) =>
  ['weight', 'bias', 'running_mean', 'running_var', COUNTER].map((name) => `${module}.${name}`),
);

/** The official GLiT network keeps every block in a list of candidates that has one member: `blocks.<i>.0.…`. */
const CANDIDATE_SLOT = /^(blocks\.\d+\.)0\.(?=(norm1|attn|norm2|mlp)\.)/;

/** A state with the names of blocks in this project's way, whichever of the three ways they are given in. */
export function withoutSlots(state: StateDict): Map<string, Tensor> {
  return new Map([...state].map(([name, value]) => [name.replace(CANDIDATE_SLOT, '$1'), value]));
}

/**
 * A state under this project's names, `blocks.<i>.…`, from one under the names of the official GLiT network
 * (`blocks.<i>.0.…`), of DeiT, or of this project; which of them it is shows in its names. BatchNorm's counters of
 * batches stay in it where it has them. `source` names the state in errors, usually the file.
 *
 * Throws a UserError that names tensors which are missing, unexpected, or of another type or shape than the network's.
 */
export function readStateDict(network: Network, state: StateDict, source: string): Map<string, Tensor> {
  const renamed = withoutSlots(state);
  const entries = officialOrder(network);
  const missing = entries.filter(({ name }) => !renamed.has(name) && !isCounter(name)).map(({ name }) => name);
  if (missing.length > 0) throw fault(source, 'lacks', missing);
  const known = new Set(entries.map(({ name }) => name));
  const unexpected = [...state.keys()].filter((name) => !known.has(name.replace(CANDIDATE_SLOT, '$1')));
  if (unexpected.length > 0) throw fault(source, 'has, but the network does not know,', unexpected);
  const found = entries.flatMap((entry) => {
    const value = renamed.get(entry.name);
    return value === undefined ? [] : [{ entry, value }];
  });
  const unfit = found.filter(({ entry, value }) => value.dtype !== entry.dtype || !sameShape(value.shape, entry.shape));
  if (unfit.length > 0) {
    const [{ entry, value }] = unfit;
    const others = unfit.length === 1 ? '' : `, and ${unfit.length - 1} more do not fit`;
    throw new UserError(
      `${source}: ${entry.name} is ${value.dtype}${formatShape(value.shape)}, but the network's is ` +
        `${entry.dtype}${formatShape(entry.shape)}${others}; use the architecture that the weights belong to`,
    );
  }
  return new Map(found.map(({ entry, value }) => [entry.name, value]));
}

/** A network's state under the names of the official GLiT network, in its order; counters that are not known are 0. */
export function toGlitStateDict(network: Network, state: StateDict): Map<string, Tensor> {
  return renamedState(network, state, (name) => name.replace(/^blocks\.\d+\./, '$&0.'));
}

/**
 * A network's state under the names of DeiT and timm's vision transformer, in their order. Throws a UserError when a
 * block has local heads, for which they have no names.
 */
export function toDeitStateDict(network: Network, state: StateDict): Map<string, Tensor> {
  const local = network.space.positions.findIndex((choices) => choices.some(({ localHeads }) => localHeads > 0));
  if (local >= 0) {
    throw new UserError(`block ${local} has local heads, which DeiT has not; write the state in GLiT's layout`);
  }
  return renamedState(network, state, (name) => name);
}

/**
 * A network's state under the names by which other code loads it: DeiT's where all blocks are DeiT's, otherwise those of
 * the official GLiT.
 */
export function toOfficialStateDict(network: Network, state: StateDict): Map<string, Tensor> {
  const isDeit = network.space.positions.every((choices) =>
    choices.every(({ localHeads, dkRatio }) => localHeads === 0 && dkRatio === 1),
  );
  return isDeit ? toDeitStateDict(network, state) : toGlitStateDict(network, state);
}

function renamedState(network: Network, state: StateDict, rename: (name: string) => string): Map<string, Tensor> {
  const checked = readStateDict(network, state, 'the state');
  return new Map(
    officialOrder(network).map(({ name, dtype, shape }) => [rename(name), checked.get(name) ?? zeros(dtype, shape)]),
  );
}

/** What a network's state consists of, in the order of the official networks. */
function officialOrder(network: Network): readonly Entry[] {
  const [trunk, ...blocks] = groupsOf(network);
  return [
    ...entriesOf(trunk, BEFORE_BLOCKS),
    ...blocks.flatMap((block) => entriesOf(block, WITHIN_BLOCK)),
    ...entriesOf(trunk, AFTER_BLOCKS),
  ];
}

function entriesOf({ prefix, parameters, buffers }: ParameterGroup, order: readonly string[]): Entry[] {
  const shapes = new Map([...parameters, ...buffers].map(({ name, shape }) => [name, shape]));
  return order.flatMap((name): Entry[] => {
    if (isCounter(name)) {
      const hasStatistics = shapes.has(name.replace(COUNTER, 'running_mean'));
      return hasStatistics ? [{ name: prefix + name, dtype: 'int64', shape: [] }] : [];
    }
    const shape = shapes.get(name);
    return shape === undefined ? [] : [{ name: prefix + name, dtype: 'float32', shape }];
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
