/** What ONNX Runtime is told about a kind of device, and what follows for the tensors on it. */
interface DeviceTraits {
  /** The execution provider's name. */
  readonly provider: string;
  /** Whether its tensors lie in the host's memory, as ordinary arrays. */
  readonly sharesHostMemory: boolean;
  /** What a user can do where it does not start. */
  readonly remedy: string;
}

/** The devices that programs run on, by the name that users give. */
const KINDS = {
  cpu: { provider: 'cpu', sharesHostMemory: true, remedy: 'reinstall onnxruntime-node for this platform' },
  webgpu: {
    provider: 'webgpu',
    sharesHostMemory: false,
    remedy: "use the cpu device, or install the GPU's driver",
  },
} as const satisfies Record<string, DeviceTraits>;

export type DeviceKind = keyof typeof KINDS;

export const DEVICE_KINDS = Object.keys(KINDS) as readonly DeviceKind[];

export function traitsOf(kind: DeviceKind): DeviceTraits {
  return KINDS[kind];
}
