import type { Layout } from '../family.js';
import type { GlitBackbone } from './backbone.js';
import type { GlitBlock } from './block.js';

/** In the official networks these come before the patch embedding. */
const FIRST = ['cls_token', 'pos_embed'];

/** The official GLiT keeps every block in a list of candidates with one member: `blocks.<i>.0.…`. */
const CANDIDATE_SLOT = /^(blocks\.\d+\.)0\.(?=(norm1|attn|norm2|mlp)\.)/;

/** glit's name for a name of the official GLiT or DeiT. */
export function withoutSlot(name: string): string {
  return name.replace(CANDIDATE_SLOT, '$1');
}

function renamed(own: readonly string[], rename: (name: string) => string): ReadonlyMap<string, string> {
  const ordered = [...own.filter((name) => FIRST.includes(name)), ...own.filter((name) => !FIRST.includes(name))];
  return new Map(ordered.map((name) => [name, rename(name)]));
}

/** DeiT's and timm's names, which are also those of ViT. */
export const deitLayout: Layout<GlitBackbone, GlitBlock> = {
  name: 'DeiT',
  obstacle({ blocks }) {
    const local = blocks.findIndex(({ localHeads, dkRatio }) => localHeads > 0 || dkRatio !== 1);
    if (local < 0) return undefined;
    const what = blocks[local].localHeads > 0 ? 'has local heads' : `has a d_k ratio of ${blocks[local].dkRatio}`;
    return `block ${local} ${what}, which DeiT does not have`;
  },
  officialNames: (own) => renamed(own, (name) => name),
};

/** The released GLiT's names. */
export const glitLayout: Layout<GlitBackbone, GlitBlock> = {
  name: 'GLiT',
  obstacle: () => undefined,
  officialNames: (own) => renamed(own, (name) => name.replace(/^blocks\.\d+\./, '$&0.')),
};
