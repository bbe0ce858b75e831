import { UserError } from '../../errors.js';
import type { Description, PresetOptions, Shapes } from '../family.js';
import { StateShapes } from '../stateShapes.js';
import type { GlitBackbone } from './backbone.js';
import type { GlitBlock } from './block.js';
import { withoutSlot } from './layouts.js';
import { publishedHeads } from './presets.js';

/** Whether these names belong, at least roughly, to a vision transformer with a class token. */
export function claims(names: readonly string[]): boolean {
  const block = /^blocks\.\d+\.(0\.|choices\.\d+\.)?(norm1|attn|norm2|mlp)\./;
  return names.some((name) => /^(cls_token|pos_embed|dist_token)/.test(name) || block.test(name));
}

/**
 * The network of a state of the official GLiT, DeiT, ViT or this project, from the shapes of its tensors. They show
 * everything except the number of heads, which comes from the published networks of the same width.
 *
 * Throws a UserError that names `source`, usually the file, for another kind of network or a width that no published
 * network has.
 */
export function recognize(state: Shapes, source: string): Description<GlitBackbone, GlitBlock> {
  const shapes = new GlitShapes(state, source);
  const { dim, ...sizes } = shapes.sizes();
  const heads = publishedHeads(dim);
  if (heads === undefined) {
    throw new UserError(
      `${source} does not show the number of heads for its width of ${dim}; give the architecture with --arch FILE.json`,
    );
  }
  const backbone = { ...sizes, dim, heads };
  const blocks = Array.from({ length: shapes.depth() }, (_, position) => shapes.block(position, { dim, heads }));
  return { backbone, blocks };
}

/** The options with which a preset fits this state. Throws a UserError as {@link recognize} does. */
export function sizesOf(state: Shapes, source: string): Required<PresetOptions> {
  const { imageSize, patchSize, classes } = new GlitShapes(state, source).sizes();
  return { imageSize, patchSize, classes };
}

/** The shapes of a state by this project's names. */
class GlitShapes extends StateShapes {
  constructor(state: Shapes, source: string) {
    super(new Map([...state].map(([name, shape]) => [withoutSlot(name), shape])), source, OTHER);
    for (const name of this.shapes.keys()) {
      if (name.startsWith('dist_token') || name.startsWith('head_dist.')) {
        throw this.fault('is of a distilled DeiT, which has a second class token and head', 'use the plain DeiT');
      }
      if (/^blocks\.\d+\.choices\./.test(name)) {
        throw this.fault('is of a supernet, which is many networks', 'use the weights of a trained architecture');
      }
    }
  }

  /** Width and sizes of the backbone. */
  sizes(): { readonly imageSize: number; readonly patchSize: number; readonly dim: number; readonly classes: number } {
    const [dim, channels, patchSize] = this.of('patch_embed.proj.weight', 4);
    const [, tokens] = this.of('pos_embed', 3);
    const [classes] = this.of('head.weight', 2);
    const side = Math.sqrt(tokens - 1);
    if (channels !== 3) throw this.fault(`takes images of ${channels} channels`, 'glit builds networks for 3');
    if (!Number.isInteger(side) || side < 1) {
      throw this.fault(`has positions for ${tokens} tokens, which are not a square of patches and a class token`);
    }
    return { imageSize: side * patchSize, patchSize, dim, classes };
  }

  depth(): number {
    const numbers = new Set([...this.shapes.keys()].flatMap((name) => /^blocks\.(\d+)\./.exec(name)?.[1] ?? []));
    const depth = numbers.size;
    if (depth === 0 || !Array.from({ length: depth }, (_, at) => String(at)).every((each) => numbers.has(each)))
      throw this.fault('does not number its blocks from 0 on');
    return depth;
  }

  block(position: number, { dim, heads }: { readonly dim: number; readonly heads: number }): GlitBlock {
    const at = `blocks.${position}.`;
    const headsOf = (width: number): number => (width * heads) / dim;
    const ffnRatio = this.of(`${at}mlp.fc1.weight`, 2)[0] / dim;
    const global = this.shapes.has(`${at}attn.qkv.weight`) ? this.of(`${at}attn.qkv.weight`, 2) : undefined;
    // [2 E Dl, Dl, 1]: the gated unit halves what the first pointwise convolution makes.
    const local = this.shapes.has(`${at}attn.net.1.weight`) ? this.of(`${at}attn.net.1.weight`, 3) : undefined;
    return {
      globalHeads: global === undefined ? 0 : headsOf(global[1]),
      localHeads: local === undefined ? 0 : headsOf(local[1]),
      ...(local !== undefined && {
        kernel: this.of(`${at}attn.net.3.conv.weight`, 3)[2],
        expansion: local[0] / (2 * local[1]),
      }),
      ...(global !== undefined && { dkRatio: global[0] / (3 * global[1]) }),
      ffnRatio,
    };
  }
}

const OTHER = 'of this family, glit reads the classifiers GLiT, DeiT and ViT';
