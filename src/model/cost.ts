import { input, macsOf, type Value } from '../graph/index.js';
import { classifier } from '../nn/classifier.js';
import { glBlock } from '../nn/glBlock.js';
import { patchEmbed } from '../nn/patchEmbed.js';
import { evaluation } from '../nn/phase.js';
import { Scope } from '../nn/scope.js';
import type { Architecture, Backbone } from '../space/architecture.js';
import { describeBlock, type Block } from '../space/block.js';
import { blocksOf, type Path, type Space } from '../space/space.js';
import { sizeOf } from '../tensor/tensor.js';
import { forward, groupsOf, plainNetwork } from './network.js';
import { evaluationPhases, fedGroup } from './sources.js';

/** What a network takes. */
export interface Cost {
  /** Multiply-adds for one image, counted from the operators of the forward graph; what papers mostly call FLOPs. */
  readonly macs: number;
  /** Trainable parameters, counted where modules declare them. */
  readonly parameters: number;
}

/** The cost of one architecture: of its network, built for one image. */
export function costOf(architecture: Architecture): Cost {
  const network = plainNetwork(architecture);
  const { imageSize } = network.backbone;
  const { logits } = forward(network, {
    images: input('images', 'float32', [1, 3, imageSize, imageSize]),
    trunk: fedGroup(network.trunk),
    choices: network.choices.map((groups) => groups.map(fedGroup)),
    phases: evaluationPhases(network.choices.length),
  });
  return { macs: macsOf([logits]), parameters: groupsOf(network).reduce((sum, { size }) => sum + size, 0) };
}

/** The costs of every choice of a space, which add up: a path's cost is the trunk's and those of its choices. */
export interface CostTable {
  readonly space: Space;
  /** Patch embedding, final norm and head. */
  readonly trunk: Cost;
  /** `choices[i][k]`: choice k of block i. */
  readonly choices: readonly (readonly Cost[])[];
}

/** Prices a space. Equal blocks are built once, so that also the joint space of both levels takes milliseconds. */
export function costTable(backbone: Backbone, space: Space): CostTable {
  const costOfBlock = blockCosts(backbone);
  return {
    space,
    trunk: trunkCost(backbone),
    choices: space.positions.map((choices) => choices.map(costOfBlock)),
  };
}

/** The cost of the network that a path stands for. Throws a UserError when the path does not fit the space. */
export function costOfPath({ space, trunk, choices }: CostTable, path: Path): Cost {
  blocksOf(space, path); // checks the genes
  return total([trunk, ...path.map((gene, position) => choices[position][gene])]);
}

/** The sum of some costs. */
export function total(costs: readonly Cost[]): Cost {
  return {
    macs: costs.reduce((sum, { macs }) => sum + macs, 0),
    parameters: costs.reduce((sum, { parameters }) => sum + parameters, 0),
  };
}

/** A number of multiply-adds or parameters with four digits: `1.473 G`, `80.07 M`, `768`. */
export function formatCount(count: number): string {
  for (const [unit, size] of [
    ['G', 1e9],
    ['M', 1e6],
    ['k', 1e3],
  ] as const) {
    if (count >= 0.99995 * size) return `${(count / size).toPrecision(4)} ${unit}`;
  }
  return String(count);
}

/** The cost of patch embedding, final norm and head. */
export function trunkCost(backbone: Backbone): Cost {
  const { dim, imageSize, classes } = backbone;
  return measure((scope) => [
    patchEmbed(scope, input('images', 'float32', [1, 3, imageSize, imageSize]), backbone),
    classifier(scope, input('tokens', 'float32', [1, tokensOf(backbone), dim]), classes),
  ]);
}

/** The cost of a block of this backbone; equal blocks are measured once. */
export function blockCosts(backbone: Backbone): (block: Block) => Cost {
  const known = new Map<string, Cost>();
  return (block) => {
    const key = describeBlock(block);
    const cost =
      known.get(key) ??
      measure((scope) => [
        glBlock(scope, input('x', 'float32', [1, tokensOf(backbone), backbone.dim]), block, evaluation),
      ]);
    known.set(key, cost);
    return cost;
  };
}

/** Tokens of an image: its patches and the class token. */
function tokensOf({ imageSize, patchSize }: Backbone): number {
  return 1 + (imageSize / patchSize) ** 2;
}

function measure(build: (scope: Scope) => readonly Value[]): Cost {
  let macs = 0;
  const { parameters } = Scope.declare((scope) => {
    macs = macsOf(build(scope));
  });
  return { macs, parameters: parameters.reduce((sum, { shape }) => sum + sizeOf(shape), 0) };
}
