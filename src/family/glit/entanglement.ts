import { add, concat, slice, type Value } from '../../graph/index.js';
import type { Interval } from '../../nn/box.js';
import { ffn } from '../../nn/ffn.js';
import { layerNorm } from '../../nn/layerNorm.js';
import type { Entanglement } from '../family.js';
import type { GlitBackbone } from './backbone.js';
import type { GlitBlock } from './block.js';
import { given } from './glBlock.js';
import { globalAttention } from './globalAttention.js';
import { localConv } from './localConv.js';

/**
 * How GL-blocks share weights. The heads of either kind, the hidden width of the FFN, that of the convolution module and
 * the width of a head are prefixes of the largest; kernels share their centre; global heads read and write the block's
 * first channels, local heads its last.
 *
 * Attention, convolution and FFN are parts of their own: 81 blocks of the paper's grid are 3 + 9 + 3 arms.
 */
export const entanglement: Entanglement<GlitBackbone, GlitBlock> = {
  parts: [
    {
      name: 'norm',
      fields: [],
      build: (scope, [x]) => [x, scope.module('norm1', (norm) => layerNorm(norm, x))],
    },
    {
      name: 'global',
      fields: ['globalHeads', 'localHeads', 'dkRatio'],
      build(scope, [x, normal], { globalHeads, localHeads, dkRatio }, phase) {
        if (globalHeads === 0) return [x];
        const dim = x.shape[2];
        const channels = { start: 0, end: (dim * globalHeads) / (globalHeads + localHeads) };
        const sizes = { heads: globalHeads, dkRatio: given(dkRatio, 'dkRatio') };
        const mixed = scope.module('attn', (attn) => globalAttention(attn, channelsOf(normal, channels), sizes));
        return [addedTo(x, channels, phase.residual(mixed, 0))];
      },
    },
    {
      name: 'local',
      fields: ['globalHeads', 'localHeads', 'kernel', 'expansion'],
      build(scope, [x, normal], { globalHeads, localHeads, kernel, expansion }, phase) {
        if (localHeads === 0) return [x];
        const dim = x.shape[2];
        const channels = { start: (dim * globalHeads) / (globalHeads + localHeads), end: dim };
        const sizes = { kernel: given(kernel, 'kernel'), expansion: given(expansion, 'expansion') };
        const mixed = scope.module('attn', (attn) => localConv(attn, channelsOf(normal, channels), sizes, phase));
        return [addedTo(x, channels, phase.residual(mixed, 0))];
      },
    },
    {
      name: 'ffn',
      fields: ['ffnRatio'],
      build(scope, [x], { ffnRatio }, phase) {
        const normal = scope.module('norm2', (norm) => layerNorm(norm, x));
        const mixed = scope.module('mlp', (mlp) => ffn(mlp, normal, ffnRatio));
        return [add(x, phase.residual(mixed, 1))];
      },
    },
  ],

  axes(variable, { globalHeads, localHeads, kernel = 1, expansion = 1, dkRatio = 1, ffnRatio }, { dim }) {
    const headWidth = dim / (globalHeads + localHeads);
    const whole = first(dim);
    const [heads, inHead, global] = [globalHeads, dkRatio * headWidth, globalHeads * headWidth].map(first);
    const local = { start: global.end, end: dim };
    const inner = first(expansion * (dim - global.end));
    const hidden = first(ffnRatio * dim);
    const half = (kernel - 1) / 2;
    switch (variable) {
      case 'attn.qkv.weight':
        return [first(3), heads, inHead, global];
      case 'attn.qkv.bias':
        return [first(3), heads, inHead];
      case 'attn.proj.weight':
        return [global, heads, inHead];
      case 'attn.proj.bias':
        return [global];
      case 'attn.net.1.weight':
        return [first(2), inner, local, first(1)];
      case 'attn.net.1.bias':
        return [first(2), inner];
      case 'attn.net.3.conv.weight':
        return [inner, first(1), { start: -half, end: half + 1 }];
      case 'attn.net.6.weight':
        return [local, inner, first(1)];
      case 'attn.net.6.bias':
        return [local];
      case 'mlp.fc1.weight':
        return [hidden, whole];
      case 'mlp.fc1.bias':
        return [hidden];
      case 'mlp.fc2.weight':
        return [whole, hidden];
      default:
        // The other variables of the convolution module have one value for each of its channels.
        return variable.startsWith('attn.net.') ? [inner] : [whole];
    }
  },
};

function first(count: number): Interval {
  return { start: 0, end: count };
}

function channelsOf(x: Value, { start, end }: Interval): Value {
  return slice(x, 2, start, end);
}

/** Adds `part` to some of the channels of x [B, N, D]. */
function addedTo(x: Value, { start, end }: Interval, part: Value): Value {
  const dim = x.shape[2];
  const sum = add(channelsOf(x, { start, end }), part);
  if (end - start === dim) return sum;
  return start === 0
    ? concat([sum, channelsOf(x, { start: end, end: dim })], 2)
    : concat([channelsOf(x, { start: 0, end: start }), sum], 2);
}
