import { UserError } from '../errors.js';
import type { Variable } from '../nn/scope.js';
import { architecture } from '../family/architecture.js';
import type { Architecture } from '../family/family.js';
import { blocksOf, type Path } from '../space/space.js';
import { sameShape } from '../tensor/shape.js';
import type { Tensor } from '../tensor/tensor.js';
import type { Network } from './network.js';

/** The architecture that a path of a supernet stands for. Throws a UserError when the path does not fit. */
export function architectureOf({ backbone, space, preprocessing }: Network, path: Path): Architecture {
  return architecture(space.family, { backbone, blocks: blocksOf(space, path), preprocessing });
}

/**
 * The weights with which the plain network of a path computes what the supernet computes on that path: what is shared,
 * and for every block the variables of its chosen choice, `blocks.<i>.choices.<k>.…`, as `blocks.<i>.…`. Tensors are not
 * copied. Throws a UserError when the path does not fit or a variable is missing.
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
 * First values for the supernet of the low level from the high level's winner: the trunk, and for every choice of a block
 * each variable that has the winner's shape there. `weights` are those of the winner's plain network, see
 * {@link inheritWeights}. What differs in shape is left out, for its usual initialization.
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
