import { input, type Value } from '../graph/index.js';
import { evaluation } from '../nn/phase.js';
import { Scope } from '../nn/scope.js';
import type { Architecture, Block } from '../family/family.js';
import { plainNetwork, supernet, type Network } from '../model/network.js';
import { blocksOf, type Path, type Space } from '../space/space.js';
import type { Shape } from '../tensor/tensor.js';
import { perKnownMeasure, type Cost } from './measure.js';

/** The latencies of a network's parts, in milliseconds, as a latency table has them. */
export interface PartLatencies {
  /** Stem and head together. */
  readonly trunk: number;
  /** Of a block on an input of this shape, for one image. Throws a UserError when the table lacks it. */
  ofBlock(block: Block, given: Shape): number;
}

export interface CostOptions {
  /** Default: latency is not known. */
  readonly latencies?: PartLatencies | undefined;
}

/** The costs of every choice of a space. A path's cost combines those of the trunk and of its choices. */
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
export function costTable(network: Network, { latencies }: CostOptions = {}): CostTable {
  const { space, shapes } = network;
  const costOfBlock = blockCosts(space, latencies);
  return {
    space,
    trunk: trunkCost(network, latencies),
    choices: space.positions.map((choices, position) => choices.map((block) => costOfBlock(block, shapes[position]))),
  };
}

/** The costs of every choice of a space with this backbone. */
export function costsOfSpace(backbone: Network['backbone'], space: Space, options: CostOptions = {}): CostTable {
  return costTable(supernet(backbone, space), options);
}

/** The cost of one architecture. */
export function costOf(architecture: Architecture, options: CostOptions = {}): Cost {
  const table = costTable(plainNetwork(architecture), options);
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

/** The cost of parts together; there is at least one. A measure that is not known of one part is not known. */
export function total([first, ...others]: readonly Cost[]): Cost {
  return perKnownMeasure(({ key, combine }) =>
    others.reduce<number | undefined>((before, cost) => {
      const value = cost[key];
      return before === undefined || value === undefined ? undefined : combine(before, value);
    }, first[key]),
  );
}

/** The cost of stem and head. */
function trunkCost({ space: { family }, backbone, shapes }: Network, latencies: PartLatencies | undefined): Cost {
  const { imageSize } = backbone;
  const images = input('images', 'float32', [1, 3, imageSize, imageSize]);
  const x = input('x', 'float32', shapes[shapes.length - 1]);
  return costOfPart(
    [images, x],
    (scope) => [family.stem(scope, images, backbone, evaluation), family.head(scope, x, backbone)],
    latencies?.trunk,
  );
}

/** The cost of a block for its input shape; equal blocks are measured once. */
function blockCosts({ family }: Space, latencies: PartLatencies | undefined): (block: Block, given: Shape) => Cost {
  const known = new Map<string, Cost>();
  return (block, given) => {
    const key = `${family.describeBlock(block)} on ${given.join('x')}`;
    const x = input('x', 'float32', given);
    const cost =
      known.get(key) ??
      costOfPart([x], (scope) => [family.block(scope, x, block, evaluation)], latencies?.ofBlock(block, given));
    known.set(key, cost);
    return cost;
  };
}

function costOfPart(
  inputs: readonly Value[],
  build: (scope: Scope) => readonly Value[],
  milliseconds: number | undefined,
): Cost {
  let outputs: readonly Value[] = [];
  const { parameters } = Scope.declare((scope) => {
    outputs = build(scope);
  });
  return perKnownMeasure((measure) => measure.of({ inputs, outputs, parameters, milliseconds }));
}
