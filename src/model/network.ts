import { branch, constant, inModule, slice, type Value } from '../graph/index.js';
import { ParameterGroup } from '../nn/group.js';
import { evaluation, type Phase } from '../nn/phase.js';
import type { Scope } from '../nn/scope.js';
import { type Declaration } from '../nn/scope.js';
import type { Box } from '../nn/slices.js';
import { UserError } from '../errors.js';
import type { Architecture, Backbone, Block } from '../family/family.js';
import { DEIT_PREPROCESSING, type Preprocessing } from '../family/preprocessing.js';
import { defineSpace, type Path, type Space } from '../space/space.js';
import { int64, zeros, type Shape, type Tensor } from '../tensor/tensor.js';
import { declared, type BlockDefinition, type Branch } from './branches.js';
import { entangledBlock } from './entangled.js';
import { separateBlock } from './separate.js';

/**
 * A network in which every block is one of K choices. They have weights of their own or, in an entangled supernet, share
 * them: each is a slice of the largest. A plain network is a supernet with a single choice everywhere, and no branches
 * in its graph.
 */
export interface Network {
  readonly backbone: Backbone;
  readonly space: Space;
  /** Its preprocessing of images. */
  readonly preprocessing: Preprocessing;
  /** Stem and head, shared by all paths. */
  readonly trunk: ParameterGroup;
  /** The number of the trunk's variables that belong to the stem; they come first. */
  readonly stemVariables: number;
  /** The weights of every block: `choices[i][k]` are those of choice k or, in an entangled supernet, what some choices share. */
  readonly choices: readonly (readonly ParameterGroup[])[];
  /** What runs between stem and head, in order: one branch per block, or one per part of a block if weights are shared. */
  readonly branches: readonly Branch[];
  /** The boxes into which the shared variables of every block are cut; none for weights of their own. */
  readonly boxes: readonly (readonly Box[])[];
  /** The input shape of each block, then of the head, for one image. */
  readonly shapes: readonly Shape[];
}

export interface SupernetOptions {
  /** Whether a block's choices share weights; see Entanglement. Default: each has its own. */
  readonly entangled?: boolean;
}

/**
 * The supernet of a space: all choices of all blocks. Variables are called `blocks.<i>.choices.<k>.…`, shared ones
 * `blocks.<i>.choices.<part>.<group>.…`. Throws a UserError when the space's family cannot share weights.
 */
export function supernet(backbone: Backbone, space: Space, { entangled = false }: SupernetOptions = {}): Network {
  const given = { backbone, space, preprocessing: DEIT_PREPROCESSING };
  return defineNetwork(given, entangled ? entangledBlock(backbone, space) : separateBlock(space, supernetPrefix));
}

function supernetPrefix(block: number, choice: number): string {
  return `blocks.${block}.choices.${choice}.`;
}

/** The network of one architecture. Variables are called `blocks.<i>.…`. */
export function plainNetwork({ family, backbone, blocks, preprocessing }: Architecture): Network {
  const space = defineSpace(
    'one',
    family,
    blocks.map((block) => [block]),
  );
  const prefixOf = (position: number): string => `blocks.${position}.`;
  return defineNetwork({ backbone, space, preprocessing }, separateBlock(space, prefixOf));
}

function defineNetwork(given: Pick<Network, 'backbone' | 'space' | 'preprocessing'>, define: BlockDefinition): Network {
  const { backbone, space } = given;
  const { family } = space;
  const { imageSize } = backbone;
  const stem = declared([[1, 3, imageSize, imageSize]], (scope, [images]) => [
    family.stem(scope, images, backbone, evaluation),
  ]);
  const shapes = [...stem.shapes];
  const defined = space.positions.map((blocks, position) => {
    for (const block of blocks) checkFit(given, position, block);
    const made = define(position, shapes[position]);
    shapes.push(made.shape);
    return made;
  });
  const head = declared(shapes.slice(-1), (scope, [x]) => [family.head(scope, x, backbone)]);
  return {
    ...given,
    trunk: new ParameterGroup('', joined(stem.declaration, head.declaration)),
    stemVariables: stem.declaration.names.length,
    choices: defined.map(({ groups }) => groups),
    branches: defined.flatMap(({ branches }) => branches),
    boxes: defined.map(({ boxes }) => boxes),
    shapes,
  };
}

function checkFit({ backbone, space }: Pick<Network, 'backbone' | 'space'>, position: number, block: Block): void {
  const { family, positions } = space;
  // All choices of a position have the same output shape, so the first one is representative.
  const fault = family.fitFault(block, backbone, positions[position - 1]?.[0]);
  if (fault === undefined) return;
  throw new UserError(
    `block ${position}, ${family.describeBlock(block)}, does not fit the backbone: ${fault.field} ${fault.fact}`,
  );
}

