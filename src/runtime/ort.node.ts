/** ONNX Runtime for Node.js: the only file that imports onnxruntime-node. The engine receives it as a value. */
import { InferenceSession, Tensor } from 'onnxruntime-node';
import type { Ort } from './ort.js';

export const ort: Ort = { InferenceSession, Tensor };
