import { branch, constant, inModule, input, slice, type Value } from '../graph/index.js';
import { classifier } from '../nn/classifier.js';
import { glBlock } from '../nn/glBlock.js';
import { ParameterGroup } from '../nn/group.js';
import { patchEmbed } from '../nn/patchEmbed.js';
import { evaluation, type Phase } from '../nn/phase.js';
import { Scope } from '../nn/scope.js';
import type { Architecture, Backbone } from '../space/architecture.js';
import { defineSpace, type Space } from '../space/space.js';
import { zeros } from '../tensor/tensor.js';

/**
 * A network in which every block is one of K choices with weights of their own. A supernet and a plain network are the
 * same thing: the plain one has a single choice everywhere, and no branch in its graph.
 */
export interface Network {
  readonly backbone: Backbone;
  readonly space: Space;
  /** Patch embedding, final norm and head, which every path shares. */
  readonly trunk: ParameterGroup;
  /** `choices[i][k]`: choice k of block i. */
  readonly choices: readonly (readonly ParameterGroup[])[];
}

/** The supernet of a space: all choices of all blocks. Variables are called `blocks.<i>.choices.<k>.…`. */
export function supernet(backbone: Backbone, space: Space): Network {
  return defineNetwork(backbone, space, (block, choice) => `blocks.${block}.choices.${choice}.`);
}

/** The network of one architecture. Variables are called `blocks.<i>.…`. */
export function plainNetwork({ backbone, blocks }: Architecture): Network {
  const space = defineSpace(
    'one',
    blocks.map((block) => [block]),
  );
  return defineNetwork(backbone, space, (block) => `blocks.${block}.`);
}

function defineNetwork(backbone: Backbone, space: Space, prefixOf: (block: number, choice: number) => string): Network {
  const { dim, imageSize, patchSize, classes } = backbone;
  const tokens = 1 + (imageSize / patchSize) ** 2;
  const trunk = Scope.declare((scope) => {
    patchEmbed(scope, input('images', 'float32', [1, 3, imageSize, imageSize]), backbone);
    classifier(scope, input('tokens', 'float32', [1, tokens, dim]), classes);
  });
  return {
    backbone,
    space,
    trunk: new ParameterGroup('', trunk),
    choices: space.positions.map((blocks, position) =>
      blocks.map((block, choice) => {
        const declaration = Scope.declare((scope) =>
          glBlock(scope, input('x', 'float32', [1, tokens, dim]), block, evaluation),
        );
        return new ParameterGroup(prefixOf(position, choice), declaration);
      }),
    ),
  };
}

/** All groups of a network, the trunk first. */
export function groupsOf({ trunk, choices }: Network): readonly ParameterGroup[] {
  return [trunk, ...choices.flat()];
}

/** Where a group's variables come from in one graph: outer values, and a scope over them inside an arm. */
export interface GroupSource {
  readonly captures: readonly Value[];
  readonly open: (captured: readonly Value[]) => Scope;
}

/** Where a block's phase comes from: outer values, and a phase over them inside an arm. */
export interface PhaseSource {
  readonly captures: readonly Value[];
  readonly open: (captured: readonly Value[]) => Phase;
}

export interface ForwardInputs {
  /** Normalised images, float32 [B, 3, S, S]. */
  readonly images: Value;
  /** The chosen path, int64 [blocks]; not needed when every block has one choice. */
  readonly path?: Value;
  readonly trunk: GroupSource;
  readonly choices: readonly (readonly GroupSource[])[];
  readonly phases: readonly PhaseSource[];
}

export interface ForwardResult {
  /** [B, classes] */
  readonly logits: Value;
  /** The tokens after the embedding and after every block, [B, N, D]. */
  readonly features: readonly Value[];
  /** For each block the gene that chose its arm, int64 [1]: what other branches on the same choice are made with. */
  readonly indices: readonly Value[];
  /** For each block the new buffers of the choice that ran, flat; undefined where it has none or they did not change. */
  readonly buffers: readonly (Value | undefined)[];
}

/** The forward pass: each block runs the choice that the path names. */
export function forward(network: Network, inputs: ForwardInputs): ForwardResult {
  const { images, trunk, choices, phases, path = constant(zeros('int64', [phases.length])) } = inputs;
  const shared = trunk.open(trunk.captures);
  const indices: Value[] = [];
  let x = patchEmbed(shared, images, network.backbone);
  const features = [x];
  const buffers: (Value | undefined)[] = [];
  network.space.positions.forEach((blocks, position) => {
    const phase = phases[position];
    const arms = blocks.map((block, choice) => {
      const source = choices[position][choice];
      return {
        captures: [x, ...phase.captures, ...source.captures],
        body: (inner: Value, ...rest: readonly Value[]) => {
          const scope = source.open(rest.slice(phase.captures.length));
          const open = phase.open(rest.slice(0, phase.captures.length));
          const y = inModule(`blocks.${position}`, () => glBlock(scope, inner, block, open));
          const updates = network.choices[position][choice].collectUpdates(scope);
          return updates === undefined ? [y] : [y, updates];
        },
      };
    });
    const index = slice(path, 0, position, position + 1);
    const [y, updates] = branch(index, arms);
    indices.push(index);
    x = y;
    features.push(y);
    buffers.push(updates);
  });
  return { logits: classifier(shared, x, network.backbone.classes), features, indices, buffers };
}
