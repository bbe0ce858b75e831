import { add, concat, div, mul, split, sqrt, sub, type Value } from '../graph/index.js';

/** A parameter vector with its two moments, each [n]. */
export interface Moments {
  readonly parameters: Value;
  readonly first: Value;
  readonly second: Value;
}

/** What changes from step to step; scalars that the host computes in double precision, see {@link adamwScalars}. */
export interface AdamWInputs {
  /** Learning rate over 1 − β₁ᵗ. */
  readonly stepSize: Value;
  /** 1 / √(1 − β₂ᵗ). */
  readonly secondCorrection: Value;
  /** 1 − learning rate · weight decay. */
  readonly keep: Value;
}

export interface AdamWSettings {
  readonly beta1: number;
  readonly beta2: number;
  readonly epsilon: number;
}

/** PyTorch's and DeiT's settings. */
export const ADAMW_DEFAULTS: AdamWSettings = { beta1: 0.9, beta2: 0.999, epsilon: 1e-8 };

/**
 * One step of AdamW (Loshchilov and Hutter, 2019; PyTorch's order of operations): decoupled weight decay on the first
 * `decayed` elements, then the bias-corrected step. All vectors are [n].
 */
export function adamw(
  { parameters, first, second }: Moments,
  gradient: Value,
  { stepSize, secondCorrection, keep }: AdamWInputs,
  decayed: number,
  { beta1, beta2, epsilon }: AdamWSettings = ADAMW_DEFAULTS,
): Moments {
  const m = add(mul(first, beta1), mul(gradient, 1 - beta1));
  const v = add(mul(second, beta2), mul(mul(gradient, gradient), 1 - beta2));
  const move = mul(div(m, add(mul(sqrt(v), secondCorrection), epsilon)), stepSize);
  const [size] = parameters.shape;
  const shrunk = decay(parameters, keep, decayed, size);
  return { parameters: sub(shrunk, move), first: m, second: v };
}

function decay(parameters: Value, keep: Value, decayed: number, size: number): Value {
  if (decayed === 0) return parameters;
  if (decayed === size) return mul(parameters, keep);
  const [front, rest] = split(parameters, 0, [decayed, size - decayed]);
  return concat([mul(front, keep), rest], 0);
}

/** The scalars of step `step`, counted from 1. */
export function adamwScalars(
  {
    step,
    learningRate,
    weightDecay,
  }: { readonly step: number; readonly learningRate: number; readonly weightDecay: number },
  { beta1, beta2 }: AdamWSettings = ADAMW_DEFAULTS,
): { readonly stepSize: number; readonly secondCorrection: number; readonly keep: number } {
  return {
    stepSize: learningRate / (1 - beta1 ** step),
    secondCorrection: 1 / Math.sqrt(1 - beta2 ** step),
    keep: 1 - learningRate * weightDecay,
  };
}
