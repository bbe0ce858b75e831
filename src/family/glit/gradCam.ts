import { reshape, slice, type Value } from '../../graph/index.js';
import type { ChannelPart } from '../family.js';
import type { GlitBackbone } from './backbone.js';
import type { GlitBlock } from './block.js';

/** Tokens [B, 1 + side², D] without the class token as the grid of patches, [B, side, side, D]. */
export function patchGrid(tokens: Value): Value {
  const [batch, count, dim] = tokens.shape;
  const side = Math.sqrt(count - 1);
  return reshape(slice(tokens, 1, 1, count), [batch, side, side, dim]);
}

/** The channels that a block's global heads read, then those of its local heads. */
export function channelParts(
  { globalHeads, localHeads }: GlitBlock,
  { dim, heads }: GlitBackbone,
): readonly ChannelPart[] {
  return [
    { name: 'global', channels: (dim * globalHeads) / heads },
    { name: 'local', channels: (dim * localHeads) / heads },
  ];
}
