import { input, type Value } from '../graph/index.js';
import { evaluation } from '../nn/phase.js';
import { Scope } from '../nn/scope.js';
import type { Architecture, Block } from '../family/family.js';
import { plainNetwork, supernet, type Network } from '../model/network.js';
import { blocksOf, type Path, type Space } from '../space/space.js';
import type { Shape } from '../tensor/tensor.js';
import { perMeasure, type Cost } from './measure.js';

/** The costs of every choice of a space. They add up: a path costs the trunk plus its choices. */
export interface CostTable {
  readonly space: Space;
  /** Stem and head. */
  readonly trunk: Cost;
  /** `choices[i][k]`: choice k of block i. */
  readonly choices: readonly (readonly Cost[])[];
}

/**
 * The costs of a network's parts. Equal blocks are built once, so even the joint space of both levels takes
 * milliseconds.
 */
export function costTable(network: Network): CostTable {
  const { space, shapes } = network;
  const costOfBlock = blockCosts(space);
  return {
    space,
    trunk: trunkCost(network),
    choices: space.positions.map((choices, position) => choices.map((block) => costOfBlock(block, shapes[position]))),
  };
}

/** The costs of every choice of a space with this backbone. */
export function costsOfSpace(backbone: Network['backbone'], space: Space): CostTable {
  return costTable(supernet(backbone, space));
}

/** The cost of one architecture. */
export function costOf(architecture: Architecture): Cost {
  const table = costTable(plainNetwork(architecture));
  return costOfPath(
    table,
    architecture.blocks.map(() => 0),
  );
}

/** The cost of a path's network. Throws a UserError when the path does not fit the space. */
export function costOfPath({ space, trunk, choices }: CostTable, path: Path): Cost {
  blocksOf(space, path); // checks the genes
  return total([trunk, ...path.map((gene, position) => choices[position][gene])]);
}

/** The sum of costs. */
export function total(costs: readonly Cost[]): Cost {
  return perMeasure(({ key }) => costs.reduce((sum, cost) => sum + cost[key], 0));
}

/** The cost of stem and head. */
function trunkCost({ space: { family }, backbone, shapes }: Network): Cost {
  const { imageSize } = backbone;
  return costOfPart((scope) => [
    family.stem(scope, input('images', 'float32', [1, 3, imageSize, imageSize]), backbone, evaluation),
    family.head(scope, input('x', 'float32', shapes[shapes.length - 1]), backbone),
  ]);
}

/** The cost of a block for its input shape; equal blocks are measured once. */
function blockCosts({ family }: Space): (block: Block, given: Shape) => Cost {
  const known = new Map<string, Cost>();
  return (block, given) => {
    const key = `${family.describeBlock(block)} on ${given.join('x')}`;
    const cost =
      known.get(key) ?? costOfPart((scope) => [family.block(scope, input('x', 'float32', given), block, evaluation)]);
    known.set(key, cost);
    return cost;
  };
}

function costOfPart(build: (scope: Scope) => readonly Value[]): Cost {
  let outputs: readonly Value[] = [];
  const { parameters } = Scope.declare((scope) => {
    outputs = build(scope);
  });
  return perMeasure((measure) => measure.count({ outputs, parameters }));
}
