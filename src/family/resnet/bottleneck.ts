import { add, relu, type Value } from '../../graph/index.js';
import { normalizedConv2d } from '../../nn/conv2d.js';
import type { Phase } from '../../nn/phase.js';
import type { Scope } from '../../nn/scope.js';
import type { ResnetBlock } from './block.js';

/**
 * A bottleneck block, x [B, C, H, W] → [B, channels, ⌈H / stride⌉, ⌈W / stride⌉]: 1×1, 3×3 and 1×1 convolutions, each with
 * BatchNorm, the first two with ReLU, and a last ReLU after the sum with x. The stride is that of the 3×3 convolution, as in
 * torchvision and timm ("v1.5"); in the paper it is the first one's. Where x has another shape than the result, a 1×1
 * convolution with BatchNorm brings it there.
 *
 * Parameters: conv1, bn1, conv2, bn2, conv3, bn3, and perhaps downsample.0 and downsample.1.
 */
export function bottleneck(scope: Scope, x: Value, block: ResnetBlock, phase: Phase): Value {
  const { width, channels, stride, groups } = block;
  const narrow = relu(normalizedConv2d(scope, ['conv1', 'bn1'], x, { channels: width, kernel: 1 }, phase));
  const spatial = { channels: width, kernel: 3, stride, groups };
  const seen = relu(normalizedConv2d(scope, ['conv2', 'bn2'], narrow, spatial, phase));
  const wide = normalizedConv2d(scope, ['conv3', 'bn3'], seen, { channels, kernel: 1 }, phase);
  const shortcut =
    stride === 1 && x.shape[1] === channels
      ? x
      : normalizedConv2d(scope, ['downsample.0', 'downsample.1'], x, { channels, kernel: 1, stride }, phase);
  const output = relu(add(phase.residual(wide, 0), shortcut));
  scope.tap('output', output);
  return output;
}
