import { cast, exp, input, logSoftmax, lowerToGraph, transpose, type Value } from '../graph/index.js';
import { forward, type Network } from '../model/network.js';
import type { Normalization } from '../family/preprocessing.js';
import { inFloat16 } from '../onnx/float16.js';
import type { OnnxGraph } from '../onnx/graph.js';
import { inInt8 } from '../onnx/int8.js';
import { encodeModel } from '../onnx/model.js';
import type { Tensor } from '../tensor/tensor.js';
import { normalized } from './images.js';
import { evaluationPhases, fixedGroups } from './sources.js';

/** How a model holds its weights and computes: everything in float16, or matrix products in 8 bits. */
export const MODEL_PRECISIONS = ['float32', 'float16', 'int8'] as const;
export type ModelPrecision = (typeof MODEL_PRECISIONS)[number];

export interface InferenceOptions {
  /** Key-value pairs to write into the model. */
  readonly metadata?: Readonly<Record<string, string>>;
  /** Default: float32. Inputs and outputs are the same in each. */
  readonly precision?: ModelPrecision | undefined;
  /** Build this normalisation into the model, which then takes pixels and gives probabilities. */
  readonly normalization?: Normalization | undefined;
}

const REWRITTEN: Readonly<Record<ModelPrecision, (graph: OnnxGraph) => OnnxGraph>> = {
  float32: (graph) => graph,
  float16: inFloat16,
  int8: inInt8,
};

/**
 * A plain network with its weights as an ONNX model for use anywhere: input `pixel_values`, normalised float32 [batch,
 * 3, S, S] with a free batch size, output `logits` [batch, classes]. With a `normalization`: input `image`, uint8
 * [batch, S, S, 3] as image libraries and canvases give it, output `probabilities` [batch, classes]. `weights` are the
 * network's variables by name, which become initializers with the same names.
 */
export function inferenceModel(
  network: Network,
  weights: ReadonlyMap<string, Tensor>,
  { metadata = {}, precision = 'float32', normalization }: InferenceOptions = {},
): Uint8Array {
  const { imageSize } = network.backbone;
  const { trunk, choices } = fixedGroups(network, weights);
  const logitsOf = (images: Value): Value =>
    forward(network, { images, trunk, choices, phases: evaluationPhases(network) }).logits;
  const outputs =
    normalization === undefined
      ? { logits: logitsOf(input('pixel_values', 'float32', [1, 3, imageSize, imageSize])) }
      : { probabilities: exp(logSoftmax(logitsOf(imageOf(imageSize, normalization)))) };
  const graph = REWRITTEN[precision](lowerToGraph(outputs, true));
  return encodeModel({ graph, metadata });
}

/** The graph input `image`, uint8 [1, S, S, 3], normalised: float32 [1, 3, S, S]. */
function imageOf(size: number, normalization: Normalization): Value {
  const planes = transpose(cast(input('image', 'uint8', [1, size, size, 3]), 'float32'), [0, 3, 1, 2]);
  return normalized(planes, normalization);
}
