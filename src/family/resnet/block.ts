import type { Fault } from '../family.js';

/** One bottleneck block (He et al., 2016, figure 5), grouped as in ResNeXt (Xie et al., 2017). */
export type ResnetBlock = {
  /** Channels of the 3×3 convolution, of all groups together. */
  readonly width: number;
  /** Channels that the block gives. */
  readonly channels: number;
  /** Stride of the 3×3 convolution, 1 or 2. */
  readonly stride: number;
  /** Groups of the 3×3 convolution (ResNeXt's cardinality); divides `width`. */
  readonly groups: number;
};

/** The fields in the order of architecture files. */
export const RESNET_BLOCK_FIELDS: readonly (keyof ResnetBlock)[] = ['width', 'channels', 'stride', 'groups'];

/** The first thing that is wrong with the values of a block, whatever the backbone. */
export function faultOf(block: ResnetBlock): Fault | undefined {
  for (const field of RESNET_BLOCK_FIELDS) {
    const value = block[field];
    if (!Number.isSafeInteger(value) || value < 1) {
      return { field, fact: `is ${value}; use a whole number of at least 1` };
    }
  }
  const { width, stride, groups } = block;
  if (stride > 2) return { field: 'stride', fact: `is ${stride}; use 1 or 2` };
  if (width % groups !== 0) {
    return { field: 'groups', fact: `is ${groups}, which does not divide a width of ${width}; use a divisor` };
  }
  return undefined;
}

/** The block in one short word group for tables and logs: `w64 c256 s1 g1`. */
export function describeBlock({ width, channels, stride, groups }: ResnetBlock): string {
  return `w${width} c${channels} s${stride} g${groups}`;
}
