import type { OnnxGraph, OnnxInitializer, OnnxNode, OnnxValueInfo } from '../onnx/graph.js';
import { encodeModel } from '../onnx/model.js';
import type { Tensor } from '../tensor/tensor.js';
import { GraphError } from './error.js';
import { nodesOf } from './traverse.js';
import { dtypeOf, type Emitter, type NodeOptions, type Port, type Value, type ValueType } from './value.js';

export interface LowerOptions {
  /** Make the leading extent of inputs and outputs a free dimension, `batch`. */
  readonly freeBatch?: boolean;
  /** Key-value pairs to write into the model, e.g. its class names. */
  readonly metadata?: Readonly<Record<string, string>>;
}

/**
 * Lowers a graph, given by its named outputs, to the bytes of an ONNX model. The model's inputs are those that the
 * outputs depend on, under their own names; constants become initializers, under their own names if they have one.
 */
export function lower(
  outputs: Readonly<Record<string, Value>>,
  { freeBatch = false, metadata = {} }: LowerOptions = {},
): Uint8Array {
  return encodeModel({ graph: lowerToGraph(outputs, freeBatch), metadata });
}

/** The same as an ONNX graph, for whoever rewrites it before it becomes a model. */
export function lowerToGraph(outputs: Readonly<Record<string, Value>>, freeBatch: boolean): OnnxGraph {
  const names = Object.keys(outputs);
  const writer = new GraphWriter({ count: 0 }, freeBatch);
  const computed = writer.lower(Object.values(outputs));
  const own = new Map<string, string>();
  computed.forEach((name, at) => {
    // Name computed outputs directly: ONNX Runtime would copy a value that an Identity renames while others read it.
    if (outputs[names[at]].source.kind === 'node' && !own.has(name)) own.set(name, names[at]);
    else writer.node('Identity', [name], {}, [names[at]]);
  });
  writer.rename(own);
  return writer.finish(
    'glit',
    names.map((name) => ({ name, type: outputs[name].type })),
  );
}

/** An ONNX graph under construction: the model's, or that of an arm inside it. */
class GraphWriter implements Emitter {
  readonly #nodes: OnnxNode[] = [];
  readonly #initializers: OnnxInitializer[] = [];
  readonly #inputs = new Map<string, Value>();
  readonly #claimed = new Set<string>();
  readonly #names: Map<Value, string>;
  readonly #constants = new Map<string, string>();
  readonly #counter: { count: number };
  readonly #isArm: boolean;

  constructor(
    counter: { count: number },
    readonly freeBatch: boolean,
    bindings?: ReadonlyMap<Value, string>,
  ) {
    this.#counter = counter;
    this.#names = new Map(bindings);
    this.#isArm = bindings !== undefined;
  }

  node(
    opType: string,
    inputs: readonly string[],
    options: NodeOptions = {},
    outputNames?: readonly string[],
  ): readonly string[] {
    const name = `${opType}_${this.#counter.count++}`;
    const output =
      outputNames ?? Array.from({ length: options.outputs ?? 1 }, (_, at) => (at === 0 ? name : `${name}:${at}`));
    this.#nodes.push({ opType, name, input: inputs, output, attributes: options.attributes ?? {} });
    return output;
  }

  constant(tensor: Tensor): string {
    // Shapes and scalars recur by the hundred, so they are deduplicated; large tensors are not.
    const { dtype, shape, data } = tensor;
    // Compare bytes: −0 and 0 look the same as text.
    const bytes = data.length <= 16 ? new Uint8Array(data.buffer, data.byteOffset, data.byteLength).join() : undefined;
    const key = bytes === undefined ? undefined : `${dtype}[${shape.join()}]${bytes}`;
    const known = key === undefined ? undefined : this.#constants.get(key);
    if (known !== undefined) return known;
    const name = `constant_${this.#counter.count++}`;
    this.#initializers.push({ name, tensor });
    if (key !== undefined) this.#constants.set(key, name);
    return name;
  }

  subgraph(name: string, bindings: ReadonlyMap<Value, string>, build: (inner: Emitter) => readonly Port[]): OnnxGraph {
    const writer = new GraphWriter(this.#counter, this.freeBatch, bindings);
    return writer.finish(name, build(writer));
  }

  lower(values: readonly Value[]): readonly string[] {
    const nodes = nodesOf(values, this.#names);
    const read = new Set<Value>(values);
    for (const node of nodes) for (const value of node.inputs) read.add(value);
    for (const node of nodes) {
      const used = node.outputs.map((output) => read.has(output));
      const names = node.lower(
        this,
        node.inputs.map((value) => this.#nameOf(value)),
        used,
      );
      node.outputs.forEach((output, at) => {
        if (used[at]) this.#names.set(output, names[at]);
      });
    }
    return values.map((value) => this.#nameOf(value));
  }

  /** Gives values other names. */
  rename(names: ReadonlyMap<string, string>): void {
    this.#nodes.splice(0, this.#nodes.length, ...renamed(this.#nodes, names));
  }

  finish(name: string, outputs: readonly Port[]): OnnxGraph {
    const clash = outputs.find((port) => this.#inputs.has(port.name));
    if (clash !== undefined) throw new GraphError(`an input and an output are both called «${clash.name}»`);
    return {
      name,
      nodes: this.#nodes,
      initializers: this.#initializers,
      inputs: [...this.#inputs].map(([inputName, value]) => this.#valueInfo(inputName, value.tensorType)),
      outputs: outputs.map((port) => this.#valueInfo(port.name, port.type)),
    };
  }

  #nameOf(value: Value): string {
    const known = this.#names.get(value);
    if (known !== undefined) return known;
    const { source } = value;
    if (source.kind === 'constant') {
      const name =
        source.name === undefined ? this.constant(source.tensor) : this.#namedConstant(source.name, source.tensor);
      this.#names.set(value, name);
      return name;
    }
    if (source.kind !== 'input' || this.#isArm)
      throw new GraphError('a value is read outside the branch arm that it belongs to');
    this.#claim(source.name);
    this.#inputs.set(source.name, value);
    this.#names.set(value, source.name);
    return source.name;
  }

  #namedConstant(name: string, tensor: Tensor): string {
    // ONNX wants names to be unique in a model, but several arms may read the constant.
    if (this.#isArm) return this.constant(tensor);
    this.#claim(name);
    this.#initializers.push({ name, tensor });
    return name;
  }

  /** Reserves the name for an input or a constant. Throws when another one has it. */
  #claim(name: string): void {
    if (this.#claimed.has(name)) throw new GraphError(`two different inputs or constants are called «${name}»`);
    this.#claimed.add(name);
  }

  #valueInfo(name: string, type: ValueType): OnnxValueInfo {
    if ('arms' in type) return { name, dtype: dtypeOf(type) };
    const shape = this.freeBatch && type.shape.length > 0 ? ['batch', ...type.shape.slice(1)] : type.shape;
    return { name, dtype: type.dtype, shape };
  }
}

/** The same nodes with values renamed, also in the arms of branches, which read values of the outer graph. */
function renamed(nodes: readonly OnnxNode[], names: ReadonlyMap<string, string>): OnnxNode[] {
  const rename = (name: string): string => names.get(name) ?? name;
  return nodes.map((node) => ({
    ...node,
    input: node.input.map(rename),
    output: node.output.map(rename),
    attributes: Object.fromEntries(
      Object.entries(node.attributes ?? {}).map(([attribute, value]) => [
        attribute,
        'graph' in value ? { graph: { ...value.graph, nodes: renamed(value.graph.nodes, names) } } : value,
      ]),
    ),
  }));
}
