import { UserError } from '../../errors.js';
import type { Fault } from '../family.js';

/** How a block divides its heads: G global (self-attention) and L local (convolution) ones, G + L = heads. */
export type HeadSplit = {
  readonly globalHeads: number;
  readonly localHeads: number;
};

/**
 * One GL-block (GLiT, section 3). `kernel` and `expansion` exist exactly when there are local heads, `dkRatio` exactly
 * when there are global ones. {@link block} makes and freezes it.
 */
export type GlitBlock = HeadSplit & {
  /** K, the width of the depthwise convolution over the tokens; odd. */
  readonly kernel?: number;
  /** E: the convolution module has E times the channels of the local heads. */
  readonly expansion?: number;
  /** Ratio of the width of queries, keys and values to that of the global heads (the released code's e_v). */
  readonly dkRatio?: number;
  /** Ratio of the feed-forward network's hidden width to the block's width (the paper's d_z). */
  readonly ffnRatio: number;
};

/** The low level of a block while the high level is searched. */
export interface LowLevelDefaults {
  readonly kernel: number;
  readonly expansion: number;
  readonly dkRatio: number;
  readonly ffnRatio: number;
}

/** K = 31, d_k ratio 1 and FFN ratio 4 are the released model's; E = 2 is the middle of the paper's grid. */
export const LOW_LEVEL_DEFAULTS: LowLevelDefaults = Object.freeze({
  kernel: 31,
  expansion: 2,
  dkRatio: 1,
  ffnRatio: 4,
});

/** A split and any fields of the low level. */
export type BlockFields = HeadSplit & Partial<LowLevelDefaults>;

/**
 * Makes a frozen block. Missing low-level fields come from `defaults`; fields that the split does not use are dropped.
 * Throws a UserError for impossible values.
 */
export function block(fields: BlockFields, defaults: Partial<LowLevelDefaults> = {}): GlitBlock {
  const { globalHeads, localHeads } = fields;
  const chosen = { ...LOW_LEVEL_DEFAULTS, ...defaults, ...fields };
  const made: GlitBlock = {
    globalHeads,
    localHeads,
    ...(localHeads > 0 ? { kernel: chosen.kernel, expansion: chosen.expansion } : {}),
    ...(globalHeads > 0 ? { dkRatio: chosen.dkRatio } : {}),
    ffnRatio: chosen.ffnRatio,
  };
  const fault = faultOf(made);
  if (fault !== undefined) throw new UserError(`block ${describeBlock(made)}: ${fault.field} ${fault.fact}`);
  return Object.freeze(made);
}

/** The first fault of a block's values, whatever the backbone. */
export function faultOf(candidate: GlitBlock): Fault | undefined {
  const { globalHeads, localHeads, kernel, expansion, dkRatio, ffnRatio } = candidate;
  for (const [field, count] of [
    ['globalHeads', globalHeads],
    ['localHeads', localHeads],
  ] as const) {
    if (!Number.isSafeInteger(count) || count < 0) return { field, fact: `is ${count}; use a whole number of heads` };
  }
  if (globalHeads + localHeads === 0) {
    return { field: 'globalHeads', fact: 'and localHeads are both 0; give one a head' };
  }
  if (kernel !== undefined && (!Number.isSafeInteger(kernel) || kernel < 1 || kernel % 2 === 0)) {
    return { field: 'kernel', fact: `is ${kernel}; use an odd whole number, such as the paper's 17, 31 or 45` };
  }
  for (const [field, ratio, examples] of [
    ['expansion', expansion, '1, 2 or 4'],
    ['dkRatio', dkRatio, '0.5, 1 or 2'],
    ['ffnRatio', ffnRatio, '2, 4 or 6'],
  ] as const) {
    if (ratio !== undefined && !(Number.isFinite(ratio) && ratio > 0)) {
      return { field, fact: `is ${ratio}; use a number above 0, such as the paper's ${examples}` };
    }
  }
  return undefined;
}

/** A short description of the block for tables and logs: `G3 d0.5 f4`, `L3 k31 e2 f4`, `G1L2 k31 e4 d1 f6`. */
export function describeBlock({ globalHeads, localHeads, kernel, expansion, dkRatio, ffnRatio }: GlitBlock): string {
  const split = `${globalHeads > 0 ? `G${globalHeads}` : ''}${localHeads > 0 ? `L${localHeads}` : ''}`;
  const parts = [
    ['k', kernel],
    ['e', expansion],
    ['d', dkRatio],
    ['f', ffnRatio],
  ] as const;
  return [
    split,
    ...parts.filter(([, value]) => value !== undefined).map(([letter, value]) => `${letter}${value}`),
  ].join(' ');
}
