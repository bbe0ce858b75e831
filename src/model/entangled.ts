import { inModule } from '../graph/index.js';
import { UserError } from '../errors.js';
import type { Backbone, Block } from '../family/family.js';
import { evaluation } from '../nn/phase.js';
import { sharedVariables } from '../nn/slices.js';
import type { Space } from '../space/space.js';
import type { Shape } from '../tensor/tensor.js';
import { declared, type BlockDefinition, type Option } from './branches.js';

/**
 * Blocks whose choices share weights. Each part of a block is a branch whose options are the choices that differ in it,
 * so the number of options adds up over the parts instead of multiplying.
 */
export function entangledBlock(backbone: Backbone, { family, positions }: Space): BlockDefinition {
  const { entanglement } = family;
  if (entanglement === undefined) {
    throw new UserError(`blocks of ${family.title} cannot share weights; use a supernet that is not entangled`);
  }
  return (position, given) => {
    const blocks = positions[position];
    let shapes: readonly Shape[] = [given];
    const parts = entanglement.parts.map((part) => {
      const keyOf = (block: Block): string => part.fields.map((field) => block[field] ?? '').join();
      const keys = [...new Set(blocks.map(keyOf))];
      const representatives = keys.map((key) => blocks.find((block) => keyOf(block) === key) as Block);
      const made = representatives.map((block) =>
        inModule(`blocks.${position}`, () =>
          declared(shapes, (scope, values) => part.build(scope, values, block, evaluation)),
        ),
      );
      shapes = [...made[0].shapes, ...shapes.slice(made[0].shapes.length)];
      const { groups, boxes, slices } = sharedVariables(
        `blocks.${position}.choices.${part.name}.`,
        made.map(({ declaration }, at) => ({
          declaration,
          axesOf: (variable) => entanglement.axes(variable, representatives[at], backbone),
        })),
      );
      const options = representatives.map((block, at): Option => ({
        variables: slices[at],
        build: (scope, values, phase) => part.build(scope, values, block, phase),
      }));
      return {
        groups,
        boxes,
        branch: { position, options, optionOf: blocks.map((block) => keys.indexOf(keyOf(block))) },
      };
    });
    return {
      groups: parts.flatMap(({ groups }) => groups),
      branches: parts.map(({ branch }) => branch),
      boxes: parts.flatMap(({ boxes }) => boxes),
      shape: shapes[0],
    };
  };
}
