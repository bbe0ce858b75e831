import type { DType, Shape } from '../tensor/tensor.js';

/** An operator call. Inputs and outputs are value names; an empty input name is an omitted optional input. */
export interface OnnxNode {
  readonly opType: string;
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
  | { readonly graph: OnnxGraph };

/** A typed graph input or output. A text extent is a free dimension of that name; no shape: rank unknown. */
export interface OnnxValueInfo {
  readonly name: string;
  readonly dtype: ElementType;
  readonly shape?: readonly (number | string)[];
}

/** The element types of ONNX models: those of glit's graphs, and those that only exported models have. */
export type ElementType = DType | 'float16' | 'int8';

/** ONNX's numbers of element types. */
export const TYPE_NUMBERS: Readonly<Record<ElementType, number>> = {
  float32: 1,
  uint8: 2,
  int8: 3,
  int32: 6,
  int64: 7,
  bool: 9,
  float16: 10,
};

/** A tensor of a model: row-major data in the type's own bytes. A {@link Tensor} is one. */
export interface OnnxTensor {
  readonly dtype: ElementType;
  readonly shape: Shape;
  readonly data: ArrayBufferView;
}

/** A named constant of a graph. */
export interface OnnxInitializer {
  readonly name: string;
  readonly tensor: OnnxTensor;
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
