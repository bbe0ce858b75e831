import { UserError } from '../errors.js';
import type { Variable } from '../nn/scope.js';
import { architecture } from '../family/architecture.js';
import type { Architecture } from '../family/family.js';
import { blocksOf, type Path } from '../space/space.js';
import { sameShape } from '../tensor/shape.js';
import type { Tensor } from '../tensor/tensor.js';
import type { Network } from './network.js';

/** The architecture of a supernet path. Throws a UserError when the path does not fit. */
export function architectureOf({ backbone, space, preprocessing }: Network, path: Path): Architecture {
  return architecture(space.family, { backbone, blocks: blocksOf(space, path), preprocessing });
}

/**
 * The weights with which a path's plain network computes the same as the supernet on that path: the shared ones and,
 * for every block, those of the chosen choice, with `blocks.<i>.choices.<k>.…` renamed to `blocks.<i>.…`. Tensors are
 * not copied. Throws a UserError when the path does not fit or a variable is missing.
 */
export function inheritWeights<T extends Tensor>(
  supernet: Network,
  path: Path,
  weights: ReadonlyMap<string, T>,
): Map<string, T> {
  blocksOf(supernet.space, path); // checks the genes
  const inherited = new Map<string, T>();
  const take = (from: string, to: string, variables: readonly Variable[]): void => {
    for (const { name } of variables) {
      const value = weights.get(from + name);
      if (value === undefined) {
        throw new UserError(`the supernet's weights lack ${from}${name}; take those of the same space and backbone`);
      }
      inherited.set(to + name, value);
    }
  };
  take('', '', [...supernet.trunk.parameters, ...supernet.trunk.buffers]);
  path.forEach((gene, position) => {
    const { prefix, parameters, buffers } = supernet.choices[position][gene];
    take(prefix, `blocks.${position}.`, [...parameters, ...buffers]);
  });
  return inherited;
}

/**
 * Initial values for the low level's supernet from the high level's winner: the trunk and, for every choice of a block,
 * each variable with the winner's shape. `weights` are those of the winner's plain network, see {@link inheritWeights}.
 * Variables of other shapes keep their usual initialization.
 */
export function warmStart<T extends Tensor>(lowLevel: Network, weights: ReadonlyMap<string, T>): Map<string, T> {
  const start = new Map<string, T>();
  const take = (from: string, to: string, variables: readonly Variable[]): void => {
    for (const { name, shape } of variables) {
      const value = weights.get(from + name);
      if (value !== undefined && sameShape(value.shape, shape)) start.set(to + name, value);
    }
  };
  take('', '', [...lowLevel.trunk.parameters, ...lowLevel.trunk.buffers]);
  lowLevel.choices.forEach((choices, position) => {
    for (const { prefix, parameters, buffers } of choices) {
      take(`blocks.${position}.`, prefix, [...parameters, ...buffers]);
    }
  });
  return start;
}
