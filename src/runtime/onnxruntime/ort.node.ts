/** ONNX Runtime for Node.js. Only this file imports onnxruntime-node; the engine receives it as a value. */
import { InferenceSession, Tensor } from 'onnxruntime-node';
import type { Ort } from './ort.js';

export const ort: Ort = { InferenceSession, Tensor };
