import { branch, constant, GraphError, inModule, input, slice, type Value } from '../graph/index.js';
import { ParameterGroup } from '../nn/group.js';
import { evaluation, type Phase } from '../nn/phase.js';
import { Scope, type Declaration } from '../nn/scope.js';
import { UserError } from '../errors.js';
import type { Architecture, Backbone } from '../family/family.js';
import { DEIT_PREPROCESSING, type Preprocessing } from '../family/preprocessing.js';
import { defineSpace, type Space } from '../space/space.js';
import { formatShape, sameShape } from '../tensor/shape.js';
import { zeros, type Shape } from '../tensor/tensor.js';

/**
 * A network in which every block is one of K choices, each with its own weights. A plain network is a supernet with a
 * single choice everywhere, and no branches in its graph.
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
  /** `choices[i][k]`: choice k of block i. */
  readonly choices: readonly (readonly ParameterGroup[])[];
  /** The input shape of each block, then of the head, for one image. */
  readonly shapes: readonly Shape[];
}

/** The supernet of a space: all choices of all blocks. Variables are called `blocks.<i>.choices.<k>.…`. */
export function supernet(backbone: Backbone, space: Space): Network {
  return defineNetwork({ backbone, space, preprocessing: DEIT_PREPROCESSING }, (block, choice) => {
    return `blocks.${block}.choices.${choice}.`;
  });
}

/** The network of one architecture. Variables are called `blocks.<i>.…`. */
export function plainNetwork({ family, backbone, blocks, preprocessing }: Architecture): Network {
  const space = defineSpace(
    'one',
    family,
    blocks.map((block) => [block]),
  );
  return defineNetwork({ backbone, space, preprocessing }, (block) => `blocks.${block}.`);
}

function defineNetwork(
  given: Pick<Network, 'backbone' | 'space' | 'preprocessing'>,
  prefixOf: (block: number, choice: number) => string,
): Network {
  const { backbone, space } = given;
  const { family } = space;
  const { imageSize } = backbone;
  const stem = declared([1, 3, imageSize, imageSize], (scope, images) =>
    family.stem(scope, images, backbone, evaluation),
  );
  const shapes = [stem.shape];
  // Build equal blocks with equal input shapes once: the joint space of both levels has hundreds per position.
  const known = new Map<string, ReturnType<typeof declared>>();
  const choices = space.positions.map((blocks, position) => {
    const made = blocks.map((block) => {
      // All choices of a position have the same output shape, so the first one is representative.
      const fault = family.fitFault(block, backbone, space.positions[position - 1]?.[0]);
      if (fault !== undefined) {
        throw new UserError(
          `block ${position}, ${family.describeBlock(block)}, does not fit the backbone: ${fault.field} ${fault.fact}`,
        );
      }
      const key = `${family.describeBlock(block)} on ${shapes[position].join('x')}`;
      const part =
        known.get(key) ??
        inModule(`blocks.${position}`, () =>
          declared(shapes[position], (scope, x) => family.block(scope, x, block, evaluation)),
        );
      known.set(key, part);
      return part;
    });
    const [{ shape }] = made;
    const other = made.find((each) => !sameShape(each.shape, shape));
    if (other !== undefined) {
      throw new GraphError(
        `the choices of block ${position} give ${formatShape(shape)} and ${formatShape(other.shape)}; they must agree`,
      );
    }
    shapes.push(shape);
    return made.map(({ declaration }, choice) => new ParameterGroup(prefixOf(position, choice), declaration));
  });
  const head = declared(shapes[shapes.length - 1], (scope, x) => family.head(scope, x, backbone));
  return {
    ...given,
    trunk: new ParameterGroup('', joined(stem.declaration, head.declaration)),
    stemVariables: stem.declaration.names.length,
    choices,
    shapes,
  };
}

/** A module's declarations and output shape, for this input shape. */
function declared(given: Shape, build: (scope: Scope, x: Value) => Value) {
  let shape: Shape = [];
  const declaration = Scope.declare((scope) => {
    ({ shape } = build(scope, input('x', 'float32', given)));
  });
  return { declaration, shape };
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

/** A group's variables in one graph: outer values, and a scope over them inside an arm. */
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
  /** The chosen path, int64 [blocks]; not needed when every block has one choice. */
  readonly path?: Value;
  readonly trunk: GroupSource;
  readonly choices: readonly (readonly GroupSource[])[];
  readonly phases: Phases;
}

export interface ForwardResult {
  /** [B, classes] */
  readonly logits: Value;
  /** The outputs of the stem and of every block. */
  readonly features: readonly Value[];
  /** For each block, the gene that chose its arm, int64 [1]; other branches on the same choice use it too. */
  readonly indices: readonly Value[];
  /** For each block, the new flat buffers of the choice that ran; undefined if it has none or they did not change. */
  readonly buffers: readonly (Value | undefined)[];
  /** The new buffers of the trunk, likewise. */
  readonly trunkBuffers: Value | undefined;
  /** The tapped values in the blocks of a plain network, `blocks.<i>.<name>`; none for several choices. */
  readonly taps: ReadonlyMap<string, Value>;
}

/** The forward pass: each block runs the path's choice. */
export function forward(network: Network, inputs: ForwardInputs): ForwardResult {
  const { backbone, space, trunk: trunkGroup } = network;
  const { family } = space;
  const { images, trunk, choices, phases, path = constant(zeros('int64', [phases.blocks.length])) } = inputs;
  const shared = trunk.open(trunk.captures);
  const indices: Value[] = [];
  let x = family.stem(shared, images, backbone, phases.stem);
  const features = [x];
  const buffers: (Value | undefined)[] = [];
  const taps = new Map<string, Value>();
  space.positions.forEach((blocks, position) => {
    const phase = phases.blocks[position];
    const scopes: Scope[] = [];
    const arms = blocks.map((block, choice) => {
      const source = choices[position][choice];
      return {
        captures: [x, ...phase.captures, ...source.captures],
        body: (inner: Value, ...rest: readonly Value[]) => {
          const scope = source.open(rest.slice(phase.captures.length));
          const open = phase.open(rest.slice(0, phase.captures.length));
          const y = inModule(`blocks.${position}`, () => family.block(scope, inner, block, open));
          const updates = network.choices[position][choice].collectUpdates(scope);
          scopes.push(scope);
          return updates === undefined ? [y] : [y, updates];
        },
      };
    });
    const index = slice(path, 0, position, position + 1);
    const [y, updates] = branch(index, arms);
    // With several arms, tapped values stay inside them.
    if (scopes.length === 1) for (const [name, value] of scopes[0].taps) taps.set(`blocks.${position}.${name}`, value);
    indices.push(index);
    x = y;
    features.push(y);
    buffers.push(updates);
  });
  const logits = family.head(shared, x, backbone);
  return { logits, features, indices, buffers, trunkBuffers: trunkGroup.collectUpdates(shared), taps };
}
