import { nodesOf } from './traverse.js';
import type { Value } from './value.js';

/**
 * Multiply-accumulates that computing `outputs` takes: the sum of what every operator states of itself, for the batch
 * that the graph was built with. (What papers call FLOPs are mostly these.)
 */
export function macsOf(outputs: readonly Value[]): number {
  return nodesOf(outputs).reduce((total, node) => total + node.macs(), 0);
}
