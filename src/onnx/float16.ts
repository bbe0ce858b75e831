import { toHalf } from '../tensor/half.js';
import { TYPE_NUMBERS, type OnnxGraph, type OnnxInitializer, type OnnxNode, type OnnxTensor } from './graph.js';

/**
 * The same graph with weights and arithmetic in float16: half the bytes, and faster where a device has float16
 * arithmetic. Inputs and outputs keep their types. It may not hold branches.
 */
export function inFloat16(graph: OnnxGraph): OnnxGraph {
  const isFloat = ({ dtype }: { readonly dtype: string }): boolean => dtype === 'float32';
  const inner = new Map(
    [...graph.inputs, ...graph.outputs].filter(isFloat).map(({ name }) => [name, `${name}:float16`]),
  );
  const rename = (name: string): string => inner.get(name) ?? name;
  const nodes = graph.nodes.map((node) => ({
    ...inHalfPrecision(node),
    input: node.input.map(rename),
    output: node.output.map(rename),
  }));
  const given = graph.inputs.filter(isFloat).map(({ name }) => castTo('float16', name, rename(name)));
  const returned = graph.outputs.filter(isFloat).map(({ name }) => castTo('float32', rename(name), name));
  return {
    ...graph,
    nodes: [...given, ...nodes, ...returned],
    initializers: graph.initializers.map(({ name, tensor }): OnnxInitializer => ({ name, tensor: halved(tensor) })),
  };
}

function castTo(dtype: 'float16' | 'float32', from: string, to: string): OnnxNode {
  return {
    opType: 'Cast',
    name: `Cast_${to}`,
    input: [from],
    output: [to],
    attributes: { to: { int: TYPE_NUMBERS[dtype] } },
  };
}

/** A node whose conversions to float32 are to float16. */
function inHalfPrecision(node: OnnxNode): OnnxNode {
  const to = node.attributes?.['to'];
  const isCast = node.opType === 'Cast' && to !== undefined && 'int' in to && to.int === TYPE_NUMBERS.float32;
  return isCast ? { ...node, attributes: { to: { int: TYPE_NUMBERS.float16 } } } : node;
}

function halved(tensor: OnnxTensor): OnnxTensor {
  const { dtype, shape, data } = tensor;
  if (dtype !== 'float32') return tensor;
  return { dtype: 'float16', shape, data: Uint16Array.from(data as Float32Array, toHalf) };
}