function joined(first: Declaration, second: Declaration): Declaration {
  return {
    parameters: [...first.parameters, ...second.parameters],
    buffers: [...first.buffers, ...second.buffers],
    names: [...first.names, ...second.names],
  };
}

/** All groups of a network, the trunk first. */
export function groupsOf({ trunk, choices }: Network): readonly ParameterGroup[] {
  return [trunk, ...choices.flat()];
}

/** The feed that chooses a path: the option of every branch, int64 [branches]. */
export function pathFeed({ branches }: Network, path: Path): Tensor<'int64'> {
  return int64(
    [branches.length],
    branches.map(({ position, optionOf }) => optionOf[path[position]]),
  );
}

/** A branch's index in a graph, int64 [1], from the feed `path`. */
export function indexOf(path: Value, branch: number): Value {
  return slice(path, 0, branch, branch + 1);
}

/** An option's variables in one graph: outer values, and a scope over them inside an arm. */
export interface GroupSource {
  readonly captures: readonly Value[];
  readonly open: (captured: readonly Value[]) => Scope;
}

/** A block's phase in one graph: outer values, and a phase over them inside an arm. */
export interface PhaseSource {
  readonly captures: readonly Value[];
  readonly open: (captured: readonly Value[]) => Phase;
}

/** The phases of a network's parts. */
export interface Phases {
  readonly stem: Phase;
  readonly blocks: readonly PhaseSource[];
}

export interface ForwardInputs {
  /** Normalised images, float32 [B, 3, S, S]. */
  readonly images: Value;
  /** For each branch, the option that runs, int64 [1]; not needed when each has one. */
  readonly indices?: readonly Value[];
  readonly trunk: GroupSource;
  /** The variables of every branch's options. */
  readonly choices: readonly (readonly GroupSource[])[];
  readonly phases: Phases;
}

export interface ForwardResult {
  /** [B, classes] */
  readonly logits: Value;
  /** The outputs of the stem and of every block. */
  readonly features: readonly Value[];
  /** For each branch, the new flat buffers of the option that ran; undefined if it has none or they did not change. */
  readonly buffers: readonly (Value | undefined)[];
  /** The new buffers of the trunk, likewise. */
  readonly trunkBuffers: Value | undefined;
  /** The tapped values in the blocks of a plain network, `blocks.<i>.<name>`; none for several choices. */
  readonly taps: ReadonlyMap<string, Value>;
}

/** The forward pass: each block runs the path's choice. */
export function forward(network: Network, inputs: ForwardInputs): ForwardResult {
  const { backbone, space, trunk: trunkGroup, branches } = network;
  const { family } = space;
  const { images, trunk, choices, phases, indices = branches.map(() => constant(zeros('int64', [1]))) } = inputs;
  const shared = trunk.open(trunk.captures);
  const features = [family.stem(shared, images, backbone, phases.stem)];
  const buffers: (Value | undefined)[] = [];
  const taps = new Map<string, Value>();
  let values: readonly Value[] = features;
  branches.forEach(({ position, options }, at) => {
    const phase = phases.blocks[position];
    const scopes: Scope[] = [];
    // Only a block's output reaches the next block.
    const given = branches[at - 1]?.position === position ? values : values.slice(0, 1);
    let results = 0;
    const arms = options.map(({ variables, build }, choice) => {
      const source = choices[at][choice];
      return {
        captures: [...given, ...phase.captures, ...source.captures],
        body: (...captured: readonly Value[]) => {
          const inner = captured.slice(0, given.length);
          const [outer, own] = [given.length, given.length + phase.captures.length];
          const scope = source.open(captured.slice(own));
          const open = phase.open(captured.slice(outer, own));
          const made = inModule(`blocks.${position}`, () => build(scope, inner, open));
          const updates = variables.collectUpdates(scope);
          scopes.push(scope);
          results = made.length;
          return updates === undefined ? made : [...made, updates];
        },
      };
    });
    const outputs = branch(indices[at], arms);
    values = [...outputs.slice(0, results), ...given.slice(results)];
    buffers.push(outputs.at(results));
    if (branches.at(at + 1)?.position !== position) features.push(values[0]);
    // With several arms, tapped values stay inside them.
    if (scopes.length === 1) for (const [name, value] of scopes[0].taps) taps.set(`blocks.${position}.${name}`, value);
  });
  const logits = family.head(shared, features[features.length - 1], backbone);
  return { logits, features, buffers, trunkBuffers: trunkGroup.collectUpdates(shared), taps };
}
