import { GraphError, inModule } from '../graph/index.js';
import { ParameterGroup } from '../nn/group.js';
import { evaluation } from '../nn/phase.js';
import type { Space } from '../space/space.js';
import { formatShape, sameShape } from '../tensor/shape.js';
import type { Shape } from '../tensor/tensor.js';
import { declared, type BlockDefinition, type DefinedBlock, type Option } from './branches.js';

/** Blocks whose choices have weights of their own. */
export function separateBlock(
  { family, positions }: Space,
  prefixOf: (block: number, choice: number) => string,
): BlockDefinition {
  // Build equal blocks with equal input shapes once: the joint space of both levels has hundreds per position.
  const known = new Map<string, ReturnType<typeof declared>>();
  return (position: number, given: Shape): DefinedBlock => {
    const blocks = positions[position];
    const made = blocks.map((block) => {
      const key = `${family.describeBlock(block)} on ${given.join('x')}`;
      const part =
        known.get(key) ??
        inModule(`blocks.${position}`, () =>
          declared([given], (scope, [x]) => [family.block(scope, x, block, evaluation)]),
        );
      known.set(key, part);
      return part;
    });
    const [shape] = made.map(({ shapes }) => shapes[0]);
    const other = made.map(({ shapes }) => shapes[0]).find((each) => !sameShape(each, shape));
    if (other !== undefined) {
      throw new GraphError(
        `the choices of block ${position} give ${formatShape(shape)} and ${formatShape(other)}; they must agree`,
      );
    }
    const groups = made.map(({ declaration }, choice) => new ParameterGroup(prefixOf(position, choice), declaration));
    const options = blocks.map((block, choice): Option => ({
      variables: groups[choice],
      build: (scope, [x], phase) => [family.block(scope, x, block, phase)],
    }));
    return { groups, branches: [{ position, options, optionOf: [...blocks.keys()] }], boxes: [], shape };
  };
}
