import { sizeOf, tensor, type DType, type Storage, type Tensor } from '../tensor/tensor.js';
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

/** An attribute; `float` and `int` distinguish ONNX's two kinds of numbers. */
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

/** A graph: the model's own, or that of an arm of an `If`. */
export interface OnnxGraph {
  readonly name: string;
  readonly nodes: readonly OnnxNode[];
  readonly initializers: readonly OnnxInitializer[];
  readonly inputs: readonly OnnxValueInfo[];
  readonly outputs: readonly OnnxValueInfo[];
}

/** A model: a graph and its metadata. */
export interface OnnxModel {
  readonly graph: OnnxGraph;
  readonly metadata?: Readonly<Record<string, string>>;
}

/** The ai.onnx operator set of glit's lowerings. */
const OPSET = 20;
/** The IR version released with that operator set. */
const IR_VERSION = 9;

/** ONNX's number for an element type, and its typed array. */
interface Element<D extends DType> {
  readonly type: number;
  readonly array: { new (buffer: ArrayBuffer): Storage[D]; readonly BYTES_PER_ELEMENT: number };
}

const ELEMENTS: { readonly [D in DType]: Element<D> } = {
  float32: { type: 1, array: Float32Array },
  uint8: { type: 2, array: Uint8Array },
  int32: { type: 6, array: Int32Array },
  int64: { type: 7, array: BigInt64Array },
  bool: { type: 9, array: Uint8Array },
};

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

/** The fields of a decoded model that glit reads. 64-bit numbers are objects. */
interface DecodedModel {
  readonly graph: { readonly initializer: readonly DecodedTensor[] };
  readonly metadataProps: readonly { readonly key: string; readonly value: string }[];
}

interface DecodedTensor {
  readonly name: string;
  readonly dims: readonly { toString(): string }[];
  readonly dataType: number;
  readonly rawData: Uint8Array;
}

/** The metadata of an ONNX file, e.g. its class names. Throws an Error when the bytes are not an ONNX model. */
export function readMetadata(bytes: Uint8Array): Record<string, string> {
  return Object.fromEntries(decodeModel(bytes).metadataProps.map(({ key, value }) => [key, value]));
}

/**
 * The named constants of an ONNX file, as {@link encodeModel} writes them; other element types and encodings are
 * skipped. Throws an Error when the bytes are not an ONNX model.
 */
export function readInitializers(bytes: Uint8Array): Map<string, Tensor> {
  const named = decodeModel(bytes).graph.initializer.flatMap(({ name, dims, dataType, rawData }) => {
    const dtype = (Object.keys(ELEMENTS) as DType[]).find((each) => ELEMENTS[each].type === dataType);
    const shape = dims.map(Number);
    if (dtype === undefined || rawData.length !== sizeOf(shape) * ELEMENTS[dtype].array.BYTES_PER_ELEMENT) return [];
    // Copy the bytes: in the file, elements are not aligned.
    return [[name, tensor(dtype, shape, new ELEMENTS[dtype].array(new Uint8Array(rawData).buffer))] as const];
  });
  return new Map(named);
}

function decodeModel(bytes: Uint8Array): DecodedModel {
  let message: Omit<DecodedModel, 'graph'> & { readonly graph: DecodedModel['graph'] | null };
  try {
    message = modelProto.decode(bytes) as unknown as typeof message;
  } catch (error) {
    throw new Error('the bytes are not an ONNX model', { cause: error });
  }
  const { graph, metadataProps } = message;
  // Almost any bytes are a valid protobuf message: every field may be missing or unknown.
  if (!graph) throw new Error('the bytes are not an ONNX model: they hold no graph');
  return { graph, metadataProps };
}

function graphMessage(graph: OnnxGraph): object {
  return {
    name: graph.name,
    node: graph.nodes.map(nodeMessage),
    initializer: graph.initializers.map(({ name, tensor }) => ({
      name,
      dims: tensor.shape,
      dataType: ELEMENTS[tensor.dtype].type,
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
    type: { tensorType: { elemType: ELEMENTS[info.dtype].type, ...(dim && { shape: { dim } }) } },
  };
}
