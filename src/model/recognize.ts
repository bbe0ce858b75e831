import { UserError } from '../errors.js';
import { architecture, architectureFault, type Architecture } from '../space/architecture.js';
import { sameBlock, type Block } from '../space/block.js';
import type { Shape } from '../tensor/tensor.js';
import { preset, presetNames, publishedHeads, type PresetOptions } from './presets.js';
import { withoutSlots, type StateDict } from './stateDict.js';

/**
 * The architecture that a state of the official GLiT, DeiT or of this project belongs to, from the shapes of its tensors.
 * They say everything but the number of heads, which is taken from the published networks of the same width.
 *
 * Throws a UserError that names `source`, usually the file, when the state is of another kind of network, or of a width
 * that no published network has.
 */
export function recognizeArchitecture(state: StateDict, source: string): Architecture {
  const shapes = new Shapes(state, source);
  const { dim, ...sizes } = shapes.sizes();
  const heads = publishedHeads(dim);
  if (heads === undefined) {
    throw new UserError(
      `${source} does not say how many heads share its width of ${dim}; give the architecture with --arch FILE.json`,
    );
  }
  const backbone = { ...sizes, dim, heads };
  const blocks = Array.from({ length: shapes.depth() }, (_, position) => shapes.block(position, { dim, heads }));
  const name = presetNames.find((each) => {
    const { backbone: published, blocks: others } = preset(each, sizes);
    return (
      published.dim === dim &&
      others.length === blocks.length &&
      others.every((other, at) => sameBlock(other, blocks[at]))
    );
  });
  const recognized = { ...(name !== undefined && { name }), backbone, blocks };
  const fault = architectureFault(recognized);
  if (fault !== undefined) throw new UserError(`${source}: by its shapes, ${fault.place} ${fault.fact}`);
  return architecture(recognized);
}

/** What a preset must be built for to take this state. Throws a UserError as {@link recognizeArchitecture} does. */
export function recognizeSizes(state: StateDict, source: string): Required<PresetOptions> {
  const { imageSize, patchSize, classes } = new Shapes(state, source).sizes();
  return { imageSize, patchSize, classes };
}

/** The shapes of a state by this project's names. */
class Shapes {
  readonly #shapes: ReadonlyMap<string, Shape>;

  constructor(
    state: StateDict,
    private readonly source: string,
  ) {
    this.#shapes = new Map([...withoutSlots(state)].map(([name, { shape }]) => [name, shape]));
    for (const name of this.#shapes.keys()) {
      if (name.startsWith('dist_token') || name.startsWith('head_dist.')) {
        throw this.#fault('is of a distilled DeiT, which has a second class token and head', 'use the plain DeiT');
      }
      if (/^blocks\.\d+\.choices\./.test(name)) {
        throw this.#fault('is of a supernet, which is many networks', 'use the weights of a trained architecture');
      }
    }
  }

  /** Width and sizes of the backbone. */
  sizes(): { readonly imageSize: number; readonly patchSize: number; readonly dim: number; readonly classes: number } {
    const [dim, channels, patchSize] = this.#of('patch_embed.proj.weight', 4);
    const [, tokens] = this.#of('pos_embed', 3);
    const [classes] = this.#of('head.weight', 2);
    const side = Math.sqrt(tokens - 1);
    if (channels !== 3) throw this.#fault(`takes images of ${channels} channels`, 'glit builds networks for 3');
    if (!Number.isInteger(side) || side < 1) {
      throw this.#fault(`has positions for ${tokens} tokens, which are no square of patches and a class token`, OTHER);
    }
    return { imageSize: side * patchSize, patchSize, dim, classes };
  }

  depth(): number {
    const numbers = new Set([...this.#shapes.keys()].flatMap((name) => /^blocks\.(\d+)\./.exec(name)?.[1] ?? []));
    const depth = numbers.size;
    if (depth === 0 || !Array.from({ length: depth }, (_, at) => String(at)).every((each) => numbers.has(each)))
      throw this.#fault('does not number its blocks from 0 on', OTHER);
    return depth;
  }

  block(position: number, { dim, heads }: { readonly dim: number; readonly heads: number }): Block {
    const at = `blocks.${position}.`;
    const headsOf = (width: number): number => (width * heads) / dim;
    const ffnRatio = this.#of(`${at}mlp.fc1.weight`, 2)[0] / dim;
    const global = this.#shapes.has(`${at}attn.qkv.weight`) ? this.#of(`${at}attn.qkv.weight`, 2) : undefined;
    // [2 E Dl, Dl, 1]: the gated unit halves what the first pointwise convolution makes.
    const local = this.#shapes.has(`${at}attn.net.1.weight`) ? this.#of(`${at}attn.net.1.weight`, 3) : undefined;
    return {
      globalHeads: global === undefined ? 0 : headsOf(global[1]),
      localHeads: local === undefined ? 0 : headsOf(local[1]),
      ...(local !== undefined && {
        kernel: this.#of(`${at}attn.net.3.conv.weight`, 3)[2],
        expansion: local[0] / (2 * local[1]),
      }),
      ...(global !== undefined && { dkRatio: global[0] / (3 * global[1]) }),
      ffnRatio,
    };
  }

  #of(name: string, axes: number): Shape {
    const shape = this.#shapes.get(name);
    if (shape === undefined) throw this.#fault(`has no ${name}`, OTHER);
    if (shape.length !== axes) throw this.#fault(`has ${name} of ${shape.length} axes instead of ${axes}`, OTHER);
    return shape;
  }

  #fault(fact: string, next: string): UserError {
    return new UserError(`${this.source} ${fact}; ${next}`);
  }
}

const OTHER = 'glit reads the weights of GLiT and DeiT classifiers';
