import type { DType, Tensor } from '../tensor/tensor.js';
import { modelProto } from './schema.js';

/** An operator call. Inputs and outputs are value names; an empty input name is an omitted optional input. */
export interface OnnxNode {
  readonly opType: string;
  readonly domain?: string;
  readonly name?: string;
  readonly input: readonly string[];
  readonly output: readonly string[];
  readonly attributes?: Readonly<Record<string, AttributeValue>>;
}

/** An attribute: `float` and `int` say which of ONNX's two number kinds a JavaScript number is. */
export type AttributeValue =
  | { readonly float: number }
  | { readonly int: number }
  | { readonly ints: readonly number[] }
  | { readonly text: string }
  | { readonly graph: OnnxGraph };

/** A typed graph input or output. A text extent is a free dimension of that name; no shape: rank unknown. */
export interface OnnxValueInfo {
  readonly name: string;
  readonly dtype: DType;
  readonly shape?: readonly (number | string)[];
}

/** A named constant of a graph. */
export interface OnnxInitializer {
  readonly name: string;
  readonly tensor: Tensor;
}

/** A graph: the model's own, or an arm of an `If`. */
export interface OnnxGraph {
  readonly name: string;
  readonly nodes: readonly OnnxNode[];
  readonly initializers: readonly OnnxInitializer[];
  readonly inputs: readonly OnnxValueInfo[];
  readonly outputs: readonly OnnxValueInfo[];
}

/** A model: one graph and what is said about it. */
export interface OnnxModel {
  readonly graph: OnnxGraph;
  readonly metadata?: Readonly<Record<string, string>>;
}

/** The ai.onnx operator set that glit's lowerings are written for. */
const OPSET = 20;
/** The IR version that came with that operator set. */
const IR_VERSION = 9;

const ELEMENT_TYPE: { readonly [D in DType]: number } = { float32: 1, uint8: 2, int32: 6, int64: 7, bool: 9 };

/** Serialises a model to ONNX protobuf bytes. Tensors are written as raw little-endian data. */
export function encodeModel(model: OnnxModel): Uint8Array {
  const message = modelProto.fromObject({
    irVersion: IR_VERSION,
    producerName: 'glit',
    graph: graphMessage(model.graph),
    opsetImport: [{ domain: '', version: OPSET }],
    metadataProps: Object.entries(model.metadata ?? {}).map(([key, value]) => ({ key, value })),
  });
  return modelProto.encode(message).finish();
}

/** The metadata of an ONNX file, e.g. its class names. Throws an Error when the bytes are no ONNX model. */
export function readMetadata(bytes: Uint8Array): Record<string, string> {
  let message: { readonly graph: unknown; readonly metadataProps: readonly { key: string; value: string }[] };
  try {
    message = modelProto.decode(bytes) as unknown as typeof message;
  } catch (error) {
    throw new Error('the bytes are no ONNX model', { cause: error });
  }
  // Almost any bytes are some protobuf message: every field may be missing or unknown.
  if (!message.graph) throw new Error('the bytes are no ONNX model: they hold no graph');
  return Object.fromEntries(message.metadataProps.map(({ key, value }) => [key, value]));
}

function graphMessage(graph: OnnxGraph): object {
  return {
    name: graph.name,
    node: graph.nodes.map(nodeMessage),
    initializer: graph.initializers.map(({ name, tensor }) => ({
      name,
      dims: tensor.shape,
      dataType: ELEMENT_TYPE[tensor.dtype],
      rawData: new Uint8Array(tensor.data.buffer, tensor.data.byteOffset, tensor.data.byteLength),
    })),
    input: graph.inputs.map(valueInfoMessage),
    output: graph.outputs.map(valueInfoMessage),
  };
}

function nodeMessage(node: OnnxNode): object {
  return {
    input: node.input,
    output: node.output,
    name: node.name ?? '',
    opType: node.opType,
    domain: node.domain ?? '',
    attribute: Object.entries(node.attributes ?? {}).map(([name, value]) => ({ name, ...attributeMessage(value) })),
  };
}

function attributeMessage(value: AttributeValue): object {
  if ('float' in value) return { f: value.float, type: 1 };
  if ('int' in value) return { i: value.int, type: 2 };
  if ('text' in value) return { s: new TextEncoder().encode(value.text), type: 3 };
  if ('graph' in value) return { g: graphMessage(value.graph), type: 5 };
  return { ints: value.ints, type: 7 };
}

function valueInfoMessage(info: OnnxValueInfo): object {
  const dim = info.shape?.map((extent) => (typeof extent === 'number' ? { dimValue: extent } : { dimParam: extent }));
  return {
    name: info.name,
    type: { tensorType: { elemType: ELEMENT_TYPE[info.dtype], ...(dim && { shape: { dim } }) } },
  };
}
