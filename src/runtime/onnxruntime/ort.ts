/** The part of an ONNX Runtime package that glit uses; onnxruntime-node and onnxruntime-web both have it. */
import type { InferenceSession, InferenceSessionFactory, Tensor, TensorConstructor } from 'onnxruntime-common';
import type { DType } from '../../tensor/tensor.js';
import type { ValueInfo } from '../signature.js';
import { providerOf, type OrtKind } from './providers.js';

export interface Ort {
  readonly InferenceSession: Pick<InferenceSessionFactory, 'create'>;
  readonly Tensor: TensorConstructor;
}

export type OrtSession = InferenceSession;
export type OrtTensor = Tensor;

export interface SessionSettings {
  readonly kind: OrtKind;
  readonly threads: number;
}

/** Creates a session whose outputs stay on the device or come to the host. */
export function createSession(
  ort: Ort,
  model: Uint8Array,
  settings: SessionSettings,
  outputs: 'device' | 'host',
): Promise<OrtSession> {
  const { options, sharesHostMemory } = providerOf(settings.kind);
  const location = outputs === 'device' ? 'gpu-buffer' : 'cpu';
  return ort.InferenceSession.create(model, {
    executionProviders: [options],
    executionMode: 'sequential',
    graphOptimizationLevel: 'all',
    intraOpNumThreads: settings.threads,
    interOpNumThreads: 1,
    // Measured: memory patterns take a quarter more memory here and no less time.
    enableMemPattern: false,
    extra: {
      // Keep explicit transposes before products, where they are faster than transposing inside.
      optimization: { disable_specified_optimizers: 'GemmTransposeFusion' },
      // How long an idle thread spins. Measured on a small GLiT's training step: alone on the machine the default is no
      // faster, and next to other busy threads, such as the loader's, it takes 1.6 times as long. Not spinning at all
      // costs 12 %.
      session: { intra_op: { spin_duration_us: '50' } },
    },
    // Fatal only: errors are thrown, so do not print them too.
    logSeverityLevel: 4,
    ...(sharesHostMemory ? {} : { preferredOutputLocation: location }),
  });
}

const DTYPES: ReadonlySet<string> = new Set<DType>(['float32', 'int64', 'int32', 'uint8', 'bool']);

/** Whether glit uses this element type; glit's names of types are ONNX Runtime's. */
export function isDType(type: string): type is DType {
  return DTYPES.has(type);
}

/** Converts the declaration of an input or output. Throws for element types that glit does not use. */
export function valueInfo(metadata: InferenceSession.ValueMetadata): ValueInfo {
  if (!metadata.isTensor || !isDType(metadata.type)) {
    const type = metadata.isTensor ? `a ${metadata.type} tensor` : 'no tensor';
    throw new Error(`'${metadata.name}' is ${type}; programs take and return ${[...DTYPES].join(', ')} tensors`);
  }
  return { name: metadata.name, dtype: metadata.type, shape: metadata.shape };
}
