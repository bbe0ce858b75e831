import { nodesOf } from './traverse.js';
import type { Value } from './value.js';

/**
 * Multiply-accumulates to compute `outputs`: the sum over all operators, for the batch that the graph was built with.
 * (Papers often call these FLOPs.)
 */
export function macsOf(outputs: readonly Value[]): number {
  return nodesOf(outputs).reduce((total, node) => total + node.macs(), 0);
}
