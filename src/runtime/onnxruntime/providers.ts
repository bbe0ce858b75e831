import type { InferenceSession } from 'onnxruntime-common';

/** An execution provider of ONNX Runtime, and what follows for the tensors of its sessions. */
interface Provider {
  readonly options: InferenceSession.ExecutionProviderConfig;
  /** Whether its tensors lie in the host's memory, as ordinary arrays. */
  readonly sharesHostMemory: boolean;
}

/** The providers by kind of device. */
const PROVIDERS = {
  cpu: { options: 'cpu', sharesHostMemory: true },
  // Shapes are fixed, so a run can take the buffers of the one before: 'simple' keeps them by their exact size.
  webgpu: { options: { name: 'webgpu', storageBufferCacheMode: 'simple' }, sharesHostMemory: false },
} as const satisfies Record<string, Provider>;

/** The kinds of device that ONNX Runtime runs. */
export type OrtKind = keyof typeof PROVIDERS;

export function providerOf(kind: OrtKind): Provider {
  return PROVIDERS[kind];
}
