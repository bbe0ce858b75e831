import { UserError } from '../errors.js';
import type { Variable } from '../nn/scope.js';
import { architecture } from '../family/architecture.js';
import type { Architecture, Block } from '../family/family.js';
import { boxOf, contains } from '../nn/box.js';
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
 * not copied, unless they are slices of shared ones. Throws a UserError when the path does not fit or a variable is missing.
 */
export function inheritWeights<T extends Tensor>(
  supernet: Network,
  path: Path,
  weights: ReadonlyMap<string, T>,
): Map<string, T> {
  blocksOf(supernet.space, path); // checks the genes
  const find = (name: string): T => {
    const value = weights.get(name);
    if (value !== undefined) return value;
    throw new UserError(`the supernet's weights lack ${name}; take those of the same space and backbone`);
  };
  const inherited = new Map(supernet.trunk.inherited(find));
  for (const { position, options, optionOf } of supernet.branches) {
    const { variables } = options[optionOf[path[position]]];
    for (const [name, value] of variables.inherited(find)) inherited.set(`blocks.${position}.${name}`, value);
  }
  return inherited;
}

/**
 * Initial values for the low level's supernet from the high level's winner: the trunk and, for every choice of a block,
 * each variable with the winner's shape or, in an entangled supernet, each box that the winner has. `weights` are those
 * of the winner's plain network, see {@link inheritWeights}, and `blocks` its blocks. Other variables keep their usual
 * initialization.
 */
export function warmStart(
  lowLevel: Network,
  weights: ReadonlyMap<string, Tensor<'float32'>>,
  blocks: readonly Block[],
): Map<string, Tensor<'float32'>> {
  const start = new Map<string, Tensor<'float32'>>();
  const take = (from: string, to: string, variables: readonly Variable[]): void => {
    for (const { name, shape } of variables) {
      const value = weights.get(from + name);
      if (value !== undefined && sameShape(value.shape, shape)) start.set(to + name, value);
    }
  };
  take('', '', [...lowLevel.trunk.parameters, ...lowLevel.trunk.buffers]);
  lowLevel.choices.forEach((choices, position) => {
    if (lowLevel.boxes[position].length > 0) return;
    for (const { prefix, parameters, buffers } of choices) {
      take(`blocks.${position}.`, prefix, [...parameters, ...buffers]);
    }
  });
  const { backbone, space } = lowLevel;
  const { entanglement } = space.family;
  lowLevel.boxes.forEach((boxes, position) => {
    for (const { name, variable, axes } of boxes) {
      const value = weights.get(`blocks.${position}.${variable}`);
      const whole = entanglement?.axes(variable, blocks[position], backbone) ?? [];
      if (value !== undefined && contains(whole, axes)) start.set(name, boxOf(value, whole, axes));
    }
  });
  return start;
}
