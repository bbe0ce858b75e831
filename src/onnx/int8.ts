import { sizeOf } from '../tensor/tensor.js';
import { TYPE_NUMBERS, type OnnxGraph, type OnnxInitializer, type OnnxNode, type OnnxTensor } from './graph.js';

/** Matrices with fewer elements stay as they are: there is nothing to save. */
const FEWEST = 256;

/** The unsigned zero of a quantised weight. Unsigned weights do not overflow on processors without VNNI. */
const ZERO = 128;

/**
 * The same graph with the weights of matrix products in 8 bits, a scale per column, and their other factor quantised as
 * it comes, one scale for all of it ("dynamic quantisation"): a quarter of these weights' bytes. Convolutions, norms and
 * everything else stay in float32. The graph may not hold branches.
 */
export function inInt8(graph: OnnxGraph): OnnxGraph {
  const constants = constantsOf(graph);
  const nodes: OnnxNode[] = [];
  const weights = new Map<string, readonly OnnxInitializer[]>();
  const quantised = new Set<string>();
  for (const node of graph.nodes) {
    const found = weightedProduct(node, constants);
    if (found === undefined) {
      nodes.push(node);
      continue;
    }
    const { factor, name, weight } = found;
    if (!quantised.has(factor)) nodes.push(quantise(factor));
    quantised.add(factor);
    const parts = weights.get(name) ?? quantisedWeight(name, weight);
    weights.set(name, parts);
    nodes.push(...product(node, found, parts));
  }
  return withoutUnread({ ...graph, nodes, initializers: [...graph.initializers, ...[...weights.values()].flat()] });
}

/** The constants of a graph by name, and what Reshape and Split along the first axis make of them. */
function constantsOf({ nodes, initializers }: OnnxGraph): ReadonlyMap<string, OnnxTensor> {
  const constants = new Map(initializers.map(({ name, tensor }) => [name, tensor]));
  for (const { opType, input, output, attributes = {} } of nodes) {
    const [whole, sizes] = input.map((name) => constants.get(name));
    if (whole?.dtype !== 'float32' || sizes?.dtype !== 'int64') continue;
    const extents = Array.from(sizes.data as BigInt64Array, Number);
    if (opType === 'Reshape') {
      const known = sizeOf(extents.filter((extent) => extent !== -1));
      const shape = extents.map((extent) => (extent === -1 ? sizeOf(whole.shape) / known : extent));
      constants.set(output[0], { ...whole, shape });
    }
    const { axis } = attributes;
    if (opType === 'Split' && 'int' in axis && axis.int === 0) {
      const values = whole.data as Float32Array;
      const inner = whole.shape.slice(1);
      let from = 0;
      for (const [at, extent] of extents.entries()) {
        const data = values.subarray(from, (from += extent * sizeOf(inner)));
        constants.set(output[at], { dtype: whole.dtype, shape: [extent, ...inner], data });
      }
    }
  }
  return constants;
}

/** A product of x and a constant matrix, as x·W, or as its transpose. */
interface WeightedProduct {
  /** What is x, or its transpose if `factorTurned`. */
  readonly factor: string;
  readonly factorTurned: boolean;
  /** The constant that is W [K, N], or its transpose. */
  readonly name: string;
  readonly weight: Matrix;
  /** Whether the product is (x·W)ᵀ. */
  readonly resultTurned: boolean;
}

/** What a node multiplies by a constant matrix, if that is all it does. */
function weightedProduct(
  { opType, input, attributes = {} }: OnnxNode,
  constants: ReadonlyMap<string, OnnxTensor>,
): WeightedProduct | undefined {
  const isPlain = Object.keys(attributes).every((name) => name === 'transA' || name === 'transB');
  if (opType !== 'Gemm' || !isPlain || input.length !== 2) return undefined;
  const [a, b] = input;
  const [transA, transB] = ['transA' in attributes, 'transB' in attributes];
  const second = matrixOf(constants.get(b), transB);
  if (second !== undefined) return { factor: a, factorTurned: transA, name: b, weight: second, resultTurned: false };
  // W·x = (xᵀ·Wᵀ)ᵀ, since ONNX Runtime packs a constant second factor in advance.
  const first = matrixOf(constants.get(a), !transA);
  return first && { factor: b, factorTurned: !transB, name: a, weight: first, resultTurned: true };
}

/** A constant matrix or its transpose, if there is something to save. */
function matrixOf(constant: OnnxTensor | undefined, transposed: boolean): Matrix | undefined {
  if (constant?.dtype !== 'float32' || constant.shape.length !== 2 || sizeOf(constant.shape) < FEWEST) return undefined;
  const values = constant.data as Float32Array;
  const [rows, columns] = transposed ? constant.shape.toReversed() : constant.shape;
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
  { factor, factorTurned, resultTurned }: WeightedProduct,
  [weight, scales, zero]: readonly OnnxInitializer[],
): readonly OnnxNode[] {
  const bytes = factorTurned ? `${result}:factor` : `${factor}:int8`;
  const scaled = resultTurned ? `${result}:turned` : result;
  const toFloat = { to: { int: TYPE_NUMBERS.float32 } };
  return [
    ...(factorTurned ? [transpose(`${factor}:int8`, bytes)] : []),
    named('MatMulInteger', [bytes, weight.name, `${factor}:zero`, zero.name], `${result}:int32`),
    { ...named('Cast', [`${result}:int32`], `${result}:unscaled`), attributes: toFloat },
    named('Mul', [`${factor}:scale`, scales.name], `${result}:scale`),
    named('Mul', [`${result}:unscaled`, `${result}:scale`], scaled),
    ...(resultTurned ? [transpose(scaled, result)] : []),
  ];
}

function transpose(matrix: string, result: string): OnnxNode {
  return { ...named('Transpose', [matrix], result), attributes: { perm: { ints: [1, 0] } } };
}

function named(opType: string, input: readonly string[], output: string): OnnxNode {
  return { opType, name: `${opType}_${output}`, input, output: [output] };
}

/** The same graph without nodes and constants that nothing reads. */
function withoutUnread(graph: OnnxGraph): OnnxGraph {
  const read = new Set(graph.outputs.map(({ name }) => name));
  const nodes = graph.nodes.toReversed().filter(({ input, output }) => {
    const isRead = output.some((name) => read.has(name));
    if (isRead) for (const name of input) read.add(name);
    return isRead;
  });
  return {
    ...graph,
    nodes: nodes.reverse(),
    initializers: graph.initializers.filter(({ name }) => read.has(name)),
  };
}
