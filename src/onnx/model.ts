import { sizeOf, tensor, type DType, type Storage, type Tensor } from '../tensor/tensor.js';
import {
  TYPE_NUMBERS,
  type AttributeValue,
  type OnnxGraph,
  type OnnxModel,
  type OnnxNode,
  type OnnxValueInfo,
} from './graph.js';
import { irVersionOf, lowestOpset } from './opset.js';
import { modelProto } from './schema.js';

const ARRAYS: {
  readonly [D in DType]: { new (buffer: ArrayBuffer): Storage[D]; readonly BYTES_PER_ELEMENT: number };
} = { float32: Float32Array, uint8: Uint8Array, int32: Int32Array, int64: BigInt64Array, bool: Uint8Array };

/**
 * Serialises a model to ONNX protobuf bytes. Tensors are written as raw little-endian data. The operator set and the
 * format are the oldest that have the model's operators, so that old clients can read it.
 */
export function encodeModel(model: OnnxModel): Uint8Array {
  const opset = lowestOpset(model.graph);
  const message = modelProto.fromObject({
    irVersion: irVersionOf(opset),
    producerName: 'glit',
    graph: graphMessage(model.graph),
    opsetImport: [{ domain: '', version: opset }],
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
    const dtype = (Object.keys(ARRAYS) as DType[]).find((each) => TYPE_NUMBERS[each] === dataType);
    const shape = dims.map(Number);
    if (dtype === undefined || rawData.length !== sizeOf(shape) * ARRAYS[dtype].BYTES_PER_ELEMENT) return [];
    // Copy the bytes: in the file, elements are not aligned.
    return [[name, tensor(dtype, shape, new ARRAYS[dtype](new Uint8Array(rawData).buffer))] as const];
  });
  return new Map(named);
}

/** What an export's weights were made smaller to; undefined if they are float32. */
export function reducedWeights(bytes: Uint8Array): 'float16' | 'int8' | undefined {
  const { initializer } = decodeModel(bytes).graph;
  if (initializer.some(({ name }) => name.endsWith(':int8'))) return 'int8';
  return initializer.some(({ dataType }) => dataType === TYPE_NUMBERS.float16) ? 'float16' : undefined;
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
      dataType: TYPE_NUMBERS[tensor.dtype],
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
    domain: '',
    attribute: Object.entries(node.attributes ?? {}).map(([name, value]) => ({ name, ...attributeMessage(value) })),
  };
}

function attributeMessage(value: AttributeValue): object {
  if ('float' in value) return { f: value.float, type: 1 };
  if ('int' in value) return { i: value.int, type: 2 };
  if ('graph' in value) return { g: graphMessage(value.graph), type: 5 };
  return { ints: value.ints, type: 7 };
}

function valueInfoMessage(info: OnnxValueInfo): object {
  const dim = info.shape?.map((extent) => (typeof extent === 'number' ? { dimValue: extent } : { dimParam: extent }));
  return {
    name: info.name,
    type: { tensorType: { elemType: TYPE_NUMBERS[info.dtype], ...(dim && { shape: { dim } }) } },
  };
}
