import { env } from 'onnxruntime-common';

/** The version of ONNX Runtime, such as `1.30.0`. */
export const onnxRuntimeVersion: string = env.versions.common;
