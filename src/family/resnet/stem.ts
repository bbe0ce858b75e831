import { maxPool2d, relu, type Value } from '../../graph/index.js';
import { normalizedConv2d } from '../../nn/conv2d.js';
import type { Phase } from '../../nn/phase.js';
import type { Scope } from '../../nn/scope.js';
import type { ResnetBackbone } from './backbone.js';

/** Convolution, BatchNorm, ReLU and, at a pool stride of 2, max pooling: images [B, 3, S, S] → [B, C, H, W]. Parameters: conv1, bn1. */
export function stem(
  scope: Scope,
  images: Value,
  { stemWidth, stemKernel, stemStride, poolStride }: ResnetBackbone,
  phase: Phase,
): Value {
  const convolution = { channels: stemWidth, kernel: stemKernel, stride: stemStride };
  const features = relu(normalizedConv2d(scope, ['conv1', 'bn1'], images, convolution, phase));
  return poolStride === 1 ? features : maxPool2d(features, { kernel: 3, stride: poolStride, padding: 1 });
}
