import type { OnnxGraph } from './graph.js';

/**
 * The version of the ai.onnx operator set that brought an operator in the form that glit writes, where that is later
 * than {@link OLDEST}. Source: the ONNX operator change log.
 */
const SINCE: ReadonlyMap<string, number> = new Map([
  ['BatchNormalization', 15],
  ['LayerNormalization', 17],
  // Axes are an input, as in ReduceSum since 13.
  ['ReduceMax', 18],
  ['ReduceMean', 18],
  ['Gelu', 20],
]);

/** The set in which axes and split sizes became inputs: the oldest in which most of glit's nodes are valid. */
const OLDEST = 13;

/** The oldest version of the operator set in which every node of a graph, and of the arms in it, is valid. */
export function lowestOpset(graph: OnnxGraph): number {
  return graph.nodes.reduce((lowest, { opType, attributes = {} }) => {
    const arms = Object.values(attributes).map((value) => ('graph' in value ? lowestOpset(value.graph) : OLDEST));
    return Math.max(lowest, SINCE.get(opType) ?? OLDEST, ...arms);
  }, OLDEST);
}

/** The version of ONNX's file format that was released with an operator set of 13 to 20. */
export function irVersionOf(opset: number): number {
  if (opset <= 14) return 7;
  return opset <= 18 ? 8 : 9;
}
