import type { Value } from '../graph/index.js';
import { kaimingNormal } from './initializer.js';
import type { Phase } from './phase.js';
import type { Scope } from './scope.js';

export interface NormalizedConvolution {
  readonly channels: number;
  /** Side of the kernel; odd. */
  readonly kernel: number;
  readonly stride?: number;
  readonly groups?: number;
}

/** Names of a convolution and its BatchNorm: `['conv1', 'bn1']`. */
export type ConvolutionNames = readonly [convolution: string, norm: string];

/**
 * A convolution without bias, then BatchNorm: x [B, C, H, W] → [B, channels, ⌈H / stride⌉, ⌈W / stride⌉]. Parameters:
 * the convolution's weight [channels, C / groups, kernel, kernel]; BatchNorm's as in {@link Phase}.
 */
export function normalizedConv2d(
  scope: Scope,
  [convolution, norm]: ConvolutionNames,
  x: Value,
  { channels, kernel, stride = 1, groups = 1 }: NormalizedConvolution,
  phase: Phase,
): Value {
  const shape = [channels, x.shape[1] / groups, kernel, kernel];
  const weight = scope.module(convolution, (conv) =>
    conv.parameter('weight', shape, kaimingNormal(channels * kernel * kernel)),
  );
  return scope.module(norm, (bn) => phase.batchNorm2d(bn, { x, weight, stride, padding: (kernel - 1) / 2, groups }));
}
