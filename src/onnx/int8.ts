import { sizeOf } from '../tensor/tensor.js';
import { TYPE_NUMBERS, type OnnxGraph, type OnnxInitializer, type OnnxNode, type OnnxTensor } from './graph.js';

/** Matrices with fewer elements stay as they are: there is nothing to save. */
const FEWEST = 256;

/** The unsigned zero of a quantised weight. Unsigned weights do not overflow on processors without VNNI. */
const ZERO = 128;

/**
 * The same graph with the weights of matrix products in 8 bits, a scale per column, and their other factor quantised as
 * it comes ("dynamic quantisation"): a quarter of the bytes. Convolutions, norms and everything else stay in float32.
 */
export function inInt8(graph: OnnxGraph): OnnxGraph {
  const constants = new Map(graph.initializers.map(({ name, tensor }) => [name, tensor]));
  const nodes: OnnxNode[] = [];
  const weights = new Map<string, readonly OnnxInitializer[]>();
  const quantised = new Set<string>();
  for (const node of graph.nodes) {
    const weight = weightOf(node, constants);
    if (weight === undefined) {
      nodes.push(node);
      continue;
    }
    const [factor, name] = node.input;
    if (!quantised.has(factor)) nodes.push(quantise(factor));
    quantised.add(factor);
    const parts = weights.get(name) ?? quantisedWeight(name, weight);
    weights.set(name, parts);
    nodes.push(...product(node, factor, parts));
  }
  const read = new Set(nodes.flatMap(({ input }) => input));
  return {
    ...graph,
    nodes,
    initializers: [...graph.initializers.filter(({ name }) => read.has(name)), ...[...weights.values()].flat()],
  };
}

/** The constant matrix [K, N] by which a node multiplies, if that is all it does. */
function weightOf(
  { opType, input, attributes = {} }: OnnxNode,
  constants: ReadonlyMap<string, OnnxTensor>,
): Matrix | undefined {
  const tensor = constants.get(input[1] ?? '');
  if (tensor?.dtype !== 'float32' || tensor.shape.length !== 2 || sizeOf(tensor.shape) < FEWEST) return undefined;
  const isPlain = Object.keys(attributes).every((name) => name === 'transB');
  if (!(opType === 'MatMul' || (opType === 'Gemm' && isPlain && input.length === 2))) return undefined;
  const values = tensor.data as Float32Array;
  const transposed = 'transB' in attributes;
  const [rows, columns] = transposed ? [tensor.shape[1], tensor.shape[0]] : tensor.shape;
  const at = (row: number, column: number): number =>
    transposed ? values[column * rows + row] : values[row * columns + column];
  return { rows, columns, at };
}

interface Matrix {
  readonly rows: number;
  readonly columns: number;
  readonly at: (row: number, column: number) => number;
}

/** x in 8 bits, its scale and its zero. */
function quantise(x: string): OnnxNode {
  return {
    opType: 'DynamicQuantizeLinear',
    name: `DynamicQuantizeLinear_${x}`,
    input: [x],
    output: [`${x}:int8`, `${x}:scale`, `${x}:zero`],
  };
}

/** A matrix in 8 bits, its scales by column, and its zero. */
function quantisedWeight(name: string, { rows, columns, at }: Matrix): readonly OnnxInitializer[] {
  const scales = Float32Array.from({ length: columns }, (_, column) => {
    let largest = 0;
    for (let row = 0; row < rows; row++) largest = Math.max(largest, Math.abs(at(row, column)));
    return largest === 0 ? 1 : largest / (ZERO - 1);
  });
  const data = new Uint8Array(rows * columns);
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      data[row * columns + column] = ZERO + Math.round(at(row, column) / scales[column]);
    }
  }
  return [
    { name: `${name}:int8`, tensor: { dtype: 'uint8', shape: [rows, columns], data } },
    { name: `${name}:scale`, tensor: { dtype: 'float32', shape: [columns], data: scales } },
    { name: `${name}:zero`, tensor: { dtype: 'uint8', shape: [], data: Uint8Array.of(ZERO) } },
  ];
}

/** The product in integers, and its scale. */
function product(
  { output: [result] }: OnnxNode,
  factor: string,
  [weight, scales, zero]: readonly OnnxInitializer[],
): readonly OnnxNode[] {
  const named = (opType: string, input: readonly string[], output: string): OnnxNode => ({
    opType,
    name: `${opType}_${output}`,
    input,
    output: [output],
  });
  const toFloat = { to: { int: TYPE_NUMBERS.float32 } };
  return [
    named('MatMulInteger', [`${factor}:int8`, weight.name, `${factor}:zero`, zero.name], `${result}:int32`),
    { ...named('Cast', [`${result}:int32`], `${result}:unscaled`), attributes: toFloat },
    named('Mul', [`${factor}:scale`, scales.name], `${result}:scale`),
    named('Mul', [`${result}:unscaled`, `${result}:scale`], result),
  ];
}
