import { add, concat, constant, div, expand, mul, sqrt, sub, type Value } from '../graph/index.js';

/** A parameter vector with its two moments, each [n], the moments as decaying sums: m/(1 − β₁) and v/(1 − β₂). */
export interface Moments {
  readonly parameters: Value;
  readonly first: Value;
  readonly second: Value;
}

/** What changes from step to step; scalars that the host computes in double precision, see {@link adamwScalars}. */
export interface AdamWInputs {
  /** What the quotient of the moments is multiplied by. */
  readonly stepSize: Value;
  /** What is added to the root of the second moment. */
  readonly epsilon: Value;
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
 * One step of AdamW (Loshchilov and Hutter, 2019): decoupled weight decay on the first `decayed` elements, then the
 * bias-corrected step. All vectors are [n].
 *
 * Every operation is a pass over memory, so what scales a whole vector is left to the scalars that the host computes: the
 * moments are sums instead of averages, and the corrections of their bias are part of step size and epsilon.
 */
export function adamw(
  { parameters, first, second }: Moments,
  gradient: Value,
  { stepSize, epsilon, keep }: AdamWInputs,
  decayed: number,
  { beta1, beta2 }: AdamWSettings = ADAMW_DEFAULTS,
): Moments {
  const m = add(mul(first, beta1), gradient);
  const v = add(mul(second, beta2), mul(gradient, gradient));
  const move = mul(div(m, add(sqrt(v), epsilon)), stepSize);
  const shrunk = mul(parameters, decay(keep, decayed, parameters.shape[0] - decayed));
  return { parameters: sub(shrunk, move), first: m, second: v };
}

/** The factor of every element. All groups of a size share one, which is less work than to cut and join parameters. */
function decay(keep: Value, decayed: number, others: number): Value {
  return concat([expand(keep, [decayed]), expand(constant(1), [others])], 0);
}

/** The scalars of step `step`, counted from 1. */
export function adamwScalars(
  {
    step,
    learningRate,
    weightDecay,
  }: { readonly step: number; readonly learningRate: number; readonly weightDecay: number },
  { beta1, beta2, epsilon }: AdamWSettings = ADAMW_DEFAULTS,
): { readonly stepSize: number; readonly epsilon: number; readonly keep: number } {
  // What makes averages without bias of the sums that are kept; the root of the second is the unit of the quotient.
  const first = (1 - beta1) / (1 - beta1 ** step);
  const second = Math.sqrt((1 - beta2) / (1 - beta2 ** step));
  return {
    stepSize: (learningRate * first) / second,
    epsilon: epsilon / second,
    keep: 1 - learningRate * weightDecay,
  };
}
