import { int64, type Tensor } from '../../tensor/tensor.js';
import type { Layout } from '../family.js';
import type { SwinBackbone } from './backbone.js';
import type { SwinBlock } from './block.js';
import { nameIn, placesOf, TIMM, TORCHVISION, type Naming } from './naming.js';
import { relativePositions } from './windows.js';

const INDEX = 'attn.relative_position_index';

/** torchvision's names. It keeps, beside each table of relative positions, the index into it. */
export const torchvisionLayout: Layout<SwinBackbone, SwinBlock> = {
  ...layout('torchvision', TORCHVISION, reductionsFirst),
  derived: ({ blocks }) =>
    new Map(
      placesOf(blocks).map((place, at): [string, Tensor] => {
        const pairs = relativePositions(blocks[at].window);
        return [TORCHVISION.block(place) + INDEX, int64([pairs.length], pairs)];
      }),
    ),
};

/** timm's names. Its files have indices and masks too, where they are old. */
export const timmLayout: Layout<SwinBackbone, SwinBlock> = layout('timm', TIMM);

/** A merging's linear layer, then its LayerNorm. */
function reductionsFirst(own: readonly string[]): readonly string[] {
  const reduction = 'downsample.reduction.weight';
  return own
    .filter((name) => !name.endsWith(reduction))
    .flatMap((name) =>
      name.endsWith('downsample.norm.weight') ? [name.replace('downsample.norm.weight', reduction), name] : [name],
    );
}

function layout(
  name: string,
  naming: Naming,
  ordered: (own: readonly string[]) => readonly string[] = (own) => own,
): Layout<SwinBackbone, SwinBlock> {
  return {
    name,
    // Names hold any network; what of it they do not show, whoever loads it has to know.
    obstacle: () => undefined,
    officialNames: (own, { blocks }) => {
      const places = placesOf(blocks);
      return new Map(ordered(own).map((each) => [each, nameIn(naming, each, places)]));
    },
    isDerived: (official) => official.endsWith(`.${INDEX}`) || official.endsWith('.attn_mask'),
  };
}
