import { UserError } from '../errors.js';
import type { Architecture, Backbone, Block, ChannelPart, Family } from '../family/family.js';

/** The parts of a block that have any channels. */
export function partsOf(backbone: Backbone, family: Family, block: Block): readonly ChannelPart[] {
  return (family.gradCam.parts?.(block, backbone) ?? []).filter(({ channels }) => channels > 0);
}

/**
 * The block to explain, counted from 0. `wanted` counts from 1, as `glit profile` does; by default it is the last block
 * with all parts of its family, such as global and local heads, else the last. Throws a UserError that names `model` when
 * there is no such block, or when it lacks a part while other blocks have all of them.
 */
export function chooseBlock({ family, backbone, blocks }: Architecture, model: string, wanted?: number): number {
  const lacking = blocks.map((block) => family.gradCam.parts?.(block, backbone).find(({ channels }) => channels === 0));
  const whole = blocks.flatMap((block, at) =>
    partsOf(backbone, family, block).length > 1 && lacking[at] === undefined ? [at] : [],
  );
  if (wanted === undefined) return whole.at(-1) ?? blocks.length - 1;
  const at = wanted - 1;
  if (!Number.isInteger(wanted) || at < 0 || at >= blocks.length) {
    throw new UserError(`${model} has no block ${wanted}; give a number from 1 to ${blocks.length}`);
  }
  const missing = lacking[at];
  if (missing !== undefined && whole.length > 0) {
    const others = whole.map((each) => each + 1).join(', ');
    throw new UserError(
      `block ${wanted} of ${model} (${family.describeBlock(blocks[at])}) has no ${missing.name} half; blocks with both: ${others}`,
    );
  }
  return at;
}
