import type { Layout } from '../family.js';
import type { ResnetBackbone } from './backbone.js';
import type { ResnetBlock } from './block.js';

/** Stages that torchvision's and timm's ResNets have. */
export const STAGES = 4;

/** torchvision's names, which are also timm's: blocks are numbered within stages, `layer2.0.conv1.weight`. */
export const torchvisionLayout: Layout<ResnetBackbone, ResnetBlock> = {
  name: 'torchvision',
  obstacle({ blocks }) {
    const stages = stageNames(blocks).filter((name) => name.endsWith('.0')).length;
    return stages === STAGES ? undefined : `the network has ${stages} stages, torchvision's ResNets have ${STAGES}`;
  },
  officialNames(own, { blocks }) {
    const stages = stageNames(blocks);
    return new Map(
      own.map((name) => [name, name.replace(/^blocks\.(\d+)\b/, (_, position: string) => stages[Number(position)])]),
    );
  },
};

/** The official name of each block. A stage begins where the resolution or the number of channels changes. */
function stageNames(blocks: readonly ResnetBlock[]): readonly string[] {
  let stage = 0;
  let first = 0;
  return blocks.map(({ stride, channels }, at) => {
    if (at === 0 || stride > 1 || channels !== blocks[at - 1].channels) [stage, first] = [stage + 1, at];
    return `layer${stage}.${at - first}`;
  });
}
