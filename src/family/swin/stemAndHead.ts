import { mean, reshape, type Value } from '../../graph/index.js';
import { layerNorm } from '../../nn/layerNorm.js';
import { linear } from '../../nn/linear.js';
import { patchRows } from '../../nn/patches.js';
import type { Scope } from '../../nn/scope.js';
import type { SwinBackbone } from './backbone.js';

/** PyTorch's default, which every LayerNorm of a Swin Transformer has. */
export const LAYER_NORM = { epsilon: 1e-5 };

/** Patch embedding and LayerNorm: images [B, 3, S, S] → [B, S/p, S/p, dim]. Parameters: patch_embed.proj, patch_embed.norm. */
export function patchEmbed(scope: Scope, images: Value, { imageSize, patchSize, dim }: SwinBackbone): Value {
  const rows = imageSize / patchSize;
  const patches = scope.module('patch_embed.proj', (proj) => patchRows(proj, images, { patchSize, dim }));
  const grid = reshape(patches, [images.shape[0], rows, rows, dim]);
  return scope.module('patch_embed.norm', (norm) => layerNorm(norm, grid, LAYER_NORM));
}

/** LayerNorm, the mean of all tokens and a linear layer: [B, H, W, C] → logits [B, classes]. Parameters: norm, head. */
export function classifier(scope: Scope, x: Value, classes: number): Value {
  const normal = scope.module('norm', (norm) => layerNorm(norm, x, LAYER_NORM));
  return scope.module('head', (head) => linear(head, mean(normal, [1, 2]), classes));
}
