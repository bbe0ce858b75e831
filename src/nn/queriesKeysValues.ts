import { split, type Value } from '../graph/index.js';
import { filled, truncatedNormal } from './initializer.js';
import { project, WEIGHT_DEVIATION } from './linear.js';
import type { Scope } from './scope.js';

/**
 * Queries, keys and values of self-attention, x [..., D] → three of [..., width]. Three products instead of one, so
 * that the result needs no split. Parameters: weight [3·width, D] (rows: all queries, all keys, all values), bias
 * [3·width].
 */
export function queriesKeysValues(scope: Scope, x: Value, width: number): readonly Value[] {
  const dim = x.shape[x.shape.length - 1];
  const parts = [width, width, width];
  const weights = split(scope.parameter('weight', [3 * width, dim], truncatedNormal(WEIGHT_DEVIATION)), 0, parts);
  const biases = split(scope.parameter('bias', [3 * width], filled(0)), 0, parts);
  return weights.map((weight, at) => project(x, weight, biases[at]));
}
