import { architecture as checked } from '../architecture.js';
import type { Architecture, Description, PresetOptions } from '../family.js';
import type { GlitBackbone } from './backbone.js';
import type { GlitBlock } from './block.js';
import { glit } from './family.js';
import { attentionBlocks } from './presets.js';

export type GlitArchitecture = Architecture<GlitBackbone, GlitBlock>;

/** A GLiT, checked and frozen. Throws a UserError with the path, the fact and what to use instead. */
export function glitArchitecture(description: Description<GlitBackbone, GlitBlock>): GlitArchitecture {
  return checked(glit, description);
}

export interface DeitOptions extends PresetOptions {
  readonly name?: string;
  readonly dim: number;
  readonly heads: number;
  readonly depth: number;
}

/** DeiT of any size: attention in all heads of all blocks, d_k ratio 1, FFN ratio 4. */
export function deit({ name, dim, heads, depth, ...options }: DeitOptions): GlitArchitecture {
  const { imageSize = 224, patchSize = 16, classes = 1000 } = options;
  return glitArchitecture({
    name: name ?? `deit-${dim}x${depth}`,
    backbone: { imageSize, patchSize, dim, heads, classes },
    blocks: attentionBlocks(heads, depth),
  });
}
