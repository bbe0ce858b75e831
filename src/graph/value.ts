import type { AttributeValue, OnnxGraph } from '../onnx/graph.js';
import { formatShape, sameShape } from '../tensor/shape.js';
import { scalar, type DType, type Shape, type Tensor } from '../tensor/tensor.js';
import { GraphError } from './error.js';

/** The static type of a tensor in a graph. */
export interface TensorType {
  readonly dtype: DType;
  readonly shape: Shape;
}

/**
 * The type of a branch output that depends on which arm ran, e.g. the gradient of the chosen arm's own parameters. Only
 * arms of a branch on the same `index`, where the type is known, can use such a value.
 */
export interface VariantType {
  readonly index: Value;
  /** The type in each arm; a nested variant if the arm contains a branch. */
  readonly arms: readonly ValueType[];
}

export type ValueType = TensorType | VariantType;

/** Where a value comes from. */
export type Source =
  | { readonly kind: 'input'; readonly name: string }
  | { readonly kind: 'constant'; readonly tensor: Tensor; readonly name: string | undefined }
  | { readonly kind: 'argument' }
  | { readonly kind: 'node'; readonly node: Node };

/** A typed edge of a graph. A graph is just the values that its outputs depend on. */
export class Value {
  constructor(
    readonly type: ValueType,
    readonly source: Source,
  ) {}

  get shape(): Shape {
    return this.tensorType.shape;
  }

  get dtype(): DType {
    return dtypeOf(this.type);
  }

  /** The static type. Throws a GraphError for a value whose type depends on the arm that ran. */
  get tensorType(): TensorType {
    if ('arms' in this.type) {
      throw new GraphError(
        `this value's type depends on which arm of a branch ran (${formatType(this.type)}); ` +
          'use it inside an arm of a branch on the same index',
      );
    }
    return this.type;
  }
}

/** A named input of the graph, fed on every run. */
export function input(name: string, dtype: DType, shape: Shape): Value {
  return new Value({ dtype, shape }, { kind: 'input', name });
}

/** A constant. A number becomes a float32 scalar. With a `name`, a lowered graph keeps it as an initializer of that name. */
export function constant(value: Tensor | number, name?: string): Value {
  const tensor = typeof value === 'number' ? scalar(value) : value;
  return new Value({ dtype: tensor.dtype, shape: tensor.shape }, { kind: 'constant', tensor, name });
}

/** `float32[2, 3]`, or the alternatives with ` | ` between them. */
export function formatType(type: ValueType): string {
  return 'arms' in type ? type.arms.map(formatType).join(' | ') : `${type.dtype}${formatShape(type.shape)}`;
}

export function sameType(a: ValueType, b: ValueType): boolean {
  if ('arms' in a || 'arms' in b) return a === b;
  return a.dtype === b.dtype && sameShape(a.shape, b.shape);
}

/** The dtype, which all arms of a branch share. */
export function dtypeOf(type: ValueType): DType {
  return 'arms' in type ? dtypeOf(type.arms[0]) : type.dtype;
}

/** One recorded call of an operator. */
export interface Node {
  readonly operator: string;
  readonly attributes: object;
  readonly inputs: readonly Value[];
  readonly outputs: readonly Value[];
  gradient(grads: readonly (Value | undefined)[], wanted: readonly boolean[]): readonly (Value | undefined)[];
  macs(): number;
  /** Whether the output is the first input's memory. */
  readonly isView: boolean;
  /** Whether the output can take over the memory of an input that nothing reads later. */
  readonly isElementwise: boolean;
  /** Lowers the node; `used` says which outputs are read. */
  lower(emit: Emitter, inputs: readonly string[], used: readonly boolean[]): readonly string[];
}

/** Writes an operator's lowering, ONNX nodes and constants, into the graph under construction. */
export interface Emitter {
  /** Whether the leading extent of activations is a free dimension in the exported model. */
  readonly freeBatch: boolean;
  /** Adds a node and returns the names of its outputs. */
  node(opType: string, inputs: readonly string[], options?: NodeOptions): readonly string[];
  /** The name of an initializer with this content. */
  constant(tensor: Tensor): string;
  /** A subgraph that reads values of this graph by name; `bindings` are those outer values. */
  subgraph(name: string, bindings: ReadonlyMap<Value, string>, build: (inner: Emitter) => readonly Port[]): OnnxGraph;
  /** Lowers values and their dependencies into this graph and returns their names. */
  lower(values: readonly Value[]): readonly string[];
}

export interface NodeOptions {
  readonly attributes?: Readonly<Record<string, AttributeValue>>;
  /** How many outputs the node has; 1 by default. */
  readonly outputs?: number;
}

/** A named output of a subgraph; its type is open if the arms of a branch disagree. */
export interface Port {
  readonly name: string;
  readonly type: ValueType;
}
